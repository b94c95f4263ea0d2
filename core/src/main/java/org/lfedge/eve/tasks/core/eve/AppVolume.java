package org.lfedge.eve.tasks.core.eve;

import java.util.Optional;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;

/** A volume that a controller wants the node to keep, whichever app uses it. */
public sealed interface AppVolume {

  /** Unique on the node; another generation of a volume has another name. */
  String name();

  /**
   * An empty one.
   *
   * @param bytes how much it holds
   */
  record Blank(String name, long bytes) implements AppVolume {}

  /**
   * A disk with content that the node fetches, of which the volume is a copy to be written to.
   *
   * @param from where from; empty for a file of the node
   * @param file of the node, if it is one
   * @param digest that the file must have, {@code sha256:} and 64 hex digits
   * @param format of the file, and of the volume
   * @param bytes how large the disk is to be at least; 0 for as large as it comes
   */
  record Copy(
      String name,
      Optional<FileOrigin> from,
      Optional<String> file,
      String digest,
      Format format,
      long bytes)
      implements AppVolume {}
}
