package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SortedSet;

/**
 * Copies of plugin JARs, each named by its content. Classes are loaded from the copy, so it does no
 * harm to overwrite or remove the file that it was made from.
 */
final class JarCache {

  /** The largest JAR that is read; the bundled ones have less than a hundredth of it. */
  static final long MAX_BYTES = 64L << 20;

  static final String ALGORITHM = "sha256:";

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path directory;

  /** Makes the directory, for its owner alone, if it is not there. */
  JarCache(Path directory) throws IOException {
    this.directory = directory;
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** The digest of a file, {@code sha256:...}. */
  static String digest(Path file) throws IOException {
    return transfer(file, OutputStream.nullOutputStream());
  }

  /** The digest that a copy was named by. */
  static String digestOf(Path copy) {
    String name = copy.getFileName().toString();
    return ALGORITHM + name.substring(0, name.lastIndexOf('.'));
  }

  /**
   * Gives the copy of a file, made now if there is none or the one that is there has suffered.
   *
   * @throws PluginRejection if the file no longer has the digest
   */
  Path keep(Path file, String digest) throws IOException {
    Path copy = directory.resolve(digest.substring(ALGORITHM.length()) + ".jar");
    if (Files.isRegularFile(copy, LinkOption.NOFOLLOW_LINKS) && digest(copy).equals(digest)) {
      return copy;
    }
    Path part = Files.createTempFile(directory, "copy", ".part");
    try {
      String copied;
      try (OutputStream out = Files.newOutputStream(part)) {
        copied = transfer(file, out);
      }
      if (!copied.equals(digest)) {
        throw new PluginRejection(
            "CHANGED_WHILE_READ", "the file changed while it was read; put it there by renaming");
      }
      Files.move(part, copy, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    return copy;
  }

  /** Removes the copies with other digests, and what an interrupted copy has left. */
  void retain(SortedSet<String> digests) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.{jar,part}")) {
      for (Path file : files) {
        if (!digests.contains(digestOf(file))) {
          Files.delete(file);
        }
      }
    }
  }

  private static String transfer(Path file, OutputStream out) throws IOException {
    MessageDigest sha256 = sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    long total = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        total += count;
        if (total > MAX_BYTES) {
          throw new PluginRejection(
              "TOO_LARGE", "the file has more than " + (MAX_BYTES >> 20) + " MiB");
        }
        sha256.update(buffer, 0, count);
        out.write(buffer, 0, count);
      }
    }
    return ALGORITHM + HexFormat.of().formatHex(sha256.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
