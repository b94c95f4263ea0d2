package org.lfedge.eve.tasks.core.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.admission.CpuSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** Finds out what the node can do. */
public final class HostInspection {

  private HostInspection() {}

  private record Facts(
      String architecture,
      String kernel,
      int cgroupVersion,
      int cpus,
      long memoryBytes,
      SortedMap<String, String> accelerators,
      Optional<Hypervisor> hypervisor)
      implements HostFacts {}

  /**
   * Looks at the node once.
   *
   * @throws TaskException if {@code /proc} or {@code /sys} cannot be read
   */
  public static HostFacts inspect(CgroupMounts cgroups, Xen xen) {
    try {
      String cpuinfo = Files.readString(Path.of("/proc/cpuinfo"));
      SortedMap<String, String> accelerators = new TreeMap<>();
      accelerators.put("kvm", kvm(cpuinfo));
      accelerators.put("xen", xen.status());
      return new Facts(
          architecture(System.getProperty("os.arch")),
          Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip(),
          cgroups.version(),
          onlineCpus().size(),
          memoryBytes(Files.readString(Path.of("/proc/meminfo"))),
          SortedCopies.mapOf(accelerators),
          xen.facts());
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("HOST_INSPECTION", "cannot inspect the node: " + e), e);
    }
  }

  /**
   * A name of the present boot that no other has.
   *
   * @throws TaskException if {@code /proc} cannot be read
   */
  public static String bootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("HOST_INSPECTION", "cannot tell this boot from others: " + e), e);
    }
  }

  /**
   * What the node calls itself.
   *
   * @throws TaskException if {@code /proc} cannot be read
   */
  public static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("HOST_INSPECTION", "cannot tell the name of the node: " + e), e);
    }
  }

  /** Go's word for an architecture that Java names. */
  static String architecture(String java) {
    return switch (java.toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64", "arm64" -> "arm64";
      default -> java;
    };
  }

  /**
   * The CPUs that are online. Java's own count is no measure of the node: it follows the limits of
   * the daemon's cgroup.
   *
   * @throws TaskException if {@code /sys} cannot be read
   */
  public static CpuSet onlineCpus() {
    try {
      return CpuSet.parse(Files.readString(Path.of("/sys/devices/system/cpu/online")));
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("HOST_INSPECTION", "cannot inspect the node: " + e), e);
    }
  }

  static long memoryBytes(String meminfo) {
    for (String line : meminfo.split("\n")) {
      if (line.startsWith("MemTotal:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw TaskException.failed(
        Problem.host("HOST_INSPECTION", "/proc/meminfo has no MemTotal; is /proc mounted?"));
  }

  /**
   * Whether KVM works, which the device file alone does not tell: some hosts have {@code /dev/kvm}
   * and a CPU that cannot virtualise, and a guest then hangs. On arm64 the kernel makes the device
   * only where it started in EL2.
   */
  private static String kvm(String cpuinfo) {
    if (!Files.isReadable(Path.of("/dev/kvm"))) {
      return "no /dev/kvm";
    }
    boolean intelOrAmd = cpuinfo.contains("vendor_id");
    if (intelOrAmd && !cpuinfo.matches("(?s).*\\bflags\\b[^\\n]*\\b(vmx|svm)\\b.*")) {
      return "/dev/kvm exists, but the CPU shows neither vmx nor svm";
    }
    return "ok";
  }
}
