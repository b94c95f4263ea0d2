package org.lfedge.eve.tasks.core.session;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * The FIFOs of one process, in a directory of their own.
 *
 * <p>Opening a FIFO waits for the other side, except for both directions at once. So each is first
 * opened like that, which keeps it open until the other side is there; its own end does not wait
 * then, and sees the end of the stream when the other side leaves and the keeper is gone.
 */
final class FifoDirectory implements AutoCloseable {

  private static final long MKFIFO_SECONDS = 30;

  private final Path directory;
  private final List<FileChannel> keepers = new ArrayList<>();
  private final List<FileChannel> ends = new ArrayList<>();

  /** FIFOs that are there. */
  FifoDirectory(Path directory) {
    this.directory = directory;
  }

  /** Makes FIFOs that root alone can open, instead of whatever is there. */
  static FifoDirectory make(Path directory, List<String> names) {
    FifoDirectory result = new FifoDirectory(directory);
    result.delete();
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      List<String> command = new ArrayList<>(List.of("mkfifo", "-m", "600", "--"));
      names.forEach(name -> command.add(result.path(name).toString()));
      run(command);
      return result;
    } catch (IOException e) {
      throw failure("make FIFOs in " + directory, e);
    }
  }

  /** Java has no call for it. */
  private static void run(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .start();
    try {
      if (!process.waitFor(MKFIFO_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("mkfifo took more than " + MKFIFO_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    try (var output = process.getInputStream()) {
      if (process.exitValue() != 0) {
        throw new IOException(new String(output.readAllBytes(), StandardCharsets.UTF_8).strip());
      }
    }
  }

  Path path(String name) {
    return directory.resolve(name);
  }

  /** Our end of a FIFO to which the other side writes. */
  FileChannel reading(String name) {
    return open(name, StandardOpenOption.READ);
  }

  /** Our end of a FIFO from which the other side reads. */
  FileChannel writing(String name) {
    return open(name, StandardOpenOption.WRITE);
  }

  /** A FIFO opened for both directions, for somebody who closes it. */
  FileChannel both(String name) {
    try {
      return FileChannel.open(path(name), StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw failure("open " + path(name), e);
    }
  }

  private synchronized FileChannel open(String name, StandardOpenOption direction) {
    keepers.add(both(name));
    try {
      FileChannel end = FileChannel.open(path(name), direction);
      ends.add(end);
      return end;
    } catch (IOException e) {
      throw failure("open " + path(name), e);
    }
  }

  /** From now on, an end sees when the other side leaves. */
  synchronized void letGo() {
    keepers.forEach(FifoDirectory::close);
    keepers.clear();
  }

  /** Closes all that is open; whoever waits at an end is woken. */
  @Override
  public synchronized void close() {
    letGo();
    ends.forEach(FifoDirectory::close);
    ends.clear();
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw failure("close a FIFO", e);
    }
  }

  /** Removes the FIFOs and their directory; succeeds if they are not there. */
  void delete() {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(directory);
    } catch (NoSuchFileException e) {
      // Somebody else was faster.
    } catch (IOException e) {
      throw failure("remove " + directory, e);
    }
  }

  private static TaskException failure(String what, IOException cause) {
    return TaskException.failed(
        Problem.host("FIFO_FAILED", "cannot " + what + ": " + cause.getMessage()), cause);
  }
}
