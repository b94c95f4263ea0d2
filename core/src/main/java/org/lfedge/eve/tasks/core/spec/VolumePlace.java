package org.lfedge.eve.tasks.core.spec;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Owner;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.View;

/** Where the content of a volume is when its task starts, and how a seed may mount it. */
public sealed interface VolumePlace {

  /** The views that it offers. */
  SortedSet<View> views();

  /** Whether the task may not write to it, whatever its seed says. */
  boolean readOnly();

  /**
   * Whether a seed may do without it. Data of cloud-init, which offers ISO 9660 alone, is that for
   * guests; for others the core makes variables and files of it.
   */
  default boolean mayBeLeftOut() {
    return views().stream().allMatch(view -> view == View.ISO9660);
  }

  /**
   * Made ready at a path of the node.
   *
   * @param path absolute; what lies there is in the view that the seed chose
   */
  record OnNode(Path path, Propagation propagation, boolean readOnly, SortedSet<View> views)
      implements VolumePlace {

    /** Keeps a sorted copy. */
    public OnNode {
      views = SortedCopies.setOf(views);
    }
  }

  /**
   * A file system in memory that is made with each start.
   *
   * @param bytes its size limit, at least 1
   * @param owner whom its uppermost directory is given to; everybody may write there if empty
   */
  record InMemory(long bytes, Optional<Owner> owner, boolean readOnly) implements VolumePlace {

    private static final SortedSet<View> VIEWS = SortedCopies.setOf(List.of(View.FILESYSTEM));

    @Override
    public SortedSet<View> views() {
      return VIEWS;
    }
  }
}
