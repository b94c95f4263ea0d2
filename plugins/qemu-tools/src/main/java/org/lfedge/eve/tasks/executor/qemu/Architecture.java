package org.lfedge.eve.tasks.executor.qemu;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a guest is for, and what that means for its machine. */
enum Architecture {
  AMD64(
      "amd64",
      "/usr/bin/qemu-system-x86_64",
      "q35",
      Pattern.compile("q35|pc-q35-[0-9]+\\.[0-9]+"),
      "max",
      "ttyS0"),
  /**
   * The emulated CPU is a Cortex-A72: {@code max} has pointer authentication, which costs an
   * emulator most of its speed, and wide addresses, with which kernels before 5.12 do not start.
   */
  ARM64(
      "arm64",
      "/usr/bin/qemu-system-aarch64",
      "virt",
      Pattern.compile("virt|virt-[0-9]+\\.[0-9]+"),
      "cortex-a72",
      "ttyAMA0");

  /**
   * The files of a UEFI in the tools.
   *
   * @param code the firmware itself
   * @param isFlash whether that is the image of a bank of flash; else it is put into one
   * @param variables the template of its store of variables, the image of a bank of flash
   * @param format of that image
   * @param memoryBytes what all of it takes in QEMU: a bank that has an image is read as a whole
   */
  record Firmware(
      String code, boolean isFlash, String variables, String format, long memoryBytes) {}

  private final String word;
  private final String program;
  private final String machine;
  private final Pattern machines;
  private final String emulatedCpu;
  private final String terminal;

  Architecture(
      String word,
      String program,
      String machine,
      Pattern machines,
      String emulatedCpu,
      String terminal) {
    this.word = word;
    this.program = program;
    this.machine = machine;
    this.machines = machines;
    this.emulatedCpu = emulatedCpu;
    this.terminal = terminal;
  }

  /** By the word for it in Go, if there is a machine for it. */
  static Optional<Architecture> of(String word) {
    return Arrays.stream(values()).filter(one -> one.word.equals(word)).findFirst();
  }

  /** The words for all of them. */
  static List<String> words() {
    return Arrays.stream(values()).map(Architecture::word).toList();
  }

  String word() {
    return word;
  }

  /** The emulator in the tools. */
  String program() {
    return program;
  }

  /** The type of machine, if nothing else is asked for. */
  String machine() {
    return machine;
  }

  /** Whether there is such a type of machine, in any version. */
  boolean hasMachine(String type) {
    return machines.matcher(type).matches();
  }

  /** The model of the CPU where it is emulated. */
  String emulatedCpu() {
    return emulatedCpu;
  }

  /** What Linux in the guest calls the console. */
  String terminal() {
    return terminal;
  }

  /** Debian's builds. The banks of flash of a virt have 64 MiB each; the code is 2 MiB of that. */
  Firmware firmware() {
    return this == AMD64
        ? new Firmware(
            "/usr/share/OVMF/OVMF_CODE_4M.fd",
            true,
            "/usr/share/OVMF/OVMF_VARS_4M.fd",
            "raw",
            5 << 20)
        : new Firmware(
            "/usr/share/AAVMF/QEMU_EFI.fd",
            false,
            "/usr/share/AAVMF/AAVMF_VARS.qcow2",
            "qcow2",
            66 << 20);
  }

  /** The kernel and the initramfs for a guest that has an image as its root. */
  String ofGuest(String file) {
    return "/usr/lib/taskmanager/guest/" + word + "/" + file;
  }
}
