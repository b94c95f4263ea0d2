package org.lfedge.eve.tasks.spi.task;

/** The designated root of a task. Closed to implement, open to growth. */
public sealed interface Root {

  /** The variants by name, for executors to say which ones they can start. */
  enum Kind {
    IMAGE,
    DIRECTORY,
    BUNDLE,
    HOST,
    FILE,
    NONE
  }

  /** Which variant this is. */
  Kind kind();

  /** Whether the anchor sees its root read-only. */
  boolean readOnly();

  /**
   * An OCI image, from a registry or imported from a layout.
   *
   * @param reference the name by which it is stored
   */
  record Image(String reference, boolean readOnly) implements Root {
    @Override
    public Kind kind() {
      return Kind.IMAGE;
    }
  }

  /**
   * A directory of the node that holds a root file system. If it is not read-only, the task writes
   * to the directory itself.
   */
  record Directory(String path, boolean readOnly) implements Root {
    @Override
    public Kind kind() {
      return Kind.DIRECTORY;
    }
  }

  /**
   * An OCI bundle: a directory with a {@code config.json} that takes the place of an image config.
   */
  record Bundle(String path, boolean readOnly) implements Root {
    @Override
    public Kind kind() {
      return Kind.BUNDLE;
    }
  }

  /** The root file system of the node itself. */
  record Host(boolean readOnly) implements Root {
    @Override
    public Kind kind() {
      return Kind.HOST;
    }
  }

  /**
   * A file of the node that holds the root in some form, such as a disk or a JAR.
   *
   * @param format what it holds, declared and never guessed, such as {@code raw}, {@code qcow2} or
   *     {@code jar}
   */
  record File(String path, String format, boolean readOnly) implements Root {
    @Override
    public Kind kind() {
      return Kind.FILE;
    }
  }

  /** No root at all: the tools have one, and the guest brings its own, such as an initramfs. */
  record None() implements Root {
    @Override
    public Kind kind() {
      return Kind.NONE;
    }

    @Override
    public boolean readOnly() {
      return false;
    }
  }
}
