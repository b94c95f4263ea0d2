package org.lfedge.eve.tasks.spi.seed;

import java.util.Objects;

/**
 * Content at a place in the task's file system. Set-uid programs in it have no effect, nor have
 * device nodes, unless {@link Source.OfHost} says otherwise.
 *
 * @param source where the content comes from
 * @param target absolute path inside the task, without {@code ..}
 * @param readOnly whether the task may not write to it
 */
public record Mount(Source source, String target, boolean readOnly) {

  /** Refuses relative and climbing targets. */
  public Mount {
    Objects.requireNonNull(source);
    requireAbsolute(target);
  }

  static String requireAbsolute(String path) {
    if (!path.startsWith("/") || (path + "/").contains("/../") || path.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("path must be absolute and must not climb: " + path);
    }
    return path;
  }
}
