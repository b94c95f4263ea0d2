package org.lfedge.eve.tasks.spi.seed;

/** Whose root file system becomes the root of the anchor. Open to growth. */
public enum Base {
  /** The designated root of the task. */
  TASK,
  /** The root of the node; policy must grant it. */
  HOST
}
