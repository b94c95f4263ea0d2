package org.lfedge.eve.tasks.core.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Where the cgroup file systems are mounted. */
public final class CgroupMounts {

  private final SortedMap<String, Path> controllers = new TreeMap<>();

  private CgroupMounts() {}

  /**
   * Reads the mounts of this process.
   *
   * @throws TaskException if neither version has a memory controller
   */
  public static CgroupMounts find() {
    try {
      return parse(Files.readAllLines(Path.of("/proc/self/mountinfo")));
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("NO_CGROUPS", "cannot read /proc/self/mountinfo: " + e.getMessage()), e);
    }
  }

  /**
   * Version 1 counts if its memory controller is mounted, since then version 2 has none; a v2 tree
   * beside it (systemd's hybrid) is of no use for limits.
   */
  static CgroupMounts parse(List<String> mountinfo) {
    CgroupMounts mounts = new CgroupMounts();
    for (String line : mountinfo) {
      // 36 35 98:0 /root /mount/point options [optional fields] - type source superoptions
      int dash = line.indexOf(" - ");
      String[] left = line.substring(0, dash).split(" ");
      String[] right = line.substring(dash + 3).split(" ");
      Path point = Path.of(left[4]);
      if (right[0].equals("cgroup2")) {
        mounts.controllers.putIfAbsent("", point);
      } else if (right[0].equals("cgroup")) {
        for (String option : right[right.length - 1].split(",")) {
          mounts.controllers.putIfAbsent(option, point);
        }
      }
    }
    if (mounts.controller("memory").isEmpty() && mounts.controller("").isEmpty()) {
      throw TaskException.failed(
          Problem.host(
              "NO_CGROUPS",
              "no cgroup file system with a memory controller is mounted; mount cgroup2 on"
                  + " /sys/fs/cgroup"));
    }
    return mounts;
  }

  /** 1 or 2. */
  public int version() {
    return controllers.containsKey("memory") ? 1 : 2;
  }

  /** The root of a v1 controller's tree, or of the v2 tree for the empty name. */
  Optional<Path> controller(String name) {
    return Optional.ofNullable(controllers.get(name));
  }
}
