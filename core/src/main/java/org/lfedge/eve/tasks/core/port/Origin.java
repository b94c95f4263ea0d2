package org.lfedge.eve.tasks.core.port;

/** How an executor came to this node; what it may ask for depends on it, never on its name. */
public enum Origin {
  /** Shipped with this distribution, its digest among those recorded when it was built. */
  BUNDLED,
  /** Dropped into the plugins directory, its digest named by the node's policy. */
  TRUSTED_DIGEST
}
