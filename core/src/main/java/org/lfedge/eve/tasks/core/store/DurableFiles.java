package org.lfedge.eve.tasks.core.store;

import java.io.IOException;
import java.nio.ByteBuffer;
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
 * The files of a directory, readable by their owner alone. Each is written beside its place, forced
 * to disk and renamed, so a reader sees the old content or the new, whole.
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

  /** Writes a file in place of what was there; when this returns, it outlives a loss of power. */
  public void write(String name, byte[] content) throws IOException {
    Path unfinished = directory.resolve(name + UNFINISHED);
    try (FileChannel file =
        FileChannel.open(
            unfinished,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        file.write(buffer);
      }
      file.force(true);
    }
    Files.move(unfinished, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    force();
  }

  void delete(String name) throws IOException {
    Files.deleteIfExists(directory.resolve(name + UNFINISHED));
    Files.deleteIfExists(directory.resolve(name));
    force();
  }

  /** Those whose names end so, in order. */
  List<Path> list(String suffix) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> file.toString().endsWith(suffix))
          .sorted(Comparator.naturalOrder())
          .toList();
    }
  }

  /** Makes a rename or removal last over a loss of power. */
  private void force() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
