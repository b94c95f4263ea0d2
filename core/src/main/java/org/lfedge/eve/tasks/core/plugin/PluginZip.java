package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A plugin as an archive in PF4J's form: {@code plugin.properties}, classes below {@code classes/}
 * and JARs in {@code lib/}.
 */
final class PluginZip {

  static final String ENDING = ".zip";

  private static final int MAX_ENTRIES = 10_000;
  private static final long MAX_UNPACKED_BYTES = 4 * JarCache.MAX_BYTES;
  private static final int BUFFER_BYTES = 1 << 16;

  /** What an archive ends with: a signature, 18 bytes, and a comment whose length they tell. */
  private static final int END_SIGNATURE = 0x06054b50;

  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT = 0xffff;

  private PluginZip() {}

  static boolean isZip(Path file) {
    return file.toString().endsWith(ENDING);
  }

  /**
   * Whether a file is an archive to its end; one that is still being copied is not. Reads the last
   * 64 KiB and believes nothing of it.
   */
  static boolean isWhole(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      int length = (int) Math.min(size, END_BYTES + MAX_COMMENT);
      ByteBuffer tail = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
      while (tail.hasRemaining() && channel.read(tail, size - length + tail.position()) >= 0) {
        // A read may give less than was asked for.
      }
      for (int at = tail.position() - END_BYTES; at >= 0; at--) {
        if (tail.getInt(at) == END_SIGNATURE
            && at + END_BYTES + (tail.getShort(at + 20) & 0xffff) == tail.position()) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * Unpacks an archive.
   *
   * @param target an empty directory
   * @throws PluginRejection if it cannot be read, climbs out of its directory, or is too large
   */
  static void unpack(Path zip, Path target) throws IOException {
    long left = MAX_UNPACKED_BYTES;
    try (ZipFile file = new ZipFile(zip.toFile())) {
      if (file.size() > MAX_ENTRIES) {
        throw new PluginRejection("TOO_LARGE", "it has more than " + MAX_ENTRIES + " entries");
      }
      Enumeration<? extends ZipEntry> entries = file.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        Path path = inside(target, entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(path);
        } else {
          Files.createDirectories(path.getParent());
          try (InputStream in = file.getInputStream(entry);
              OutputStream out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW)) {
            left = copy(in, out, left);
          }
        }
      }
    } catch (FileAlreadyExistsException e) {
      throw new PluginRejection("NOT_A_JAR", "two of its entries have one name: " + e.getMessage());
    } catch (ZipException | IllegalArgumentException e) {
      throw new PluginRejection("NOT_A_JAR", "it cannot be read as an archive: " + e.getMessage());
    }
    classPath(target).stream()
        .filter(Files::isRegularFile)
        .forEach(jar -> CheckedDescriptors.manifestOf(jar));
  }

  private static Path inside(Path target, String name) {
    List<String> parts = List.of(name.split("/", -1));
    boolean plain = !name.startsWith("/") && name.indexOf('\\') < 0 && name.indexOf('\0') < 0;
    if (!plain || parts.contains("..")) {
      throw new PluginRejection(
          "LEAVES_ITS_DIRECTORY",
          "an entry of it would be written elsewhere: "
              + PluginRejection.shortened(name)
              + "; do not trust where it comes from");
    }
    Path path = target;
    for (String part : parts) {
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (Files.isRegularFile(path)) {
        throw noFile(name);
      }
      path = path.resolve(part);
    }
    if (path.equals(target)) {
      throw noFile(name);
    }
    return path;
  }

  private static PluginRejection noFile(String name) {
    return new PluginRejection(
        "NOT_A_JAR", "an entry of it can be no file: " + PluginRejection.shortened(name));
  }

  /** Returns how much may still be written. */
  private static long copy(InputStream in, OutputStream out, long most) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long left = most;
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      left -= count;
      if (left < 0) {
        throw new PluginRejection(
            "TOO_LARGE", "it has more than " + (MAX_UNPACKED_BYTES >> 20) + " MiB, unpacked");
      }
      out.write(buffer, 0, count);
    }
    return left;
  }

  /**
   * Where the classes of a plugin are.
   *
   * @param copy its JAR, or the directory that it was unpacked to
   */
  static List<Path> classPath(Path copy) {
    if (!Files.isDirectory(copy)) {
      return List.of(copy);
    }
    SortedSet<Path> jars = new TreeSet<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Files.createDirectories(copy.resolve("lib")), "*.jar")) {
      files.forEach(file -> jars.add(file));
      Path classes = Files.createDirectories(copy.resolve("classes"));
      List<Path> classPath = new ArrayList<>(List.of(classes));
      classPath.addAll(jars);
      return classPath;
    } catch (IOException e) {
      throw new PluginRejection("UNREADABLE", "it cannot be read: " + e);
    }
  }
}
