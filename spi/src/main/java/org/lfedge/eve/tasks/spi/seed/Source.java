package org.lfedge.eve.tasks.spi.seed;

import java.util.Objects;
import org.lfedge.eve.tasks.spi.task.View;

/** Where the content of a {@link Mount} comes from. Closed to implement, open to growth. */
public sealed interface Source {

  /**
   * An empty file system in memory; what is written to it counts towards the task's memory.
   *
   * @param bytes its size limit, at least 1
   */
  record Tmpfs(long bytes) implements Source {
    /** Refuses a size below 1. */
    public Tmpfs {
      if (bytes < 1) {
        throw new IllegalArgumentException("a tmpfs needs a size of at least 1 byte: " + bytes);
      }
    }
  }

  /**
   * A file or directory of the node; policy must grant it.
   *
   * @param path absolute, without {@code ..}
   */
  record OfHost(String path) implements Source {
    /** Refuses relative and climbing paths. */
    public OfHost {
      Mount.requireAbsolute(path);
    }
  }

  /**
   * A volume of the task.
   *
   * @param name as in {@link org.lfedge.eve.tasks.spi.task.Volume#name}
   * @param view one of those that the volume offers
   */
  record OfVolume(String name, View view) implements Source {
    /** Refuses nulls. */
    public OfVolume {
      Objects.requireNonNull(name);
      Objects.requireNonNull(view);
    }
  }
}
