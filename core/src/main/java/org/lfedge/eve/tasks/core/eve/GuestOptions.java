package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lfedge.eve.tasks.core.eve.api.VmBootMode;
import org.lfedge.eve.tasks.core.eve.api.VmConfig;
import org.lfedge.eve.tasks.core.eve.api.VmMode;

/** What EVE's words for virtual machines are as options of the executors that run them. */
final class GuestOptions {

  static final String QEMU = "qemu";
  static final String XEN = "xen";

  private GuestOptions() {}

  /** Adds the options for a guest that brings a system of its own. */
  static void add(VmConfig config, String executor, boolean image, ObjectNode options) {
    if (executor.equals(QEMU)) {
      machine(config, image, options);
    } else if (executor.equals(XEN)) {
      domain(config, options);
    }
  }

  /**
   * Whether an executor is one of guests.
   *
   * @param executor its name
   */
  static boolean isOfGuests(String executor) {
    return executor.equals(QEMU) || executor.equals(XEN);
  }

  /** Refuses licences, which nothing here hands to guests. */
  static void refuseLicence(VmConfig config, String path, Findings findings) {
    if (config.getEnableOemWinLicenseKey()) {
      findings.unsupported(path, true, "licences are not handed to guests");
    }
  }

  private static void machine(VmConfig config, boolean image, ObjectNode options) {
    if (!image) {
      boolean efi =
          config.getBootMode() == VmBootMode.VM_BOOT_MODE_UEFI
              || (config.getVirtualizationMode() == VmMode.FML
                  && config.getBootMode() != VmBootMode.VM_BOOT_MODE_LEGACY);
      if (efi) {
        options.put("firmware", "uefi");
      } else if (config.getBootMode() == VmBootMode.VM_BOOT_MODE_LEGACY) {
        options.put("firmware", "bios");
      }
      if (config.getVirtualizationMode() == VmMode.FML && !config.getDisableVtpm()) {
        options.put("tpm", true);
      }
    }
    screen(config, options);
  }

  private static void domain(VmConfig config, ObjectNode options) {
    options.put(
        "type",
        switch (config.getVirtualizationMode()) {
          case PV -> "pv";
          case Filler -> "pvh";
          default -> "hvm";
        });
    screen(config, options);
  }

  /** For whoever may enter the task, who needs no password; a port, as EVE has, anybody reaches. */
  private static void screen(VmConfig config, ObjectNode options) {
    if (config.getEnableVnc()) {
      options.put("vnc", "unix");
    }
  }
}
