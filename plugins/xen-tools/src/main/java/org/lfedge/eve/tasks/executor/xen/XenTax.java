package org.lfedge.eve.tasks.executor.xen;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Pool;

/**
 * What a domain costs beside the memory of its guest: in the cgroup of the task, xl and QEMU, and
 * with the hypervisor, what it keeps about the domain.
 */
final class XenTax {

  private static final long MIB = 1L << 20;

  /** xl 4.17 and what it keeps while it waits, and the shell and two programs of the console. */
  static final long XL = 24 * MIB;

  /**
   * What xl takes while it makes a domain of a kernel: 63 MiB for that of Debian 12 unpacked, 33
   * MiB to unpack it. It is given back before QEMU starts.
   */
  static final long KERNEL = 112 * MIB;

  /** QEMU 7.2 as the backend of disks and directories of a guest that has no PC. */
  static final long BACKEND = 64 * MIB;

  /** QEMU 7.2 as a PC for Xen, whose memory it maps as it needs it, and frees again. */
  static final long PC = 96 * MIB;

  /** Requests in flight, and the buffers of their threads. */
  static final long DISK = 2 * MIB;

  static final long INTERFACE = MIB;

  /** Files that a guest has open, and requests in flight. */
  static final long SHARE = 16 * MIB;

  /** The memory of the screen, a part of the guest's. */
  static final long VIDEO_MIB = 16;

  /** VNC's copy of the screen. */
  static final long VIDEO = 32 * MIB;

  static final long DEVICE_OF_NODE = 16 * MIB;

  /** The size of {@code /run}, where xl has its files, and the last of the console. */
  static final long RUN = 4 * MIB;

  /** The size of {@code /run/task}. */
  static final long RUNTIME_DIRECTORY = 2 * MIB;

  /** The size of what is shared with the guest beside directories. */
  static final long SHARE_DIRECTORY = MIB;

  /** The size of the file system with the secrets of the task. */
  static final long SECRETS = MIB;

  /** The domain itself, its grants and events; xl lets it have 1 MiB more than it asks for. */
  static final long DOMAIN = 4 * MIB;

  /** State of a CPU. */
  static final long CPU = MIB / 4;

  private static final long PAGE = 4096;

  /** Emulated devices and backends have threads of their own. */
  static final int MILLI_CPUS = 100;

  private final List<AnchorTax.Part> parts = new ArrayList<>();

  private XenTax() {}

  /** For a domain with so many interfaces. */
  static AnchorTax of(Domain domain, DomainDevices devices, int interfaces, boolean secrets) {
    XenTax tax = new XenTax();
    tax.add("xl", Pool.CGROUP, XL, "xl itself, and the programs that pass the console on");
    if (domain.hasDeviceModel()) {
      boolean isPc = domain.type() == DomainType.HVM;
      tax.add(
          "device-model",
          Pool.CGROUP,
          isPc ? PC : BACKEND,
          "QEMU, as " + (isPc ? "a PC" : "the backend of disks, directories and screens"));
    }
    tax.addIfAny(
        "disks", Pool.CGROUP, domain.volumes().disks().size() * DISK, "requests in flight");
    tax.addIfAny("interfaces", Pool.CGROUP, interfaces * INTERFACE, "queues of packets");
    tax.addIfAny(
        "shares",
        Pool.CGROUP,
        domain.shares().size() * SHARE,
        "files that the guest has open, and requests in flight");
    tax.addIfAny(
        "devices",
        Pool.CGROUP,
        (devices.pci().size() + devices.usb().size() + devices.serial().size()) * DEVICE_OF_NODE,
        "devices of the node: their memory, buffers");
    if (domain.options().guest().vnc().isPresent()) {
      tax.add("video", Pool.CGROUP, VIDEO, "VNC's copy of the screen");
    }
    if (domain.isUnpackedByXl()) {
      tax.addIfAny(
          "kernel",
          Pool.CGROUP,
          KERNEL - tax.laterThanXl(),
          "the kernel, which xl unpacks while it makes the domain, beyond what the parts above"
              + " leave room for, which come after that");
    }
    tax.add(
        "runtime-directory",
        Pool.CGROUP,
        RUN
            + RUNTIME_DIRECTORY
            + (domain.shares().isEmpty() ? 0 : SHARE_DIRECTORY)
            + (secrets ? SECRETS : 0),
        "what /run, /run/task and /share may hold, and the secrets of the task");
    tax.add(
        "domain",
        Pool.HYPERVISOR,
        DOMAIN + domain.cpus() * CPU,
        "what the hypervisor keeps about the domain and its CPUs");
    if (domain.type() != DomainType.PV) {
      tax.add(
          "paging",
          Pool.HYPERVISOR,
          PAGE * (256L * domain.cpus() + 2 * domain.maxMemoryMib()),
          "tables for the guest's memory, as libxl reckons them: 1 MiB for each CPU and 8 KiB for"
              + " each MiB");
    }
    tax.addIfAny(
        "growth",
        Pool.HYPERVISOR,
        (domain.maxMemoryMib() - domain.memoryMib()) * MIB,
        "memory that the domain may grow by (maxMemoryMib)");
    return new AnchorTax(tax.parts, MILLI_CPUS).measured(new Measurement.OfCgroup());
  }

  private long laterThanXl() {
    return parts.stream().skip(1).mapToLong(AnchorTax.Part::bytes).sum();
  }

  private void add(String name, Pool pool, long bytes, String why) {
    parts.add(new AnchorTax.Part(name, pool, bytes, why));
  }

  private void addIfAny(String name, Pool pool, long bytes, String why) {
    if (bytes > 0) {
      add(name, pool, bytes, why);
    }
  }
}
