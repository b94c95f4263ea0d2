package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a change of limits needs to know of cgroups.
 *
 * @param root where the cgroup file systems are mounted, {@code /sys/fs/cgroup}
 */
record LiveCgroups(Path root) {

  /** The CPUs that the parent of a cgroup has, as a list; empty if nobody says. */
  Optional<String> cpusOfParent(Path cgroup) {
    Path parent = Optional.ofNullable(cgroup.getParent()).orElse(Path.of(""));
    return read(root.resolve(parent).resolve("cpuset.cpus.effective"))
        .or(() -> read(root.resolve("cpuset").resolve(parent).resolve("cpuset.cpus")))
        .filter(cpus -> !cpus.isEmpty());
  }

  /**
   * The bytes that a cgroup of version 2 uses and cannot give back: all but page cache and kernel
   * memory of the kind that can be freed. Empty for version 1.
   */
  OptionalLong unreclaimable(Path cgroup) {
    Optional<String> current = read(root.resolve(cgroup).resolve("memory.current"));
    Optional<String> stat = read(root.resolve(cgroup).resolve("memory.stat"));
    if (current.isEmpty() || stat.isEmpty()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        Long.parseLong(current.get())
            - counter(stat.get(), "inactive_file")
            - counter(stat.get(), "active_file")
            - counter(stat.get(), "slab_reclaimable"));
  }

  private static long counter(String stat, String name) {
    return stat.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1).strip()))
        .findFirst()
        .orElse(0);
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      // There is no such cgroup, or the other version of cgroups has this file.
      return Optional.empty();
    }
  }
}
