package org.lfedge.eve.tasks.executor.xen;

import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.guest.GuestVolumes;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * What a domain is, once the document, the image and the node have had their say.
 *
 * @param memoryMib its memory at first
 * @param maxMemoryMib to which it may grow
 * @param cpus how many it has
 * @param cap how much of them it may use in all, in hundredths of a CPU; empty for all of it
 * @param boot the kernel that it starts; empty for what a firmware finds
 * @param isProgram whether it is one program of an image
 */
record Domain(
    DomainType type,
    long memoryMib,
    long maxMemoryMib,
    int cpus,
    Optional<Integer> cap,
    Optional<Boot> boot,
    boolean isProgram,
    DomainOptions options,
    GuestVolumes volumes) {

  /**
   * A kernel, or what takes the place of one.
   *
   * @param kernel a file in the root of the anchor
   * @param initrd likewise
   */
  record Boot(String kernel, Optional<String> initrd, Optional<String> commandLine) {}

  /** Linux and an initramfs need about as much to tell that it is not enough. */
  static final long MIN_MEMORY = 32L << 20;

  /** The most of a domain with a firmware; others may have more, and no node of ours has. */
  static final int MAX_CPUS = 128;

  private static final String GUEST = "/usr/lib/taskmanager/guest/";

  /**
   * For the guest kernel of the tools: it says nothing, since the console is the program's, and
   * ends at once after a panic.
   */
  private static final String QUIET = " quiet loglevel=1 panic=-1";

  /** Decides on all of it. */
  static Domain of(SeedRequest request, DomainOptions options, GuestVolumes volumes)
      throws SeedException {
    TaskConfig task = request.task();
    boolean isProgram = GuestVolumes.isProgram(task.root());
    requireOptions(options.guest(), isProgram);
    requirePlatform(request);
    boolean hasKernel = isProgram || volumes.kernel().isPresent();
    DomainType type = type(request, options, hasKernel, volumes);
    if (task.resources().memoryBytes() < MIN_MEMORY) {
      throw new SeedException(
          "MEMORY_TOO_SMALL",
          "resources.memory",
          "a domain needs at least "
              + (MIN_MEMORY >> 20)
              + "MiB of memory, and the task has "
              + task.resources().memoryBytes()
              + " bytes; give it more");
    }
    int milliCpus = task.resources().milliCpus();
    int cpus = (milliCpus + 999) / 1000;
    if (cpus > MAX_CPUS) {
      throw new SeedException(
          "TOO_MANY_CPUS",
          "resources.cpus",
          "a domain has at most " + MAX_CPUS + " CPUs; lower resources.cpus");
    }
    long memoryMib = task.resources().memoryBytes() >> 20;
    return new Domain(
        type,
        memoryMib,
        options.maxMemoryMib().orElse(memoryMib),
        cpus,
        milliCpus % 1000 == 0 ? Optional.empty() : Optional.of(Math.max(1, milliCpus / 10)),
        boot(task.root(), type, isProgram, options.guest(), volumes),
        isProgram,
        options,
        volumes);
  }

  private static void requireOptions(GuestOptions options, boolean isProgram) throws SeedException {
    if (!isProgram) {
      return;
    }
    if (options.kernel().isPresent()) {
      throw GuestOptions.notForPrograms(GuestOptions.KERNEL);
    }
    if (options.initrd().isPresent()) {
      throw GuestOptions.notForPrograms(GuestOptions.INITRD);
    }
    if (options.commandLine().isPresent()) {
      throw GuestOptions.notForPrograms(GuestOptions.COMMAND_LINE);
    }
  }

  private static void requirePlatform(SeedRequest request) throws SeedException {
    if (request.task().root().kind() != Root.Kind.IMAGE) {
      return;
    }
    ResolvedImage image =
        request
            .image()
            .orElseThrow(() -> new SeedException("NO_IMAGE", "root.image", "there is no image"));
    if (!image.os().equals("linux") || !image.architecture().equals("amd64")) {
      throw new SeedException(
          "WRONG_PLATFORM",
          "root.image",
          "the image is for "
              + image.os()
              + "/"
              + image.architecture()
              + ", and domains are for linux/amd64; use an image for that, or the executor qemu");
    }
  }

  private static DomainType type(
      SeedRequest request, DomainOptions options, boolean hasKernel, GuestVolumes volumes)
      throws SeedException {
    SortedSet<String> capabilities = XenNode.of(request).capabilities();
    boolean isCd = request.task().root() instanceof Root.File file && file.format().equals("iso");
    boolean isReader = volumes.disks().stream().anyMatch(GuestVolumes.Disk::readOnly);
    DomainType ofKernel = isReader && capabilities.contains("pv") ? DomainType.PV : DomainType.PVH;
    DomainType usual =
        !capabilities.contains("hvm") ? DomainType.PV : hasKernel ? ofKernel : DomainType.HVM;
    DomainType type = options.type().orElse(usual);
    if (!capabilities.contains(type == DomainType.PV ? "pv" : "hvm")) {
      throw GuestOptions.bad(
          "type",
          "is "
              + type.word()
              + ", which this node cannot do: its hypervisor has "
              + String.join(", ", capabilities));
    }
    if (isCd && type != DomainType.HVM && !hasKernel) {
      throw GuestOptions.bad(
          "type", "is " + type.word() + ", and a domain starts from a CD as hvm alone");
    }
    if (type == DomainType.PVH && !request.task().devices().isEmpty()) {
      throw GuestOptions.bad("type", "is pvh, which can have no devices of the node: use hvm");
    }
    return type;
  }

  private static Optional<Boot> boot(
      Root root, DomainType type, boolean isProgram, GuestOptions options, GuestVolumes volumes)
      throws SeedException {
    String console = "console=" + type.terminal();
    if (isProgram) {
      return Optional.of(
          new Boot(GUEST + "vmlinuz", Optional.of(GUEST + "initrd"), Optional.of(console + QUIET)));
    }
    if (volumes.kernel().isPresent()) {
      return Optional.of(
          new Boot(
              volumes.kernel().get(),
              volumes.initrd(),
              Optional.of(options.commandLine().orElse(console))));
    }
    if (volumes.initrd().isPresent()) {
      throw GuestOptions.bad(GuestOptions.INITRD, "is for a kernel, and there is none");
    }
    if (options.commandLine().isPresent()) {
      throw GuestOptions.bad(GuestOptions.COMMAND_LINE, "is for a kernel, and there is none");
    }
    if (root.kind() == Root.Kind.NONE) {
      throw new SeedException(
          "NO_KERNEL",
          "options.kernel",
          "the task has no root to start from; give a disk as root, or a volume that is a file with"
              + " a kernel and its name as options.kernel");
    }
    return type == DomainType.HVM
        ? Optional.empty()
        : Optional.of(new Boot(type.bootLoader(), Optional.empty(), Optional.empty()));
  }

  /** What is shared with the guest, by the tags that it mounts: directories of the anchor. */
  List<Share> shares() {
    if (isProgram) {
      return List.of(
          new Share(GuestVolumes.SHARE_TAG, GuestVolumes.SHARE),
          new Share("root", GuestVolumes.SHARE + "/root"));
    }
    return volumes.share()
        ? List.of(new Share(GuestVolumes.SHARE_TAG, GuestVolumes.SHARE))
        : List.of();
  }

  /** A directory that is shared. */
  record Share(String tag, String directory) {}

  /**
   * Whether xl itself loads the kernel; a PC has its device model do so, a boot loader the guest.
   */
  boolean isUnpackedByXl() {
    return type != DomainType.HVM && (isProgram || volumes.kernel().isPresent());
  }

  /** Whether QEMU serves it: disks, directories, a screen, or all of a PC. */
  boolean hasDeviceModel() {
    return type == DomainType.HVM
        || !volumes.disks().isEmpty()
        || !shares().isEmpty()
        || options.guest().vnc().isPresent();
  }
}
