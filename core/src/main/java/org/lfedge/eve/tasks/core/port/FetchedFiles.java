package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedSet;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;

/**
 * Files that the node has fetched for tasks. Each is kept once, by its digest, and never changes;
 * tasks that have the same file share it.
 */
public interface FetchedFiles {

  /**
   * A file that is here.
   *
   * @param digest of it
   * @param path where it is kept, to be read alone
   * @param manifest digest of the artifact's, if it came in one
   * @param trust why it may be used
   */
  record Kept(String digest, Path path, Optional<String> manifest, TrustVerdict trust) {}

  /**
   * A file that is here.
   *
   * @param format what it holds, by which it is told from other files of an artifact
   * @throws org.lfedge.eve.tasks.core.error.TaskException if the node's trust policy does not let
   *     it be used
   */
  Optional<Kept> find(FileOrigin from, Format format);

  /** The digest of a file, as far as it is known here without asking anybody. */
  Optional<String> digest(FileOrigin from, Format format);

  /**
   * Fetches a file, unless what it is known to hold is here. It appears when it is whole, checked
   * and on the disk.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException {@code DIGEST_MISMATCH}, {@code
   *     FILE_TOO_LARGE}, {@code NOT_AN_ARTIFACT}, {@code AMBIGUOUS_ARTIFACT}, {@code DISK_FULL},
   *     the refusals of the trust policy, and those of {@link Downloads} and {@link
   *     Registries.Repository}
   */
  @Effect
  Kept fetch(FileOrigin from, Format format, PullProgress progress);

  /** Removes all files but some, named by their digests. Nothing may be fetched meanwhile. */
  @Effect
  void keepOnly(SortedSet<String> digests);
}
