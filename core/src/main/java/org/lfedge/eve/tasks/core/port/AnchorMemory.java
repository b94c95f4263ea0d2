package org.lfedge.eve.tasks.core.port;

import java.util.OptionalLong;
import org.lfedge.eve.tasks.spi.seed.Measurement;

/** Measures what anchors take beside the workload. */
public interface AnchorMemory {

  /**
   * What an anchor takes now, page cache left out, in bytes; empty if it has ended, or the kernel
   * does not tell.
   */
  OptionalLong measure(Anchor anchor, Measurement measurement);
}
