package org.lfedge.eve.tasks.executor.qemu;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
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
 * @param kernel the name of a volume
 * @param initrd the name of a volume
 * @param vnc where the screen is shown, if at all
 * @param vncPasswordFile below {@code /run/secrets}
 */
record MachineOptions(
    Optional<Architecture> architecture,
    Optional<String> machine,
    Optional<Boolean> uefi,
    boolean tpm,
    Optional<String> cpuModel,
    Topology topology,
    Optional<String> kernel,
    Optional<String> initrd,
    Optional<String> commandLine,
    boolean directCache,
    boolean balloon,
    boolean agent,
    Optional<Vnc> vnc,
    Optional<String> vncPasswordFile) {

  /** Sockets, cores in each and threads in each of those. */
  record Topology(int sockets, int cores, int threads) {
    int cpus() {
      return sockets * cores * threads;
    }
  }

  /** Where a screen is served. */
  enum Vnc {
    UNIX,
    LOOPBACK
  }

  /**
   * The most CPUs of a guest: a PC without interrupt remapping tells them apart by numbers of 8
   * bits, of which one means all. Threads and cores have bits of their own in these numbers.
   */
  static final int MAX_CPUS = 128;

  static final String KERNEL = "kernel";
  static final String INITRD = "initrd";

  private static final String SECRETS = "/run/secrets/";
  private static final Pattern CPU_MODEL =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*(,[+-]?[a-z0-9][a-z0-9_.-]*(=[A-Za-z0-9_.-]+)?)*");
  private static final int MAX_CPU_MODEL = 1000;

  /** A kernel's own limit is 2048 on x86 and 2048 on arm64, with the end of the text. */
  private static final int MAX_COMMAND_LINE = 2047;

  /** What the executor declares. */
  static final List<Option> DECLARED =
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
              KERNEL,
              Option.Type.STRING,
              "The name of a volume, a file with a kernel that is started without any boot loader; the"
                  + " default is the volume named kernel, where there is such a file."),
          Option.optional(
              INITRD,
              Option.Type.STRING,
              "The name of a volume, a file with the initramfs for that kernel; the default is the"
                  + " volume named initrd, where there is such a file."),
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
                  + " asks the agent rather than pressing the power button; default false."),
          Option.oneOf(
              "vnc",
              "Gives the guest a screen, shown by VNC on the socket /run/task/vnc (unix) or at port"
                  + " 5900 of 127.0.0.1 in the network of the task (loopback).",
              List.of("unix", "loopback")),
          Option.optional(
              "vncPassword",
              Option.Type.STRING,
              "The name of a variable below env whose value is a secret: its file holds the password"
                  + " for VNC, up to 8 characters and no line break."));

  /** Reads and checks them. */
  static MachineOptions of(TaskConfig task) throws SeedException {
    Options options = task.options();
    Optional<Vnc> vnc =
        options.string("vnc").map(word -> word.equals("unix") ? Vnc.UNIX : Vnc.LOOPBACK);
    Optional<String> cpuModel = options.string("cpuModel");
    if (cpuModel.isPresent()
        && (cpuModel.get().length() > MAX_CPU_MODEL
            || !CPU_MODEL.matcher(cpuModel.get()).matches())) {
      throw bad("cpuModel", "is no model of a CPU, such as Nehalem or Nehalem,+aes");
    }
    Optional<String> commandLine = options.string("commandLine");
    if (commandLine.isPresent()
        && (commandLine.get().length() > MAX_COMMAND_LINE
            || commandLine.get().chars().anyMatch(Character::isISOControl))) {
      throw bad(
          "commandLine",
          "is no command line of a kernel: it has at most "
              + MAX_COMMAND_LINE
              + " characters, in one line");
    }
    return new MachineOptions(
        options.string("architecture").flatMap(Architecture::of),
        options.string("machine"),
        options.string("firmware").map("uefi"::equals),
        options.bool("tpm").orElse(false),
        cpuModel,
        topology(task),
        options.string(KERNEL),
        options.string(INITRD),
        commandLine,
        !options.string("cache").equals(Optional.of("writeback")),
        options.bool("balloon").orElse(true),
        options.bool("agent").orElse(false),
        vnc,
        passwordFile(task, vnc));
  }

  /** A value that cannot be, at its place in the document. */
  static SeedException bad(String name, String why) {
    return new SeedException(
        "BAD_VALUE",
        "options." + name,
        "the value of options." + name + " " + why + "; correct it");
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
      throw bad(name, "must be 1 to " + MAX_CPUS);
    }
    return (int) value.getAsLong();
  }

  private static Optional<String> passwordFile(TaskConfig task, Optional<Vnc> vnc)
      throws SeedException {
    Optional<String> variable = task.options().string("vncPassword");
    if (variable.isEmpty()) {
      return Optional.empty();
    }
    if (vnc.isEmpty()) {
      throw bad("vncPassword", "is for VNC, which the task does not ask for: give options.vnc too");
    }
    String file = task.env().getOrDefault(variable.get(), "");
    if (!file.startsWith(SECRETS)) {
      throw bad(
          "vncPassword", "names no variable below env that is a secret: {secret: {file: PATH}}");
    }
    return Optional.of(file);
  }
}
