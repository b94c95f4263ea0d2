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
   * @param variables the template of its store of variables
   * @param codeBytes how large the first is, rounded up
   * @param variablesBytes how large the second is, rounded up
   */
  record Firmware(String code, String variables, long codeBytes, long variablesBytes) {}

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

  /** Debian's builds: the one for a PC is small, the one for virt fills its banks of flash. */
  Firmware firmware() {
    return this == AMD64
        ? new Firmware(
            "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", 4 << 20, 1 << 20)
        : new Firmware(
            "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd", 64 << 20, 64 << 20);
  }

  /** The kernel and the initramfs for a guest that has an image as its root. */
  String ofGuest(String file) {
    return "/usr/lib/taskmanager/guest/" + word + "/" + file;
  }
}
