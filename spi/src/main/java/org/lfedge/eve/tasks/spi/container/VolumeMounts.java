package org.lfedge.eve.tasks.spi.container;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** The volumes of a task as a program sees them: directories and files at their targets. */
public final class VolumeMounts {

  private VolumeMounts() {}

  /**
   * Mounts all volumes. Data of cloud-init are left to the core, which makes variables and files of
   * them.
   *
   * @throws SeedException with code {@code VOLUME_NOT_MOUNTABLE} or {@code VOLUME_WITHOUT_TARGET}
   *     for a volume that a program could do nothing with
   */
  public static List<Mount> of(List<Volume> volumes) throws SeedException {
    List<Mount> mounts = new ArrayList<>();
    for (int i = 0; i < volumes.size(); i++) {
      Volume volume = volumes.get(i);
      if (!volume.mayBeLeftOut()) {
        mounts.add(mount("volumes[" + i + "]", volume));
      }
    }
    return mounts;
  }

  private static Mount mount(String path, Volume volume) throws SeedException {
    if (!volume.views().contains(View.FILESYSTEM) && !volume.views().contains(View.FILE)) {
      throw new SeedException(
          "VOLUME_NOT_MOUNTABLE",
          path,
          "volume "
              + volume.name()
              + " is a disk that only a virtual machine can use; give a container a directory or a"
              + " file");
    }
    String target =
        volume
            .target()
            .orElseThrow(
                () ->
                    new SeedException(
                        "VOLUME_WITHOUT_TARGET",
                        path,
                        "volume "
                            + volume.name()
                            + " has no target; say where the container is to see it, as target:"
                            + " /data"));
    View view = volume.views().contains(View.FILESYSTEM) ? View.FILESYSTEM : View.FILE;
    return new Mount(new Source.OfVolume(volume.name(), view), target, volume.readOnly());
  }
}
