package org.lfedge.eve.tasks.core.registry;

/**
 * What a server is asked for, for its credentials and for messages, in which it stands as its own
 * text.
 */
interface Asked {

  /** The server, with its port if it has one. */
  String host();

  /** What lets it be told from others at the same server. */
  String path();

  /** What the codes of problems with it begin with. */
  String codes();
}
