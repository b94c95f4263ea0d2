package org.lfedge.eve.tasks.core.volume;

import java.nio.file.Files;
import java.nio.file.Path;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;

/** Volumes with the names and addresses on a network; nobody but the daemon writes to them. */
final class NetworkNames {

  private final Path directory;
  private final MountPoints points;

  NetworkNames(Path directory, MountPoints points) {
    this.directory = directory;
    this.points = points;
  }

  void check(String what, String network) {
    if (!Files.isDirectory(directory.resolve(network))) {
      throw TaskException.notFound(
          Problem.user(
              "NAMES_NOT_SERVED",
              what
                  + ": no names are kept of network "
                  + network
                  + "; it must be a bridge of the node's config, which must have a nameService"));
    }
  }

  void prepare(String task, String volume, String what, String network) {
    check(what, network);
    try (Staged staged =
        points.stage(
            task,
            "mount the names on network " + network + " for " + what,
            true,
            HostSources.bindCommand(directory.resolve(network), false))) {
      staged.moveTo(task, volume, true);
    }
  }
}
