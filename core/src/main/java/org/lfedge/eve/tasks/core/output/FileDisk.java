package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.port.HelperCommand;

/** The disk of the node. Holes are made by {@code fallocate(1)}, as Java has no call for it. */
final class FileDisk implements OutputDisk {

  private final HelperCommand helper;

  FileDisk(HelperCommand helper) {
    this.helper = helper;
  }

  @Override
  public Optional<FileState> state(Path file) throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(
          new FileState(
              attributes.size(), attributes.lastModifiedTime().to(TimeUnit.MICROSECONDS)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  @Override
  public void read(Path file, long offset, ByteBuffer into) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long at = offset;
      while (into.hasRemaining()) {
        int count = channel.read(into, at);
        if (count < 0) {
          return;
        }
        at += count;
      }
    }
  }

  @Override
  public void makeDirectory(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  @Override
  public void create(Path file) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  @Override
  public void append(Path file, ByteBuffer bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.APPEND)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  @Override
  public void force(Path file) throws IOException {
    // Linux flushes what was written through any descriptor, and directories too.
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void truncate(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void free(String task, Path file, long from, long to) {
    String unused =
        helper.run(
            task,
            "free the part of the output of task " + task + " that is copied",
            List.of(
                "fallocate",
                "--punch-hole",
                "--keep-size",
                "--offset",
                Long.toString(from),
                "--length",
                Long.toString(to - from),
                file.toString()));
  }
}
