package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.task.User;

/** Files of a task that lie on the node: its output, the files of its seed, its secrets. */
public interface TaskFiles {

  /** Where the output of a task goes, whether the files are there or not. */
  OutputFiles output(String task);

  /** Makes sure that the two output files exist, empty or as they are. */
  @Effect
  OutputFiles createOutput(String task);

  /** Where a file of the seed lies on the node, whether it was written or not. */
  Path seedFile(String task, int index);

  /** Writes the files of a seed, owned by root. Replaces what is there. */
  @Effect
  void writeSeedFiles(String task, List<SeedFile> files);

  /** The directory that is mounted at {@code /run/secrets}, whether it was written or not. */
  Path secretsDirectory(String task);

  /**
   * Copies secrets for a task, readable by its user alone. Replaces what is there.
   *
   * @param sources the file of the node that holds each, by the name that it gets
   */
  @Effect
  void writeSecrets(String task, SortedMap<String, String> sources, User owner);

  /** Removes all files of a task. */
  @Effect
  void remove(String task);

  /** The tasks of which files are there. */
  List<String> tasks();
}
