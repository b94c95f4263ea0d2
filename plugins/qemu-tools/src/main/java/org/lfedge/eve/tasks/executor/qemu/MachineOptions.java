package org.lfedge.eve.tasks.executor.qemu;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.guest.GuestProgram;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * What a document says of a machine under {@code options:}. The core has checked the types; here
 * the values are.
 *
 * @param architecture of the guest, if the document names one
 * @param machine type of the machine, if the document names one
 * @param uefi whether the firmware is UEFI, if the document says so
 * @param cpuModel in QEMU's words, if the document names one
 * @param directCache whether disks bypass the page cache of the node
 * @param guest what is the same for guests of other executors
 * @param vncPasswordFile below {@code /run/secrets}
 */
record MachineOptions(
    Optional<Architecture> architecture,
    Optional<String> machine,
    Optional<Boolean> uefi,
    boolean tpm,
    Optional<String> cpuModel,
    Topology topology,
    boolean directCache,
    boolean balloon,
    boolean agent,
    GuestOptions guest,
    Optional<String> vncPasswordFile) {

  /** Sockets, cores in each and threads in each of those. */
  record Topology(int sockets, int cores, int threads) {
    int cpus() {
      return sockets * cores * threads;
    }
  }

  /**
   * The most CPUs of a guest: a PC without interrupt remapping tells them apart by numbers of 8
   * bits, of which one means all. Threads and cores have bits of their own in these numbers.
   */
  static final int MAX_CPUS = 128;

  private static final Pattern CPU_MODEL =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*(,[+-]?[a-z0-9][a-z0-9_.-]*(=[A-Za-z0-9_.-]+)?)*");
  private static final int MAX_CPU_MODEL = 1000;

  /** What the executor declares that others do not. */
  private static final List<Option> OWN =
      List.of(
          Option.oneOf(
              "architecture",
              "The architecture of a guest that starts from a disk, a directory or a kernel, by"
                  + " default that of the node; any other than the node's is emulated. An image says"
                  + " itself what it is for.",
              Architecture.words()),
          Option.optional(
              "machine",
              Option.Type.STRING,
              "The type of machine: q35 (amd64) or virt (arm64), the default, or a version of it such"
                  + " as pc-q35-7.2 or virt-7.2, which stays the same when the tools get newer."),
          Option.oneOf(
              "firmware",
              "bios or uefi, for a guest of its own; the default is bios for amd64, and for arm64 uefi,"
                  + " without which it starts from no disk. UEFI keeps its variables for the task.",
              List.of("bios", "uefi")),
          Option.optional(
              "tpm",
              Option.Type.BOOLEAN,
              "Whether the guest has a TPM 2.0, whose state is kept for the task; default false."),
          Option.optional(
              "cpuModel",
              Option.Type.STRING,
              "The model of the CPU as QEMU names it, with features such as Nehalem,+aes; the default"
                  + " is that of the node with KVM, else max for amd64 and cortex-a72 for arm64."),
          Option.optional(
              "sockets", Option.Type.INTEGER, "Sockets for CPUs in the guest; default 1."),
          Option.optional(
              "cores",
              Option.Type.INTEGER,
              "Cores in each socket; by default as many as it takes for resources.cpus, rounded up."),
          Option.optional(
              "threads", Option.Type.INTEGER, "Hardware threads of each core; default 1."),
          Option.optional(
              "commandLine",
              Option.Type.STRING,
              "The command line of that kernel, by default console=ttyS0 (amd64) or console=ttyAMA0"
                  + " (arm64)."),
          Option.oneOf(
              "cache",
              "none, the default, reads and writes disks past the page cache of the node; writeback"
                  + " uses it, for file systems that cannot do without.",
              List.of("none", "writeback")),
          Option.optional(
              "balloon",
              Option.Type.BOOLEAN,
              "Whether the guest gives memory that it has freed back to the node; default true."),
          Option.optional(
              "agent",
              Option.Type.BOOLEAN,
              "Whether the guest runs the QEMU guest agent: there is a channel for it then, and a stop"
                  + " asks the agent rather than pressing the power button; default false."));

  private static final Option PASSWORD =
      Option.optional(
          "vncPassword",
          Option.Type.STRING,
          "The name of a variable below env whose value is a secret: its file holds the password"
              + " for VNC, up to 8 characters and no line break.");

  /** What the executor declares. */
  static List<Option> declared() {
    return Stream.of(OWN, GuestOptions.KERNELS, List.of(GuestOptions.VNC, PASSWORD))
        .flatMap(List::stream)
        .toList();
  }

  /** Reads and checks them. */
  static MachineOptions of(TaskConfig task) throws SeedException {
    Options options = task.options();
    Optional<String> cpuModel = options.string("cpuModel");
    if (cpuModel.isPresent()
        && (cpuModel.get().length() > MAX_CPU_MODEL
            || !CPU_MODEL.matcher(cpuModel.get()).matches())) {
      throw GuestOptions.bad("cpuModel", "is no model of a CPU, such as Nehalem or Nehalem,+aes");
    }
    GuestOptions guest = GuestOptions.of(task);
    return new MachineOptions(
        options.string("architecture").flatMap(Architecture::of),
        options.string("machine"),
        options.string("firmware").map("uefi"::equals),
        options.bool("tpm").orElse(false),
        cpuModel,
        topology(task),
        !options.string("cache").equals(Optional.of("writeback")),
        options.bool("balloon").orElse(true),
        options.bool("agent").orElse(false),
        guest,
        passwordFile(task, guest));
  }

  private static Topology topology(TaskConfig task) throws SeedException {
    int sockets = count(task.options(), "sockets", 1);
    int threads = count(task.options(), "threads", 1);
    int asked = (task.resources().milliCpus() + 999) / 1000;
    int together = sockets * threads;
    int cores = count(task.options(), "cores", (asked + together - 1) / together);
    if ((long) sockets * slots(cores) * slots(threads) > MAX_CPUS) {
      throw new SeedException(
          "TOO_MANY_CPUS",
          "options.cores",
          "a machine has no numbers for "
              + sockets
              + " x "
              + cores
              + " x "
              + threads
              + " CPUs (sockets, cores, threads), only for "
              + MAX_CPUS
              + ", where cores and threads count as the next power of two; lower resources.cpus, or"
              + " give fewer of them");
    }
    return new Topology(sockets, cores, threads);
  }

  /** How many numbers are set apart for so many CPUs: as many as there are in the bits for them. */
  private static int slots(int count) {
    return count == 1 ? 1 : 2 * Integer.highestOneBit(count - 1);
  }

  private static int count(Options options, String name, int ifNone) throws SeedException {
    OptionalLong value = options.integer(name);
    if (value.isEmpty()) {
      return ifNone;
    }
    if (value.getAsLong() < 1 || value.getAsLong() > MAX_CPUS) {
      throw GuestOptions.bad(name, "must be 1 to " + MAX_CPUS);
    }
    return (int) value.getAsLong();
  }

  private static Optional<String> passwordFile(TaskConfig task, GuestOptions guest)
      throws SeedException {
    Optional<String> variable = task.options().string("vncPassword");
    if (variable.isEmpty()) {
      return Optional.empty();
    }
    if (guest.vnc().isEmpty()) {
      throw GuestOptions.bad(
          "vncPassword", "is for VNC, which the task does not ask for: give options.vnc too");
    }
    String file = task.env().getOrDefault(variable.get(), "");
    if (!file.startsWith(GuestProgram.SECRETS)) {
      throw GuestOptions.bad(
          "vncPassword", "names no variable below env that is a secret: {secret: {file: PATH}}");
    }
    return Optional.of(file);
  }
}
