package org.lfedge.eve.tasks.executor.jvm;

import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.container.VolumeMounts;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.task.Volume;

/** The volumes of a task as a program sees them, none of which hides what it is started with. */
final class JvmVolumes {

  static final String TMP = "/tmp";

  /** What the JVM, or the way in which it is started, needs where it is. */
  private static final List<String> RESERVED =
      List.of("/opt/java", "/usr/lib", "/bin", "/lib", "/lib64", "/run/task", JvmExecutor.STATE);

  private JvmVolumes() {}

  /** All but data of cloud-init, of which the core makes variables and files. */
  static List<Mount> of(List<Volume> volumes) throws SeedException {
    for (int i = 0; i < volumes.size(); i++) {
      if (volumes.get(i).target().isPresent()) {
        check("volumes[" + i + "].target", volumes.get(i).target().get());
      }
    }
    return VolumeMounts.of(volumes);
  }

  private static void check(String path, String target) throws SeedException {
    for (String reserved : RESERVED) {
      if (isWithin(target, reserved) || isWithin(reserved, target)) {
        throw taken(path, target, reserved);
      }
    }
    if (isWithin(JvmExecutor.ROOT, target)) {
      throw taken(path, target, JvmExecutor.ROOT);
    }
  }

  private static SeedException taken(String path, String target, String reserved) {
    return new SeedException(
        "TARGET_RESERVED",
        path,
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
