package org.lfedge.eve.tasks.core.port;

import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/** Is told how a pull gets on; by several threads at once, and often. Must not throw or wait. */
public interface PullProgress {

  /** Is told nothing. */
  PullProgress NONE =
      new PullProgress() {
        @Override
        public void resolved(String name, String digest) {}

        @Override
        public void blob(Descriptor blob, long bytes) {}

        @Override
        public void unpacking(String name) {}
      };

  /** What the name stands for is known. */
  void resolved(String name, String digest);

  /**
   * So much of a blob is on this node; all of it at once if it was there before.
   *
   * @param bytes from 0 to the blob's size
   */
  void blob(Descriptor blob, long bytes);

  /** All blobs are there; its layers are being checked and unpacked. */
  void unpacking(String name);
}
