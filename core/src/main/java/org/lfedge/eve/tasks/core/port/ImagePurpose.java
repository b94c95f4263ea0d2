package org.lfedge.eve.tasks.core.port;

/** What an image is used for; the node's trust policy has rules for each. */
public enum ImagePurpose {
  /** The root of a task, or a volume. */
  IMAGE,
  /** The tools of an executor. */
  TOOLS
}
