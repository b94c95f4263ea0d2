package org.lfedge.eve.tasks.executor.qemu;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Pool;

/**
 * What a machine costs beside the memory of its guest. The parts are those of EVE (350 MiB + 20 MiB
 * + 3 MiB for each CPU + 2.5 % of the memory) and of KubeVirt (30 MiB for QEMU, 8 MiB for each CPU,
 * 32 MiB for video, 1/512 of the memory for page tables, 128 MiB for UEFI on arm64, 80 MiB for
 * virtiofsd, 53 MiB for a TPM, 1 GiB for VFIO), but what is not in the task is left out (KubeVirt's
 * launcher and libvirt), and what can be bounded is: QEMU is told the sizes that stand here.
 */
final class QemuTax {

  private static final long MIB = 1L << 20;

  /**
   * A device model without devices, its stacks and its memory in the kernel; QEMU 7.2 was seen to
   * take 15 MiB for itself.
   */
  static final long DEVICE_MODEL = 32 * MIB;

  /** What translated code may take, as QEMU is told; its own choice would be up to 1 GiB. */
  static final long TRANSLATION_BUFFER = 80 * MIB;

  /** What is kept about translated code besides; 20 MiB were seen for a full buffer. */
  static final long TRANSLATION_RECORDS = 24 * MIB;

  /** State and stack of a CPU, and its exits. */
  static final long CPU_KVM = 3 * MIB;

  /** Likewise, with the tables by which an emulated one finds memory. */
  static final long CPU_EMULATED = 8 * MIB;

  /** SeaBIOS, option ROMs and the tables of ACPI. */
  static final long BIOS = 2 * MIB;

  /** Requests in flight, and the buffers of their threads. */
  static final long DISK = 2 * MIB;

  /** What of the tables of a qcow2 is kept, as QEMU is told: enough for 64 GiB. */
  static final long MAX_DISK_TABLES = 8 * MIB;

  /** How much of a qcow2 one byte of its tables stands for, with clusters of 64 KiB. */
  private static final long BYTES_OF_DISK_PER_TABLE_BYTE = 8192;

  static final long INTERFACE = MIB;

  /** What is handed on: page tables for its memory, and the buffers of USB. */
  static final long DEVICE_OF_NODE = 16 * MIB;

  /** The memory of the screen, which QEMU is told, and what VNC makes of it. */
  static final long VIDEO_MEMORY = 16 * MIB;

  static final long VIDEO = 2 * VIDEO_MEMORY;

  /**
   * With 18,000 files that the guest knows it was seen to take 4 MiB; the kernel holds some 1.5 KiB
   * for each of these.
   */
  static final long VIRTIOFSD = 32 * MIB;

  static final long SWTPM = 16 * MIB;

  /** The size of {@code /run/task}. */
  static final long RUNTIME_DIRECTORY = 2 * MIB;

  /** The size of {@code /run}, where virtiofsd has its lock. */
  static final long RUN = MIB;

  /** The size of the file system with the secrets of the task. */
  static final long SECRETS = MIB;

  /** One entry of 8 bytes for each page of 4 KiB. */
  private static final long BYTES_PER_PAGE_TABLE_BYTE = 512;

  /** Emulated devices have a thread of their own beside those of the CPUs. */
  static final int MILLI_CPUS = 100;

  /** What the memory of a guest is called in {@code /proc/PID/smaps}. */
  static final String GUEST_MEMORY = "/memfd:memory-backend-memfd";

  private final List<AnchorTax.Part> parts = new ArrayList<>();

  private QemuTax() {}

  /** For a guest with so many interfaces, and disks with tables of so many bytes. */
  static AnchorTax of(
      Guest guest, GuestDevices devices, int interfaces, long diskTables, boolean secrets) {
    QemuTax tax = new QemuTax();
    tax.add("device-model", DEVICE_MODEL, "QEMU itself, its threads and its memory in the kernel");
    if (!guest.kvm()) {
      tax.add(
          "translation",
          TRANSLATION_BUFFER + TRANSLATION_RECORDS,
          "translated code: a buffer of "
              + (TRANSLATION_BUFFER >> 20)
              + " MiB, as QEMU is told (tb-size), and what is kept about it");
    }
    int cpus = guest.options().topology().cpus();
    long each = guest.kvm() ? CPU_KVM : CPU_EMULATED;
    tax.add("cpus", cpus * each, (each >> 20) + " MiB for each CPU; EVE takes 3, KubeVirt 8");
    tax.add(
        "firmware",
        BIOS + (guest.uefi() ? guest.architecture().firmware().memoryBytes() : 0),
        "SeaBIOS and ROMs, and the images of UEFI where there is one, which QEMU holds in memory");
    tax.addIfAny(
        "disks",
        guest.volumes().disks().size() * DISK + diskTables,
        "requests in flight, and the tables of qcow2 (l2-cache-size)");
    tax.addIfAny("interfaces", interfaces * INTERFACE, "queues of packets");
    tax.addIfAny(
        "devices",
        (devices.pci().size() + devices.usb().size() + devices.serial().size()) * DEVICE_OF_NODE,
        "devices of the node: page tables for their memory, buffers");
    if (guest.options().guest().vnc().isPresent()) {
      tax.add("video", VIDEO, "memory of the screen, and VNC's copy; KubeVirt takes 32 MiB");
    }
    if (guest.volumes().share()) {
      tax.add(
          "virtiofsd", VIRTIOFSD, "the companion that serves directories; KubeVirt takes 80 MiB");
    }
    if (guest.options().tpm()) {
      tax.add("swtpm", SWTPM, "the companion that is a TPM; KubeVirt takes 53 MiB");
    }
    // Every process that maps the guest's memory has tables for it, and so has KVM.
    int mappers = 1 + (guest.kvm() ? 1 : 0) + (guest.volumes().share() ? 1 : 0);
    tax.add(
        "page-tables",
        mappers * ((guest.memoryMib() << 20) / BYTES_PER_PAGE_TABLE_BYTE),
        "1/512 of the guest's memory for each of QEMU, KVM and virtiofsd; KubeVirt takes it once");
    tax.add(
        "runtime-directory",
        RUNTIME_DIRECTORY + RUN + (secrets ? SECRETS : 0),
        "what /run/task and /run may hold, and the secrets of the task");
    return new AnchorTax(tax.parts, MILLI_CPUS).measured(new Measurement.AllBut(GUEST_MEMORY));
  }

  /** What QEMU is to keep of the tables of a disk of so many bytes, in whole MiB. */
  static long diskTables(long diskBytes) {
    long needed = diskBytes / BYTES_OF_DISK_PER_TABLE_BYTE;
    return Math.min(MAX_DISK_TABLES, Math.max(MIB, (needed + MIB - 1) / MIB * MIB));
  }

  private void add(String name, long bytes, String why) {
    parts.add(new AnchorTax.Part(name, Pool.CGROUP, bytes, why));
  }

  private void addIfAny(String name, long bytes, String why) {
    if (bytes > 0) {
      add(name, bytes, why);
    }
  }
}
