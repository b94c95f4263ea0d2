package org.lfedge.eve.tasks.spi.seed;

/** Whose root file system becomes the root of the anchor. Open to growth. */
public enum Base {
  /** The designated root of the task. */
  TASK,
  /**
   * The root of the tools image, such as one that holds an emulator. The task's own root, if it has
   * one, is then the source of a mount, {@link Source.OfRoot}.
   */
  TOOLS,
  /** The root of the node; policy must grant it. */
  HOST
}
