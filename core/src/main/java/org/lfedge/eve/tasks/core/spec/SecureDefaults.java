package org.lfedge.eve.tasks.core.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Capabilities;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Cpu;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.DeviceRule;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Linux;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Memory;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Mount;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Namespace;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Pids;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Program;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Resources;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Root;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** What every task starts from: the usual isolation of a container. */
final class SecureDefaults {

  /** Where containerd mounts the root, below the bundle. */
  static final String ROOT_PATH = "rootfs";

  /**
   * Processes and threads of a task. Enough for a JVM or a virtual machine with many devices, and
   * an eighth of the PIDs of a small node (kernel.pid_max 32768).
   */
  static final long PIDS_LIMIT = 4096;

  /** The period of the CPU quota in microseconds; the kernel's default. */
  static final long CPU_PERIOD = 100_000;

  /** The kernel refuses smaller quotas, in microseconds. */
  private static final long MIN_CPU_QUOTA = 1_000;

  /** The range of CPU weights on cgroup v1; 1024 stands for one CPU. */
  private static final long MIN_SHARES = 2;

  private static final long MAX_SHARES = 262_144;

  /** By the names of the OCI spec; "mount" has no counterpart that a seed could share. */
  static final SortedMap<String, org.lfedge.eve.tasks.spi.seed.Namespace> SHAREABLE =
      SortedCopies.mapOf(
          Map.of(
              "cgroup", org.lfedge.eve.tasks.spi.seed.Namespace.CGROUP,
              "ipc", org.lfedge.eve.tasks.spi.seed.Namespace.IPC,
              "network", org.lfedge.eve.tasks.spi.seed.Namespace.NETWORK,
              "pid", org.lfedge.eve.tasks.spi.seed.Namespace.PID,
              "uts", org.lfedge.eve.tasks.spi.seed.Namespace.UTS));

  /** All that a task has for itself. */
  static final List<String> NAMESPACES = List.of("pid", "ipc", "uts", "mount", "network", "cgroup");

  /** The file systems that every task has; the sizes are Docker's. */
  static final List<Mount> MOUNTS =
      List.of(
          Mount.of("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")),
          Mount.of(
              "/dev",
              "tmpfs",
              "tmpfs",
              List.of("nosuid", "strictatime", "mode=755", "size=65536k")),
          Mount.of(
              "/dev/pts",
              "devpts",
              "devpts",
              List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
          Mount.of(
              "/dev/shm",
              "tmpfs",
              "shm",
              List.of("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")),
          Mount.of("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
          Mount.of("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro")),
          Mount.of(
              "/sys/fs/cgroup",
              "cgroup",
              "cgroup",
              List.of("nosuid", "noexec", "nodev", "relatime", "ro")));

  /** Files of /proc and /sys that tell of the node, or reach it; as Docker masks them. */
  static final List<String> MASKED_PATHS =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware");

  /** Directories of /proc by which the node could be changed; as Docker has them. */
  static final List<String> READONLY_PATHS =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  /** No device, but for those that every program expects. */
  static final List<DeviceRule> DEVICE_RULES =
      List.of(
          new DeviceRule(false, null, null, null, "rwm", Map.of()),
          character(1, 3L), // null
          character(1, 5L), // zero
          character(1, 7L), // full
          character(1, 8L), // random
          character(1, 9L), // urandom
          character(5, 0L), // tty
          character(5, 2L), // ptmx
          new DeviceRule(true, "c", 136L, null, "rwm", Map.of())); // pts/*

  private SecureDefaults() {}

  private static DeviceRule character(long major, Long minor) {
    return new DeviceRule(true, "c", major, minor, "rwm", Map.of());
  }

  /** The spec that a patch is applied to: without resources, which no patch decides. */
  static RuntimeSpec spec(SpecInputs inputs) {
    List<String> usual = List.copyOf(Grants.USUAL_CAPABILITIES);
    return new RuntimeSpec(
        RuntimeSpec.OCI_VERSION,
        new Program(
            false,
            null,
            List.of(),
            List.of(),
            null,
            new Capabilities(usual, usual, List.of(), usual, List.of(), Map.of()),
            List.of(),
            true,
            null,
            Map.of()),
        new Root(ROOT_PATH, false, Map.of()),
        inputs.name(),
        MOUNTS,
        SortedCopies.mapOf(Map.of()),
        new Linux(
            List.of(),
            List.of(),
            SortedCopies.mapOf(Map.of()),
            null,
            null,
            NAMESPACES.stream().map(type -> new Namespace(type, null, Map.of())).toList(),
            SeccompProfile.of(inputs.architecture(), Grants.USUAL_CAPABILITIES),
            MASKED_PATHS,
            READONLY_PATHS,
            Map.of()),
        Map.of());
  }

  /**
   * The limits of a task's cgroup. There is no swap beyond the memory limit, so that a task that
   * needs more than it asked for is told, and does not slow down the node. The quota of the CPU is
   * a hundredth of one at least, because the kernel takes no less. Which CPUs it may use depends on
   * what other tasks pin, and is added by {@link SpecResources#withCpus}.
   */
  static Resources resources(SpecInputs inputs, long pids) {
    long quota = Math.max(MIN_CPU_QUOTA, inputs.milliCpus() * CPU_PERIOD / 1000);
    long shares = Math.max(MIN_SHARES, Math.min(MAX_SHARES, inputs.milliCpus() * 1024L / 1000));
    return new Resources(
        DEVICE_RULES,
        new Memory(inputs.memoryBytes(), inputs.memoryBytes(), Map.of()),
        new Cpu(shares, quota, CPU_PERIOD, null, Map.of()),
        new Pids(pids, Map.of()),
        Map.of());
  }

  /** The namespaces of a task but for those of the node that it shares. */
  static List<Namespace> namespaces(
      SpecInputs inputs, Iterable<org.lfedge.eve.tasks.spi.seed.Namespace> shared) {
    List<Namespace> own = new ArrayList<>();
    for (String type : NAMESPACES) {
      String path = type.equals("network") ? inputs.networkNamespace().toString() : null;
      own.add(new Namespace(type, path, Map.of()));
    }
    inputs
        .users()
        .ifPresent(users -> own.add(new Namespace("user", users.namespace().toString(), Map.of())));
    shared.forEach(namespace -> own.removeIf(mine -> namespace.equals(SHAREABLE.get(mine.type()))));
    return own;
  }
}
