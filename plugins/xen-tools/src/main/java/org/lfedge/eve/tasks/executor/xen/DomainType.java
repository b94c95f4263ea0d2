package org.lfedge.eve.tasks.executor.xen;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How a domain and the hypervisor work together. */
enum DomainType {
  /** The guest's kernel knows Xen, and CPUs need not virtualise; it has no firmware. */
  PV("hvc0", "/usr/lib/grub-xen/grub-x86_64-xen.bin"),
  /** The guest's kernel knows Xen, on CPUs that virtualise; it has no firmware. */
  PVH("hvc0", "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"),
  /** A whole PC, with a firmware and the devices of a device model, for any guest. */
  HVM("ttyS0", "");

  private final String terminal;
  private final String bootLoader;

  DomainType(String terminal, String bootLoader) {
    this.terminal = terminal;
    this.bootLoader = bootLoader;
  }

  /** The word of documents, and of xl. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static DomainType of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  static List<String> words() {
    return Arrays.stream(values()).map(DomainType::word).toList();
  }

  /** What the guest's Linux calls the terminal that is the console of the domain. */
  String terminal() {
    return terminal;
  }

  /** The GRUB in the tools that finds kernel and settings on the disks of a guest; HVM has none. */
  String bootLoader() {
    return bootLoader;
  }
}
