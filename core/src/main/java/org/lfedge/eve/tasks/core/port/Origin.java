package org.lfedge.eve.tasks.core.port;

/** How an executor came to this node; what it may ask for depends on it, never on its name. */
public enum Origin {
  /** Shipped with this distribution, its digest among those recorded when it was built. */
  BUNDLED,
  /** Dropped into the plugins directory, its digest named by the node's policy. */
  TRUSTED_DIGEST,
  /** Dropped into the plugins directory, named by nobody: it runs in a sandbox. */
  PLUGINS_DIRECTORY,
  /**
   * In an image of tools that the node's trust policy let in; it is no code, or runs in a sandbox.
   */
  TOOLS_ARTIFACT;

  /** Whether the node's operator, or who made this distribution, vouches for its code. */
  public boolean isVouchedFor() {
    return this == BUNDLED || this == TRUSTED_DIGEST;
  }
}
