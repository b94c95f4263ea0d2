package org.lfedge.eve.tasks.core.port;

import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;

/**
 * A disk of which a volume is made.
 *
 * @param source the file that it is in
 * @param format what that holds; declared, never guessed
 */
public record DiskContent(Source source, Format format) {

  /** Refuses what is no disk. */
  public DiskContent {
    if (!format.isDisk()) {
      throw new IllegalArgumentException("no format of disks: " + format);
    }
  }

  /** Where it is from, for people. */
  public String origin() {
    return source instanceof Fetched fetched ? fetched.from() : ((OfNode) source).path();
  }

  /** The file of a disk. */
  public sealed interface Source {}

  /**
   * A file of the node.
   *
   * @param path absolute, within {@code policy.directories}
   * @param digest what the file must have, {@code sha256:} and 64 hex digits; anything if empty
   */
  public record OfNode(String path, Optional<String> digest) implements Source {}

  /**
   * A file that the node has fetched, see {@link FetchedFiles}.
   *
   * @param digest of it
   * @param from where it was fetched
   */
  public record Fetched(String digest, String from) implements Source {}
}
