package org.lfedge.eve.tasks.spi.seed;

import java.util.Objects;
import java.util.regex.Pattern;
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
   * A file or directory of the node; policy must grant it. If it grants all device nodes in a
   * directory as well, those that the task's cgroup allows can be opened there, such as terminals
   * in {@code /dev/pts}.
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
   * A file that is a namespace of the node, for {@code setns(2)}; policy must grant the namespace,
   * as for {@link Seed#shared}. The mount is read-only in any case. To enter the namespace takes
   * {@code CAP_SYS_ADMIN}, and cannot be done out of a user namespace of the task's own.
   *
   * @param namespace of the node
   * @since 1.1
   */
  record OfNamespace(Namespace namespace) implements Source {
    /**
     * Refuses null.
     *
     * @since 1.1
     */
    public OfNamespace {
      Objects.requireNonNull(namespace);
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

  /**
   * The designated root of the task, for an anchor whose own root is another's. What is written to
   * it stays with the task, as with one that is the anchor's own.
   *
   * @param view one of those that the root offers: {@link View#FILESYSTEM} of an image or a
   *     directory, {@link View#BLOCK} of a disk, {@link View#FILE} of another file
   */
  record OfRoot(View view) implements Source {
    /** Refuses null. */
    public OfRoot {
      Objects.requireNonNull(view);
    }
  }

  /**
   * A directory of the task's own that is empty at first and kept until the task is deleted: for
   * what the anchor itself has to remember, such as the variables of a firmware. It is given to the
   * anchor's user at first, and stays as large as it was made.
   *
   * @param name unique in the seed, a short word in lower case
   * @param maxBytes how much it holds, 1 MiB to 1 TiB
   */
  record State(String name, long maxBytes) implements Source {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,29}[a-z0-9])?");

    /** Refuses other names and sizes out of range. */
    public State {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException("not a short word in lower case: " + name);
      }
      if (maxBytes < 1L << 20 || maxBytes > 1L << 40) {
        throw new IllegalArgumentException("a state has 1 MiB to 1 TiB, not " + maxBytes);
      }
    }
  }

  /**
   * A directory in memory that is empty at each start, and that the core can see as well: for
   * sockets, and for small files by which {@link ExitRule}s tell what an exit means. What is in it
   * counts towards the task's memory. It belongs to the anchor's user, and nothing in it can be
   * executed. A seed has at most one.
   *
   * @param maxBytes how much it holds, 64 KiB to 64 MiB
   */
  record RuntimeDirectory(long maxBytes) implements Source {
    /** Refuses sizes out of range. */
    public RuntimeDirectory {
      if (maxBytes < 1L << 16 || maxBytes > 1L << 26) {
        throw new IllegalArgumentException(
            "a runtime directory has 64 KiB to 64 MiB, not " + maxBytes);
      }
    }
  }
}
