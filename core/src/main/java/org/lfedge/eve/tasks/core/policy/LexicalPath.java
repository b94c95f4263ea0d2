package org.lfedge.eve.tasks.core.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * Absolute paths as text. Not {@link java.nio.file.Path}, which in a JVM with an ASCII locale
 * refuses names that Linux allows. Knows nothing of symbolic links.
 */
public final class LexicalPath {

  private LexicalPath() {}

  /** Whether a path is absolute, does not climb by {@code ..}, and holds no NUL. */
  public static boolean isSound(String path) {
    return path.startsWith("/") && path.indexOf('\0') < 0 && !(path + "/").contains("/../");
  }

  /**
   * The one spelling of a path: no double or trailing slash, no {@code .}.
   *
   * @throws IllegalArgumentException if the path is not {@link #isSound sound}
   */
  public static String normalize(String path) {
    if (!isSound(path)) {
      throw new IllegalArgumentException("path must be absolute and must not climb: " + path);
    }
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return "/" + String.join("/", names);
  }

  /** Whether a path is a directory or lies below it; both are normalized. */
  public static boolean isWithin(String path, String directory) {
    return path.equals(directory)
        || path.startsWith(directory.equals("/") ? directory : directory + "/");
  }
}
