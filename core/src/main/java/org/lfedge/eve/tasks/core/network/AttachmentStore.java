package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is attached in a file for each task, and in memory. A file is written beside its
 * place, forced to disk and renamed, so that a reader sees the old record or the new one, whole.
 */
final class AttachmentStore {

  private static final Logger LOG = LoggerFactory.getLogger(AttachmentStore.class);
  private static final String SUFFIX = ".json";
  private static final String UNFINISHED = ".new";

  private final Path directory;
  private final ObjectMapper mapper = new ObjectMapper();
  private final ConcurrentMap<String, AttachmentRecord> records = new ConcurrentHashMap<>();

  /** Tasks whose file cannot be read: what they had cannot be told. */
  private final ConcurrentMap<String, String> unreadable = new ConcurrentHashMap<>();

  /** Reads all files of a directory, which is made, readable by its owner alone. */
  AttachmentStore(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : files.toList()) {
          load(file);
        }
      }
    } catch (IOException e) {
      throw failure("read the records of interfaces in " + directory, e);
    }
  }

  private void load(Path file) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(UNFINISHED)) {
      Files.delete(file);
    } else if (name.endsWith(SUFFIX)) {
      String task = name.substring(0, name.length() - SUFFIX.length());
      try {
        records.put(task, AttachmentJson.read(mapper.readTree(Files.readAllBytes(file))));
      } catch (IOException | RuntimeException e) {
        LOG.warn(
            "The record {} cannot be read ({}): of the interfaces of task {} only the addresses can"
                + " be given back.",
            file,
            e.getMessage(),
            task);
        unreadable.put(task, String.valueOf(e.getMessage()));
      }
    }
  }

  Optional<AttachmentRecord> find(String task) {
    return Optional.ofNullable(records.get(task));
  }

  /** All but that of one task. */
  List<AttachmentRecord> others(String task) {
    return records.values().stream().filter(record -> !record.task().equals(task)).toList();
  }

  List<AttachmentRecord> all() {
    return List.copyOf(records.values());
  }

  boolean has(String task) {
    return records.containsKey(task) || unreadable.containsKey(task);
  }

  List<String> tasks() {
    return Stream.concat(records.keySet().stream(), unreadable.keySet().stream())
        .distinct()
        .sorted()
        .toList();
  }

  void save(AttachmentRecord record) {
    Path target = directory.resolve(record.task() + SUFFIX);
    Path unfinished = directory.resolve(record.task() + UNFINISHED);
    try {
      ByteBuffer bytes = ByteBuffer.wrap(mapper.writeValueAsBytes(AttachmentJson.write(record)));
      try (FileChannel file =
          FileChannel.open(
              unfinished,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        while (bytes.hasRemaining()) {
          file.write(bytes);
        }
        file.force(true);
      }
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      forceDirectory();
    } catch (IOException e) {
      throw failure("record the interfaces of task " + record.task() + " in " + target, e);
    }
    records.put(record.task(), record);
    unreadable.remove(record.task());
  }

  void delete(String task) {
    try {
      Files.deleteIfExists(directory.resolve(task + UNFINISHED));
      Files.deleteIfExists(directory.resolve(task + SUFFIX));
      forceDirectory();
    } catch (IOException e) {
      throw failure("remove the record of the interfaces of task " + task, e);
    }
    records.remove(task);
    unreadable.remove(task);
  }

  /** Makes a rename or removal last over a loss of power. */
  private void forceDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("NETWORK_RECORDS", "cannot " + action + ": " + cause + "; is the disk full?"),
        cause);
  }
}
