package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;

/**
 * Network namespaces that are pinned to a file, so that a task keeps its own over stop and start.
 */
public interface NetworkNamespaces {

  /**
   * Makes and pins a namespace with its loopback up; returns the one that is there already.
   *
   * @param ofNode whether the namespace of the node is pinned instead of a new one
   */
  @Effect
  Path pin(String task, boolean ofNode);

  /** Where the namespace of a task is pinned, whether it is there or not. */
  Path path(String task);

  /** Removes the namespace of a task. */
  @Effect
  void unpin(String task);

  /** The tasks that have one. */
  List<String> pinned();
}
