package org.lfedge.eve.tasks.executor.jvm;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** The volumes of a task as a program sees them: directories and files at their targets. */
final class JvmVolumes {

  static final String TMP = "/tmp";

  /** What the JVM, or the way in which it is started, needs where it is. */
  private static final List<String> RESERVED =
      List.of("/opt/java", "/usr/lib", "/bin", "/lib", "/lib64", "/run/task", JvmExecutor.STATE);

  private JvmVolumes() {}

  /** All but data of cloud-init, of which the core makes variables and files. */
  static List<Mount> of(List<Volume> volumes) throws SeedException {
    List<Mount> mounts = new ArrayList<>();
    for (int i = 0; i < volumes.size(); i++) {
      if (!volumes.get(i).mayBeLeftOut()) {
        mounts.add(mount("volumes[" + i + "]", volumes.get(i)));
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
              + " is a disk that only a virtual machine can use; give a JAR a directory or a file");
    }
    if (volume.target().isEmpty()) {
      throw new SeedException(
          "VOLUME_WITHOUT_TARGET",
          path,
          "volume "
              + volume.name()
              + " has no target; say where the program is to see it, as target: /data");
    }
    String target = volume.target().get();
    for (String reserved : RESERVED) {
      if (isWithin(target, reserved) || isWithin(reserved, target)) {
        throw taken(path, target, reserved);
      }
    }
    if (isWithin(JvmExecutor.ROOT, target)) {
      throw taken(path, target, JvmExecutor.ROOT);
    }
    View view = volume.views().contains(View.FILESYSTEM) ? View.FILESYSTEM : View.FILE;
    return new Mount(new Source.OfVolume(volume.name(), view), target, volume.readOnly());
  }

  private static SeedException taken(String path, String target, String reserved) {
    return new SeedException(
        "TARGET_RESERVED",
        path + ".target",
        "a volume at "
            + target
            + " would hide "
            + reserved
            + ", without which the JAR does not start; give it another target, such as /data or "
            + JvmExecutor.ROOT
            + "/lib");
  }

  private static boolean isWithin(String path, String place) {
    return path.equals(place) || place.equals("/") || path.startsWith(place + "/");
  }
}
