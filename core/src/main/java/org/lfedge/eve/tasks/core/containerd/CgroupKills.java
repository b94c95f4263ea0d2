package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether the kernel killed a process of a container for want of memory. The kernel's counter in
 * the container's cgroup is there until the task is deleted, so it is exact where containerd's
 * out-of-memory event may come late, or while nobody listens.
 */
final class CgroupKills {

  private static final String COUNTER = "oom_kill ";

  private final Path cgroups;

  /**
   * Reads below a mount point.
   *
   * @param cgroups where the cgroup file systems are mounted, {@code /sys/fs/cgroup}
   */
  CgroupKills(Path cgroups) {
    this.cgroups = cgroups;
  }

  /**
   * Whether the counter is above zero; no if there is no such cgroup.
   *
   * @param cgroup absolute path below the mount point
   */
  boolean any(String cgroup) {
    if (!cgroup.startsWith("/")) {
      return false;
    }
    String relative = cgroup.substring(1);
    return counts(cgroups.resolve("memory").resolve(relative).resolve("memory.oom_control"))
        || counts(cgroups.resolve(relative).resolve("memory.events"));
  }

  private static boolean counts(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      return lines.stream()
          .filter(line -> line.startsWith(COUNTER))
          .anyMatch(line -> Long.parseLong(line.substring(COUNTER.length()).strip()) > 0);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
