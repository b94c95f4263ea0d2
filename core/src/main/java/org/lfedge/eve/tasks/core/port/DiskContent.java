package org.lfedge.eve.tasks.core.port;

import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;

/** A file with a disk in it, of which a volume is made. Closed to implement. */
public sealed interface DiskContent {

  /** What the file holds; declared, never guessed. One of a disk. */
  Format format();

  /** Where it is from, for people. */
  String origin();

  /**
   * A file of the node.
   *
   * @param path absolute, within {@code policy.directories}
   * @param digest what the file must have, {@code sha256:} and 64 hex digits; anything if empty
   */
  record OfNode(String path, Format format, Optional<String> digest) implements DiskContent {

    /** Refuses what is no disk. */
    public OfNode {
      requireDisk(format);
    }

    @Override
    public String origin() {
      return path;
    }
  }

  /**
   * A file that the node has fetched, see {@link FetchedFiles}.
   *
   * @param digest of it
   * @param origin where it was fetched from
   */
  record Fetched(String digest, Format format, String origin) implements DiskContent {

    /** Refuses what is no disk. */
    public Fetched {
      requireDisk(format);
    }
  }

  private static void requireDisk(Format format) {
    if (!format.isDisk()) {
      throw new IllegalArgumentException("no format of disks: " + format);
    }
  }
}
