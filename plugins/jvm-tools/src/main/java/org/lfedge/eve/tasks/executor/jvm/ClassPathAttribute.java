package org.lfedge.eve.tasks.executor.jvm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.SeedException;

/**
 * The attribute {@code Class-Path} of a manifest: URLs with spaces between them, relative to the
 * JAR. A JVM leaves out what it does not find without a word, so one that leads elsewhere is told
 * of before.
 */
final class ClassPathAttribute {

  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):(.*)");

  private ClassPathAttribute() {}

  /**
   * Refuses one that leads out of the root.
   *
   * @param directory of the JAR, {@link JvmExecutor#ROOT} or below it
   * @param path where the JAR is named in the document
   */
  static void check(String attribute, String directory, String path) throws SeedException {
    for (String entry : attribute.strip().split("\\s+")) {
      if (!isInside(entry, directory) || !isInside(decoded(entry), directory)) {
        throw new SeedException(
            "CLASS_PATH_LEAVES_ROOT",
            path,
            "the Class-Path of the JAR leads out of its root, to "
                + (entry.length() > 80 ? entry.substring(0, 80) + "..." : entry)
                + "; use a directory as root that holds all of it, or options.classPath with a"
                + " volume, and build the JAR without that entry");
      }
    }
  }

  private static boolean isInside(String entry, String directory) {
    String place = entry;
    Matcher scheme = SCHEME.matcher(entry);
    if (scheme.matches()) {
      if (!scheme.group(1).equalsIgnoreCase("file")) {
        return false;
      }
      place = scheme.group(2);
    }
    if (place.startsWith("//")) {
      return false;
    }
    return normalized(place.startsWith("/") ? place : directory + "/" + place)
        .filter(
            normal -> normal.equals(JvmExecutor.ROOT) || normal.startsWith(JvmExecutor.ROOT + "/"))
        .isPresent();
  }

  /** Without {@code .} and {@code ..}; empty if it climbs above the root of all. */
  static Optional<String> normalized(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/")) {
      if (part.equals("..")) {
        if (parts.pollLast() == null) {
          return Optional.empty();
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return Optional.of("/" + String.join("/", parts));
  }

  /** As a file system sees it in the end; what is no escape stays as it is. */
  private static String decoded(String entry) {
    byte[] bytes = entry.getBytes(StandardCharsets.UTF_8);
    byte[] plain = new byte[bytes.length];
    int length = 0;
    for (int at = 0; at < bytes.length; at++) {
      int value =
          bytes[at] == '%' && at + 2 < bytes.length ? hex(bytes[at + 1], bytes[at + 2]) : -1;
      plain[length++] = value < 0 ? bytes[at] : (byte) value;
      at += value < 0 ? 0 : 2;
    }
    return new String(plain, 0, length, StandardCharsets.UTF_8);
  }

  private static int hex(byte high, byte low) {
    int first = Character.digit(high, 16);
    int second = Character.digit(low, 16);
    return first < 0 || second < 0 ? -1 : first * 16 + second;
  }
}
