package org.lfedge.eve.tasks.executor.qemu;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.guest.GuestVolumes;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * What a guest is, once the document, the image and the node have had their say.
 *
 * @param kvm whether the node's CPUs run it themselves; else they are emulated
 * @param uefi whether it has UEFI
 * @param memoryMib its memory, in MiB
 * @param machine the type of its machine
 * @param cpuModel in QEMU's words
 * @param boot the kernel that is started without a boot loader
 * @param isProgram whether it is one program of an image
 */
record Guest(
    Architecture architecture,
    boolean kvm,
    boolean uefi,
    long memoryMib,
    String machine,
    String cpuModel,
    Optional<Boot> boot,
    boolean isProgram,
    MachineOptions options,
    GuestVolumes volumes) {

  /**
   * A kernel.
   *
   * @param kernel a file in the root of the anchor
   * @param initrd likewise
   */
  record Boot(String kernel, Optional<String> initrd, String commandLine) {}

  /** Linux and an initramfs need about as much to tell that it is not enough. */
  static final long MIN_MEMORY = 32L << 20;

  /**
   * For the guest kernel of the tools: it says nothing, since the console is the program's, and
   * starts again at once after a panic, which ends the machine.
   */
  private static final String QUIET = " quiet loglevel=1 panic=-1";

  /** Decides on all of it. */
  static Guest of(SeedRequest request, MachineOptions options, GuestVolumes volumes)
      throws SeedException {
    TaskConfig task = request.task();
    Root.Kind root = task.root().kind();
    boolean isProgram = GuestVolumes.isProgram(task.root());
    if (isProgram) {
      refuseOptionsOfOtherGuests(options);
    }
    Architecture architecture = architecture(request, options);
    String node = request.host().architecture();
    boolean kvm =
        architecture.word().equals(node) && "ok".equals(request.host().accelerators().get("kvm"));
    if (task.resources().memoryBytes() < MIN_MEMORY) {
      throw new SeedException(
          "MEMORY_TOO_SMALL",
          "resources.memory",
          "a machine needs at least "
              + (MIN_MEMORY >> 20)
              + "MiB of memory, and the task has "
              + task.resources().memoryBytes()
              + " bytes; give it more");
    }
    String machine = options.machine().orElse(architecture.machine());
    if (!architecture.hasMachine(machine)) {
      throw GuestOptions.bad(
          "machine",
          "must be "
              + architecture.machine()
              + " or a version of it, for a guest of architecture "
              + architecture.word());
    }
    boolean isMax = !kvm && architecture == Architecture.AMD64 && options.cpuModel().isEmpty();
    if (isMax && options.topology().threads() > 1) {
      throw GuestOptions.bad(
          "threads",
          "must be 1 for the emulated CPU max, whose cores have one thread; name another model as"
              + " options.cpuModel, such as Nehalem");
    }
    Optional<Boot> boot = boot(architecture, isProgram, options, volumes);
    if (root == Root.Kind.NONE && boot.isEmpty()) {
      throw new SeedException(
          "NO_KERNEL",
          "options.kernel",
          "the task has no root to start from; give a disk as root, or a volume that is a file with"
              + " a kernel and its name as options.kernel");
    }
    boolean firmwareOnly = boot.isEmpty() && architecture == Architecture.ARM64;
    if (firmwareOnly && options.uefi().equals(Optional.of(false))) {
      throw GuestOptions.bad(
          "firmware",
          "cannot be bios for an arm64 guest that starts from a disk, which takes uefi");
    }
    return new Guest(
        architecture,
        kvm,
        options.uefi().orElse(firmwareOnly),
        task.resources().memoryBytes() >> 20,
        machine,
        options.cpuModel().orElse(kvm ? "host" : architecture.emulatedCpu()),
        boot,
        isProgram,
        options,
        volumes);
  }

  private static void refuseOptionsOfOtherGuests(MachineOptions options) throws SeedException {
    SortedMap<String, Boolean> given =
        new TreeMap<>(
            Map.of(
                GuestOptions.KERNEL,
                options.guest().kernel().isPresent(),
                GuestOptions.INITRD,
                options.guest().initrd().isPresent(),
                GuestOptions.COMMAND_LINE,
                options.guest().commandLine().isPresent(),
                "firmware",
                options.uefi().isPresent(),
                "agent",
                options.agent()));
    given.values().removeIf(isGiven -> !isGiven);
    if (!given.isEmpty()) {
      throw GuestOptions.notForPrograms(given.firstKey());
    }
  }

  private static Architecture architecture(SeedRequest request, MachineOptions options)
      throws SeedException {
    if (request.task().root().kind() != Root.Kind.IMAGE) {
      Optional<Architecture> ofNode = Architecture.of(request.host().architecture());
      return options
          .architecture()
          .or(() -> ofNode)
          .orElseThrow(
              () ->
                  new SeedException(
                      "WRONG_PLATFORM",
                      "options.architecture",
                      "there are no machines for the architecture of the node, "
                          + request.host().architecture()
                          + "; say what the guest is for, one of "
                          + Architecture.words()));
    }
    ResolvedImage image =
        request
            .image()
            .orElseThrow(() -> new SeedException("NO_IMAGE", "root.image", "there is no image"));
    Optional<Architecture> ofImage = Architecture.of(image.architecture());
    if (!image.os().equals("linux") || ofImage.isEmpty()) {
      throw new SeedException(
          "WRONG_PLATFORM",
          "root.image",
          "the image is for "
              + image.os()
              + "/"
              + image.architecture()
              + ", and there are guests for linux and one of "
              + Architecture.words()
              + "; use an image for that");
    }
    if (options.architecture().isPresent() && !options.architecture().equals(ofImage)) {
      throw GuestOptions.bad(
          "architecture", "is not that of the image, which is for " + image.architecture());
    }
    return ofImage.get();
  }

  private static Optional<Boot> boot(
      Architecture architecture, boolean isProgram, MachineOptions options, GuestVolumes volumes)
      throws SeedException {
    String console = "console=" + architecture.terminal();
    if (isProgram) {
      return Optional.of(
          new Boot(
              architecture.ofGuest("vmlinuz"),
              Optional.of(architecture.ofGuest("initrd")),
              console + QUIET));
    }
    if (volumes.kernel().isEmpty()) {
      if (volumes.initrd().isPresent()) {
        throw GuestOptions.bad(GuestOptions.INITRD, "is for a kernel, and there is none");
      }
      if (options.guest().commandLine().isPresent()) {
        throw GuestOptions.bad("commandLine", "is for a kernel, and there is none");
      }
      return Optional.empty();
    }
    return Optional.of(
        new Boot(
            volumes.kernel().get(),
            volumes.initrd(),
            options.guest().commandLine().orElse(console)));
  }
}
