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
   * A disk with the content of a file, which stays as it is.
   *
   * @param source of the content
   * @param format of the file
   * @param bytes how large the disk is to be at least; 0 for as large as the content
   */
  record Disk(String name, Source source, Format format, long bytes) implements AppVolume {}

  /** Where the content of a disk is. */
  sealed interface Source {

    /** A file that the node fetches. */
    record Fetched(FileOrigin.Url from) implements Source {}

    /**
     * A file of the node.
     *
     * @param digest that it must have, {@code sha256:} and 64 hex digits
     */
    record OfNode(String path, Optional<String> digest) implements Source {}
  }
}
