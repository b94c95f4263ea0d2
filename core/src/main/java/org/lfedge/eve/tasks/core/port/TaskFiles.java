package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.UUID;
import org.lfedge.eve.tasks.spi.seed.SeedFile;

/** Files of a task that lie on the node: its output, the files of its seed, its secrets. */
public interface TaskFiles {

  /** Makes sure that the two output files exist, empty or as they are. */
  OutputFiles output(String task);

  /** Where a file of the seed lies on the node, whether it was written or not. */
  Path seedFile(UUID task, int index);

  /** Writes the files of a seed, owned by root. */
  void writeSeedFiles(UUID task, List<SeedFile> files);

  /** The directory that is mounted at {@code /run/secrets}, whether it was written or not. */
  Path secretsDirectory(UUID task);

  /**
   * Copies secrets for a task, readable by it alone.
   *
   * @param sources where each lies on the node, by the name of its file
   * @param uid the owner
   */
  void writeSecrets(UUID task, SortedMap<String, Path> sources, int uid, int gid);

  /** Removes all files of a task. */
  void remove(String task, UUID uuid);

  /** The tasks of which files are there. */
  List<String> tasks();
}
