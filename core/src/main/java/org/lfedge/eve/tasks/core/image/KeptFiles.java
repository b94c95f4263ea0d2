package org.lfedge.eve.tasks.core.image;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.files.DurableFiles;

/**
 * A directory of files by their digests, and of what is known of the artifacts that some came in.
 * What is in it is whole: it is written elsewhere, checked, on the disk, and then renamed.
 */
final class KeptFiles {

  private static final int PORTION = 64 * 1024;

  /** What is known of an artifact: a name, digests and the payloads of its signatures. */
  private static final int MAX_NOTE = 4 << 20;

  private final Path files;
  private final Path notes;
  private final Path unfinished;

  /**
   * Makes the directories, and removes what was half made when a daemon was killed.
   *
   * @param directory of ours alone
   */
  KeptFiles(Path directory) {
    files = directory(directory);
    notes = directory.resolve("artifacts");
    unfinished = directory.resolve("unfinished");
    try {
      for (Path path : List.of(files, notes, unfinished)) {
        Files.createDirectories(path);
      }
      for (Path left : children(unfinished)) {
        Files.delete(left);
      }
    } catch (IOException e) {
      throw failed("prepare " + directory, e);
    }
  }

  /** Where the files are, each by the digits of its digest. */
  static Path directory(Path directory) {
    return directory.resolve("sha256");
  }

  Path path(String digest) {
    return files.resolve(Digests.hex(digest));
  }

  boolean has(String digest) {
    return Files.isRegularFile(path(digest), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Refuses a file for which there is no room.
   *
   * @param what in the words of an error message
   */
  void requireRoom(String what, long bytes) {
    try {
      long room = Files.getFileStore(unfinished).getUsableSpace();
      if (room < bytes) {
        throw TaskException.failed(
            Problem.host(
                "DISK_FULL",
                what
                    + " has "
                    + bytes
                    + " bytes, and the file system of "
                    + files
                    + " has only "
                    + room
                    + " left; remove volumes, images or tasks that are not needed"));
      }
    } catch (IOException e) {
      throw failed("look at " + unfinished, e);
    }
  }

  /**
   * Keeps a file. One at a time for a digest.
   *
   * @param what in the words of an error message
   * @throws TaskException DIGEST_MISMATCH if it is another, of which nothing is left then
   */
  void write(String what, String digest, InputStream content) {
    Path temporary = unfinished.resolve(Digests.hex(digest));
    try {
      String found = copy(content, temporary);
      if (!found.equals(digest)) {
        throw TaskException.failed(
            Problem.user(
                "DIGEST_MISMATCH",
                what
                    + " has the digest "
                    + found
                    + ", not "
                    + digest
                    + "; its content was changed or damaged on the way: do not trust it before you"
                    + " know why"));
      }
      Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("r--r--r--"));
      DurableFiles.publish(temporary, path(digest));
    } catch (IOException e) {
      throw failed("fetch " + what, e);
    } finally {
      remove(temporary);
    }
  }

  /** A copy may take long: unlike what comes after it, it is broken off by an interrupt. */
  private static String copy(InputStream content, Path to) throws IOException {
    MessageDigest digest = Digests.sha256();
    byte[] buffer = new byte[PORTION];
    Files.deleteIfExists(to);
    try (FileChannel out =
        FileChannel.open(
            to,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
        digest.update(buffer, 0, count);
        for (ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count); bytes.hasRemaining(); ) {
          int unused = out.write(bytes);
        }
      }
    }
    return Digests.finish(digest);
  }

  /** Puts down what is known of an artifact, in place of what was known. */
  void note(String key, byte[] text) {
    String name = Digests.hex(Digests.of(key.getBytes(StandardCharsets.UTF_8)));
    Path temporary = unfinished.resolve(name + ".json");
    try {
      try (FileOutputStream out = new FileOutputStream(temporary.toFile())) {
        out.write(text);
      }
      DurableFiles.publish(temporary, notes.resolve(name));
    } catch (IOException e) {
      throw failed("keep what is known of " + key, e);
    } finally {
      remove(temporary);
    }
  }

  /** What was put down of an artifact. */
  Optional<byte[]> note(String key) {
    return note(notes.resolve(Digests.hex(Digests.of(key.getBytes(StandardCharsets.UTF_8)))));
  }

  private static Optional<byte[]> note(Path file) {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      return Optional.of(in.readNBytes(MAX_NOTE));
    } catch (IOException e) {
      throw failed("read " + file, e);
    }
  }

  /** What decides whether something that was put down is still of use. */
  interface Use {
    boolean isOf(byte[] note);
  }

  /** Removes all files but some, and what is of no use without those. */
  void keepOnly(SortedSet<String> digests, Use use) {
    try {
      for (Path file : children(files)) {
        if (!digests.contains(Digests.PREFIX + file.getFileName())) {
          Files.delete(file);
        }
      }
      for (Path file : children(notes)) {
        if (note(file).filter(use::isOf).isEmpty()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw failed("remove what no task has in " + files, e);
    }
  }

  private static List<Path> children(Path directory) throws IOException {
    try (Stream<Path> children = Files.list(directory)) {
      return new ArrayList<>(children.toList());
    }
  }

  /** What cannot be removed now is removed when the daemon starts. */
  private static void remove(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // The failure that came before is the one to tell of.
    }
  }

  private static TaskException failed(String action, IOException cause) {
    return TaskException.failed(
        Problem.host(
            "FILE_NOT_KEPT",
            "cannot "
                + action
                + ": "
                + cause
                + "; check the disk and its free space, then try again"),
        cause);
  }
}
