package org.lfedge.eve.tasks.executor.xen;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.guest.GuestVolumes;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/** Describes a domain to xl: xl.cfg(5). The order of the settings is that of EVE. */
final class DomainConfig {

  /** Where the anchor finds it. */
  static final String PATH = "/etc/xen/domain.cfg";

  /** What a PC's IDE has room for, and its firmware sees; disks after them need a driver. */
  private static final int EMULATED_DISKS = 4;

  private static final int MAX_DISKS = 260;

  private DomainConfig() {}

  /**
   * Writes it.
   *
   * @param bridges of the task's network namespace, one for each interface of the task
   */
  static String of(Domain domain, TaskConfig task, DomainDevices devices, List<String> bridges)
      throws SeedException {
    boolean isPc = domain.type() == DomainType.HVM;
    XlConfig config =
        new XlConfig()
            .set("name", task.name())
            .set("type", domain.type().word())
            .set("uuid", task.uuid().toString());
    domain
        .boot()
        .ifPresent(
            boot -> {
              config.set("kernel", boot.kernel());
              boot.initrd().ifPresent(initrd -> config.set("ramdisk", initrd));
            });
    setScreen(config, domain);
    config.set("memory", domain.memoryMib());
    if (domain.maxMemoryMib() != domain.memoryMib()) {
      config.set("maxmem", domain.maxMemoryMib());
    }
    config.set("vcpus", domain.cpus());
    domain.options().cpus().ifPresent(cpus -> config.set("cpus", cpus));
    domain.cap().ifPresent(cap -> config.set("cap", cap));
    domain
        .boot()
        .flatMap(Domain.Boot::commandLine)
        .ifPresent(commandLine -> config.set("extra", commandLine));
    if (isPc && domain.boot().isEmpty()) {
      config.set("boot", "dc");
    }
    config.set("disk", disks(domain));
    if (!domain.shares().isEmpty()) {
      config.set(
          "p9",
          domain.shares().stream()
              .map(
                  share ->
                      new XlConfig.Spec()
                          .with("tag", share.tag())
                          .with("security_model", "none")
                          .with("path", share.directory())
                          .toString())
              .toList());
    }
    config.set("vif", interfaces(task.interfaces(), bridges, isPc));
    setDevices(config, devices, isPc);
    // Whoever wants it started again is the task manager; xl ends with the domain.
    for (String event : List.of("poweroff", "reboot", "crash", "watchdog", "soft_reset")) {
      config.set("on_" + event, "destroy");
    }
    return config.toString();
  }

  private static void setScreen(XlConfig config, Domain domain) {
    GuestOptions guest = domain.options().guest();
    boolean isPc = domain.type() == DomainType.HVM;
    if (guest.vnc().isEmpty()) {
      if (isPc) {
        config.set("nographic", 1).set("vga", "none").set("vnc", 0);
      }
      return;
    }
    boolean isSocket = guest.vnc().get() == GuestOptions.Vnc.UNIX;
    String listen = isSocket ? "unix:" + Launcher.RUNTIME + "/vnc" : "127.0.0.1";
    if (isPc) {
      config.set("vga", "stdvga").set("videoram", XenTax.VIDEO_MIB).set("vnc", 1);
      config.set("vnclisten", listen).set("vncunused", 0);
      if (!isSocket) {
        config.set("vncdisplay", 0);
      }
      config.set("usb", 1).set("usbdevice", List.of("tablet"));
      return;
    }
    XlConfig.Spec screen =
        new XlConfig.Spec().with("vnc", "1").with("vnclisten", listen).with("vncunused", "0");
    if (!isSocket) {
      screen.with("vncdisplay", "0");
    }
    config.set("vfb", List.of(screen.toString()));
  }

  /** QEMU serves them all, so that nothing outside of the task does; a format is never guessed. */
  private static List<String> disks(Domain domain) throws SeedException {
    List<String> disks = new ArrayList<>();
    for (GuestVolumes.Disk disk : domain.volumes().disks()) {
      if (disks.size() == MAX_DISKS) {
        throw new SeedException(
            "TOO_MANY_DEVICES",
            disk.path(),
            "a domain has at most " + MAX_DISKS + " disks; leave some out");
      }
      XlConfig.Spec spec =
          new XlConfig.Spec()
              .with("format", disk.format())
              .with("vdev", disk.name())
              .with("access", disk.readOnly() ? "ro" : "rw")
              .with("backendtype", "qdisk");
      if (disk.readOnly()) {
        requireReadable(disk, disks.size(), domain.type());
        spec.with("devtype", "cdrom");
      }
      // The last, since everything after it belongs to it.
      disks.add(spec.with("target", disk.file()).toString());
    }
    return disks;
  }

  /**
   * QEMU 7.2 serves nothing that is read-only but a CD: it asks to write to any other disk. A guest
   * with drivers for Xen's disks takes a CD for a disk that it cannot write to; a PC has an
   * emulated one.
   */
  private static void requireReadable(GuestVolumes.Disk disk, int number, DomainType type)
      throws SeedException {
    if (type == DomainType.PVH) {
      throw new SeedException(
          "DISK_NOT_USABLE",
          disk.path(),
          "a domain of type pvh cannot have a disk that is read-only; give it options.type: pv or"
              + " hvm, or make the volume writable");
    }
    if (type == DomainType.HVM && number >= EMULATED_DISKS) {
      throw new SeedException(
          "DISK_NOT_USABLE",
          disk.path(),
          "a domain of type hvm has read-only disks as CDs, and only among its first "
              + EMULATED_DISKS
              + " disks; put this one further to the front");
    }
  }

  /** The name of the disk with a number, from {@code xvda} to {@code xvdz}, then {@code xvdaa}. */
  static String disk(int number) {
    String letters = "";
    for (int rest = number; rest >= 0; rest = rest / 26 - 1) {
      letters = (char) ('a' + rest % 26) + letters;
    }
    return "xvd" + letters;
  }

  /** A PC has a card besides, for guests without a driver for Xen's, until one asks for that. */
  private static List<String> interfaces(
      List<NetworkInterface> interfaces, List<String> bridges, boolean isPc) {
    List<String> cards = new ArrayList<>();
    for (int i = 0; i < interfaces.size(); i++) {
      cards.add(
          new XlConfig.Spec()
              .with("mac", interfaces.get(i).mac())
              .with("bridge", bridges.get(i))
              .with("script", "vif-task")
              .with("type", isPc ? "ioemu" : "vif")
              .toString());
    }
    return cards;
  }

  private static void setDevices(XlConfig config, DomainDevices devices, boolean isPc)
      throws SeedException {
    if (!devices.pci().isEmpty()) {
      config.set("pci", devices.pci());
    }
    if (isPc) {
      config.set("serial", devices.serialPorts());
    }
    if (!devices.usb().isEmpty()) {
      List<String> args = new ArrayList<>(List.of("-device", "qemu-xhci,id=task"));
      for (DomainDevices.Usb usb : devices.usb()) {
        args.add("-device");
        args.add("usb-host,bus=task.0,hostbus=" + usb.bus() + ",hostport=" + usb.port());
      }
      config.set("device_model_args_hvm", args);
    }
  }
}
