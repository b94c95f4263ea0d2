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
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Stream;

/**
 * Copies of plugin files, each named by its content. Classes are loaded from the copy, so it does
 * no harm to overwrite or remove the file that it was made from. An archive with a plugin is
 * unpacked beside its copy.
 */
final class JarCache {

  /** The largest JAR that is read; the bundled ones have less than a hundredth of it. */
  static final long MAX_BYTES = 64L << 20;

  static final String ALGORITHM = "sha256:";

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path directory;
  private final Set<Path> unpacked = new HashSet<>();

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

  /** The digest that a copy was named by, or what was unpacked of it. */
  static String digestOf(Path copy) {
    String name = copy.getFileName().toString();
    int dot = name.indexOf('.');
    return ALGORITHM + (dot < 0 ? name : name.substring(0, dot));
  }

  /**
   * Gives the copy of a file, made now if there is none or the one that is there has suffered.
   *
   * @throws PluginRejection if the file no longer has the digest
   */
  Path keep(Path file, String digest) throws IOException {
    Path copy = directory.resolve(hex(digest) + (PluginZip.isZip(file) ? ".zip" : ".jar"));
    if (Files.isRegularFile(copy, LinkOption.NOFOLLOW_LINKS) && digest(copy).equals(digest)) {
      return copy;
    }
    Path part = Files.createTempFile(directory, hex(digest) + ".", ".part");
    try {
      String copied;
      try (OutputStream out = Files.newOutputStream(part)) {
        copied = transfer(file, out);
      }
      if (!copied.equals(digest)) {
        throw new PluginRejection(
            "CHANGED_WHILE_READ", "the file changed while it was read; put it there by renaming");
      }
      // Whoever runs it in a sandbox must be able to read it; the directory keeps others out.
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("r--r--r--"));
      Files.move(part, copy, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    return copy;
  }

  /**
   * Gives the directory with what is in an archive, unpacked now unless this cache has done it
   * before: one from an earlier run may have suffered, and no digest covers it.
   *
   * @param copy that {@link #keep} gave
   * @throws PluginRejection if it is no archive with a plugin
   */
  Path unpack(Path copy) throws IOException {
    Path target = directory.resolve(hex(digestOf(copy)) + ".unpacked");
    synchronized (unpacked) {
      if (unpacked.contains(target)) {
        return target;
      }
    }
    delete(target);
    Path part = Files.createTempDirectory(directory, hex(digestOf(copy)) + ".");
    try {
      PluginZip.unpack(copy, part);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(part);
    }
    synchronized (unpacked) {
      unpacked.add(target);
    }
    return target;
  }

  /** Removes the copies with other digests, and what an interrupted copy has left. */
  void retain(SortedSet<String> digests) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (!digests.contains(digestOf(file))) {
          synchronized (unpacked) {
            unpacked.remove(file);
          }
          delete(file);
        }
      }
    }
  }

  private static String hex(String digest) {
    return digest.substring(ALGORITHM.length());
  }

  private static void delete(Path top) throws IOException {
    if (Files.notExists(top, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(top)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
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
