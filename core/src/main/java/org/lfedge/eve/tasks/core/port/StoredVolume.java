package org.lfedge.eve.tasks.core.port;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A volume that the node keeps.
 *
 * @param name unique on the node
 * @param kind {@code blank}, {@code disk} for the raw copy of a disk, or {@code image} for a
 *     writable layer over an image
 * @param limitBytes the size of its disk; 0 where nothing limits it
 * @param usedBytes how much of that is taken, the file system's own structures included; 0 where
 *     that is not known
 * @param createdAt when it was made
 * @param madeFor the task that it was made with, if it was
 * @param content what it was filled with, if it was
 * @param usedBy tasks for which it is mounted or kept ready now
 */
public record StoredVolume(
    String name,
    String kind,
    long limitBytes,
    long usedBytes,
    Instant createdAt,
    Optional<String> madeFor,
    Optional<String> content,
    List<String> usedBy) {

  /** Keeps a copy of the list. */
  public StoredVolume {
    usedBy = List.copyOf(usedBy);
  }
}
