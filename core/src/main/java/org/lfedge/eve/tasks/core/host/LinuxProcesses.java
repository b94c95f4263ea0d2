package org.lfedge.eve.tasks.core.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.port.Processes;

/** Reads {@code /proc} and the cgroup file systems, version 1 and 2. */
public final class LinuxProcesses implements Processes {

  /** The files with limits, by the v1 controller in whose tree they lie. */
  private static final SortedMap<String, List<String>> V1_LIMITS =
      new TreeMap<>(
          Map.of(
              "memory", List.of("memory.limit_in_bytes"),
              "cpu", List.of("cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.shares"),
              "cpuset", List.of("cpuset.cpus"),
              "pids", List.of("pids.max")));

  private static final List<String> V2_LIMITS =
      List.of("memory.max", "cpu.max", "cpu.weight", "cpuset.cpus", "pids.max");

  private final CgroupMounts mounts;

  /** Uses the cgroup file systems that are mounted. */
  public LinuxProcesses(CgroupMounts mounts) {
    this.mounts = mounts;
  }

  @Override
  public OptionalLong startTime(int pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Integer.toString(pid), "stat"));
      // The second field is the program's name in parentheses and may itself hold both.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      if (fields[0].equals("Z")) {
        // It has ended, and whoever started it has not asked how.
        return OptionalLong.empty();
      }
      return OptionalLong.of(Long.parseLong(fields[22 - 3]));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  @Override
  public Optional<String> cgroup(int pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", Integer.toString(pid), "cgroup"))) {
        String[] parts = line.split(":", 3);
        boolean wanted =
            mounts.version() == 2
                ? "0".equals(parts[0])
                : List.of(parts[1].split(",")).contains("memory");
        if (wanted) {
          return Optional.of(parts[2]);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public SortedMap<String, String> limits(String cgroup) {
    SortedMap<String, String> limits = new TreeMap<>();
    if (mounts.version() == 2) {
      V2_LIMITS.forEach(file -> read("", cgroup, file).ifPresent(text -> limits.put(file, text)));
    } else {
      V1_LIMITS.forEach(
          (controller, files) ->
              files.forEach(
                  file ->
                      read(controller, cgroup, file).ifPresent(text -> limits.put(file, text))));
    }
    return Collections.unmodifiableSortedMap(limits);
  }

  @Override
  public Optional<String> cpus(String cgroup) {
    return mounts.version() == 2
        ? read("", cgroup, "cpuset.cpus.effective")
        : read("cpuset", cgroup, "cpuset.cpus");
  }

  @Override
  public OptionalLong memoryUsage(String cgroup) {
    Optional<String> text =
        mounts.version() == 2
            ? read("", cgroup, "memory.current")
            : read("memory", cgroup, "memory.usage_in_bytes");
    return text.isPresent() ? OptionalLong.of(Long.parseLong(text.get())) : OptionalLong.empty();
  }

  @Override
  public OptionalLong oomKills(String cgroup) {
    Optional<String> counters =
        mounts.version() == 2
            ? read("", cgroup, "memory.events")
            : read("memory", cgroup, "memory.oom_control");
    return counters.map(text -> counter(text, "oom_kill")).orElse(OptionalLong.empty());
  }

  /**
   * The memory of a cgroup that is not page cache, in bytes: anonymous, shared and kernel memory.
   * Empty if there is no such cgroup.
   */
  OptionalLong unreclaimable(String cgroup) {
    boolean unified = mounts.version() == 2;
    Optional<String> stat = read(unified ? "" : "memory", cgroup, "memory.stat");
    if (stat.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!unified) {
      // Kernel memory is not in the statistics of version 1, but in a file of its own.
      long kernel =
          read("memory", cgroup, "memory.kmem.usage_in_bytes").map(Long::parseLong).orElse(0L);
      return OptionalLong.of(sum(stat.get(), "total_rss", "total_shmem") + kernel);
    }
    long processes = sum(stat.get(), "anon", "shmem");
    OptionalLong kernel = counter(stat.get(), "kernel");
    // Kernels before 5.18 have the parts alone.
    return OptionalLong.of(
        processes
            + (kernel.isPresent()
                ? kernel.getAsLong()
                : sum(stat.get(), "kernel_stack", "pagetables", "percpu", "sock", "slab")));
  }

  private static long sum(String text, String... names) {
    long sum = 0;
    for (String name : names) {
      sum += counter(text, name).orElse(0);
    }
    return sum;
  }

  /** A value of a file with a name and a number on each line. */
  static OptionalLong counter(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1).strip()))
        .findFirst();
  }

  private Optional<String> read(String controller, String cgroup, String file) {
    Optional<Path> root = mounts.controller(controller);
    if (root.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          Files.readString(root.get().resolve(cgroup.substring(1)).resolve(file)).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
