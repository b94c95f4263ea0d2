package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import org.lfedge.eve.tasks.core.lifecycle.Dependency;

/** The other tasks, as far as one has to do with them. */
interface Neighbours {

  /** Those of some dependencies that are not met now. */
  List<Dependency> unmet(List<Dependency> dependencies);

  /** A task has come so far that others may be waiting for it. */
  void progressed(String task);
}
