package org.lfedge.eve.tasks.core.files;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of a directory, for their owner alone. Each is written beside its place, forced to disk
 * and renamed, so a reader sees the old content or the new, whole. What is done here is done to its
 * end though the caller's thread is interrupted, as it is when the daemon ends; the thread stays
 * interrupted.
 */
public record DurableFiles(Path directory) {

  private static final String UNFINISHED = ".new";

  /** Makes the directory, and removes what a daemon that was killed had not finished. */
  public void prepare() throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (Path unfinished : list(UNFINISHED)) {
      Files.delete(unfinished);
    }
  }

  /**
   * The content of a file.
   *
   * @throws java.io.FileNotFoundException if there is no such file
   */
  public byte[] read(String name) throws IOException {
    // Without a channel, which an interrupt would close.
    try (FileInputStream in = new FileInputStream(directory.resolve(name).toFile())) {
      return in.readAllBytes();
    }
  }

  /** Writes a file in place of what was there; when this returns, it outlives a loss of power. */
  public void write(String name, byte[] content) throws IOException {
    Path unfinished = unfinished(name);
    Files.deleteIfExists(unfinished);
    Files.createFile(
        unfinished,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (FileOutputStream out = new FileOutputStream(unfinished.toFile())) {
      out.write(content);
    }
    publish(name);
  }

  /** Where something else may write a file that is to be {@link #publish published}. */
  public Path unfinished(String name) {
    return directory.resolve(name + UNFINISHED);
  }

  /** Has what was written beside take its place, and outlive a loss of power. */
  public void publish(String name) throws IOException {
    publish(unfinished(name), directory.resolve(name));
  }

  /** As {@link #publish(String)}, for a file that was written elsewhere in the file system. */
  public static void publish(Path unfinished, Path place) throws IOException {
    force(unfinished);
    Files.move(unfinished, place, StandardCopyOption.ATOMIC_MOVE);
    force(place.resolveSibling(".").normalize());
  }

  /** Removes a file, if it is there, for good. */
  public void delete(String name) throws IOException {
    Files.deleteIfExists(unfinished(name));
    Files.deleteIfExists(directory.resolve(name));
    force(directory);
  }

  /**
   * Renames a file that is of no use, for people to look at.
   *
   * @return what it is now
   */
  public Path setAside(String name) throws IOException {
    Path aside = Files.createTempFile(directory, name + ".damaged-", "");
    return Files.move(directory.resolve(name), aside, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Those whose names end so, in order. */
  public List<Path> list(String suffix) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> file.toString().endsWith(suffix))
          .sorted(Comparator.naturalOrder())
          .toList();
    }
  }

  /** Makes what was done to a file, or in a directory, outlive a loss of power. */
  public static void force(Path place) throws IOException {
    boolean interrupted = false;
    try {
      while (!forced(place)) {
        interrupted |= Thread.interrupted();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Not if the thread was interrupted. */
  private static boolean forced(Path place) throws IOException {
    try (FileChannel channel = FileChannel.open(place, StandardOpenOption.READ)) {
      channel.force(true);
      return true;
    } catch (ClosedByInterruptException e) {
      return false;
    }
  }
}
