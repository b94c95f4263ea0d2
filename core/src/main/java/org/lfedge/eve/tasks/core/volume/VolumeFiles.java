package org.lfedge.eve.tasks.core.volume;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.files.DurableFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The volumes that the node keeps: a directory each, {@code NAME}, with a record and a disk. It is
 * filled under another name and renamed when all of it is on the platter, and renamed back before
 * it is emptied; so a volume is there whole or not at all.
 */
final class VolumeFiles {

  private static final Logger log = LoggerFactory.getLogger(VolumeFiles.class);

  private static final String RECORD = "volume.json";
  private static final String DISK = "data.img";

  private final Path directory;
  private final ObjectMapper mapper = new ObjectMapper();

  VolumeFiles(Path directory) {
    this.directory = directory;
  }

  private Path unfinished() {
    return directory.resolve(".unfinished");
  }

  Path disk(String name) {
    return directory.resolve(name).resolve(DISK);
  }

  /** The disk of a volume that is being made. */
  static Path diskIn(Path making) {
    return making.resolve(DISK);
  }

  boolean exists(String name) {
    return Files.isDirectory(directory.resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  Optional<VolumeRecord> find(String name) {
    return exists(name) ? Optional.of(read(directory.resolve(name))) : Optional.empty();
  }

  /** All of them, but for those whose record cannot be read. */
  List<VolumeRecord> list() {
    List<VolumeRecord> records = new ArrayList<>();
    for (Path child : MountPoints.children(directory)) {
      if (!child.getFileName().toString().startsWith(".")) {
        try {
          records.add(read(child));
        } catch (TaskException e) {
          if (Files.exists(child)) {
            log.error("{}", e.first());
          }
        }
      }
    }
    return List.copyOf(records);
  }

  private VolumeRecord read(Path volume) {
    Path file = volume.resolve(RECORD);
    try {
      return VolumeRecord.fromJson(mapper.readTree(Files.readAllBytes(file)));
    } catch (IOException | RuntimeException e) {
      throw TaskException.failed(
          Problem.host(
              "VOLUME_UNREADABLE",
              "what is on record of volume "
                  + volume.getFileName()
                  + " cannot be read ("
                  + e.getMessage()
                  + "); restore "
                  + file
                  + ", or remove the directory and with it the volume"),
          e);
    }
  }

  /**
   * Makes a volume.
   *
   * @param making fills the directory that it is given
   * @return the record that it made
   */
  VolumeRecord create(String name, Function<Path, VolumeRecord> making) {
    Path unfinished = unfinished().resolve(UUID.randomUUID().toString());
    try {
      Files.createDirectories(unfinished);
      VolumeRecord record = making.apply(unfinished);
      if (Files.exists(diskIn(unfinished))) {
        DurableFiles.force(diskIn(unfinished));
      }
      new DurableFiles(unfinished).write(RECORD, mapper.writeValueAsBytes(record.toJson()));
      move(unfinished, directory.resolve(name), name);
      return record;
    } catch (IOException e) {
      TaskException failure = failure("make volume " + name + " in " + directory, e);
      deleteAfter(failure, unfinished);
      throw failure;
    } catch (RuntimeException e) {
      deleteAfter(e, unfinished);
      throw e;
    }
  }

  private void move(Path from, Path to, String name) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw e;
    } catch (FileSystemException e) {
      if (Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
        throw exists(name, e);
      }
      throw e;
    }
    DurableFiles.force(directory);
  }

  private static TaskException exists(String name, Throwable cause) {
    TaskException refusal = exists(name, "");
    refusal.addSuppressed(cause);
    return refusal;
  }

  /**
   * The refusal to make a volume that is there.
   *
   * @param more what else there is to say; may be empty
   */
  static TaskException exists(String name, String more) {
    return TaskException.refused(
        Problem.user(
            "VOLUME_EXISTS",
            "there is a volume "
                + name
                + " already"
                + more
                + "; use it, remove it, or choose another name"));
  }

  /**
   * Removes a volume.
   *
   * @param beside what else belongs to it, removed once it has lost its name
   */
  void remove(VolumeRecord record, Consumer<VolumeRecord> beside) {
    Path unfinished = unfinished().resolve(UUID.randomUUID().toString());
    try {
      Files.createDirectories(unfinished());
      Files.move(directory.resolve(record.name()), unfinished, StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.force(directory);
      beside.accept(record);
      delete(unfinished);
    } catch (IOException e) {
      throw failure("remove volume " + record.name(), e);
    }
  }

  /**
   * Removes what was being made or removed when a daemon was killed.
   *
   * @param beside what else belongs to a volume that has lost its name
   */
  void removeUnfinished(Consumer<VolumeRecord> beside) {
    for (Path left : MountPoints.children(unfinished())) {
      try {
        if (Files.exists(left.resolve(RECORD))) {
          VolumeRecord record = read(left);
          if (!exists(record.name())) {
            beside.accept(record);
          }
        }
        delete(left);
      } catch (IOException | TaskException e) {
        log.error("{}, left by a former daemon, cannot be removed: {}", left, e.toString());
      }
    }
  }

  private static void deleteAfter(Exception failure, Path unfinished) {
    try {
      delete(unfinished);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** A directory of files; nothing is ever mounted in it. */
  private static void delete(Path unfinished) throws IOException {
    for (Path file : MountPoints.children(unfinished)) {
      Files.delete(file);
    }
    Files.deleteIfExists(unfinished);
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("VOLUME_DIRECTORY", "cannot " + action + ": " + cause + "; is the disk full?"),
        cause);
  }
}
