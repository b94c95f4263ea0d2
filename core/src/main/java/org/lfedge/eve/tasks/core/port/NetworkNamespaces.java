package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;
import org.lfedge.eve.tasks.spi.seed.Namespace;

/**
 * Network namespaces that are pinned to a file, so that a task keeps its own over stop and start.
 */
public interface NetworkNamespaces {

  /** What is pinned for a task. */
  enum Kind {
    /** A namespace of its own. */
    OWN,
    /**
     * One of its own that belongs to a user namespace of its own, which is pinned beside it: a
     * process in that can join both. The users in it are those of the node.
     */
    OWN_WITH_USERS,
    /** The namespace of the node. */
    OF_NODE
  }

  /**
   * Makes and pins a namespace with its loopback up; returns the one that is there already.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if the node does not let it be made
   */
  @Effect
  Path pin(String task, Kind kind);

  /** Where the namespace of a task is pinned, whether it is there or not. */
  Path path(String task);

  /** Where the user namespace of a task is pinned, whether it has one or not. */
  Path users(String task);

  /** Where a namespace of the node is pinned, for tasks that may enter it, whether it is or not. */
  Path ofNode(Namespace namespace);

  /** Removes the namespaces of a task. */
  @Effect
  void unpin(String task);

  /** The tasks that have one. */
  List<String> pinned();
}
