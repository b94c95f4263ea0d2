package org.lfedge.eve.tasks.executor.qemu;

import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.executor.qemu.PciAddresses.Kind;
import org.lfedge.eve.tasks.executor.qemu.QemuCommandLine.OptionList;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.guest.GuestVolumes;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * Writes the command line of QEMU for a guest: no device that is not asked for, no monitor but the
 * pipe of QMP, nothing that could start a program. It starts as root, opens what it needs and
 * becomes the user {@code qemu} then.
 */
final class QemuMachine {

  /** Of UEFI and a TPM, kept with the task. */
  static final String STATE = "/var/lib/task";

  static final String VARIABLES = STATE + "/variables";

  /** The first IDE ports of a q35, which has no more. */
  private static final int MAX_CDROMS = 6;

  private final Guest guest;
  private final TaskConfig task;
  private final PciAddresses addresses = new PciAddresses();
  private final QemuCommandLine line;
  private int cdroms;

  private QemuMachine(Guest guest, TaskConfig task) {
    this.guest = guest;
    this.task = task;
    this.line = new QemuCommandLine(guest.architecture().program());
  }

  /**
   * All arguments, the program first.
   *
   * @param taps of the interfaces of the task, in their order
   * @param diskTables what to keep of the tables of each disk, in bytes
   */
  static List<String> args(
      Guest guest, TaskConfig task, GuestDevices devices, List<String> taps, List<Long> diskTables)
      throws SeedException {
    QemuMachine machine = new QemuMachine(guest, task);
    machine.addProcess();
    machine.addBoard();
    machine.addChannels();
    machine.addBasicDevices();
    machine.addScreenAndUsb(devices.usb());
    machine.addBoot();
    for (int i = 0; i < guest.volumes().disks().size(); i++) {
      machine.addDisk(i, guest.volumes().disks().get(i), diskTables.get(i));
    }
    for (int i = 0; i < taps.size(); i++) {
      machine.addInterface(i, task.interfaces().get(i), taps.get(i));
    }
    machine.addDevicesOfNode(devices);
    return machine.line.args();
  }

  private boolean isPc() {
    return guest.architecture() == Architecture.AMD64;
  }

  private void addProcess() {
    // With elevateprivileges, the sandbox would have it killed as it becomes another user; what is
    // left to it afterwards is nothing, since no program of a task gains privileges.
    line.flag("-nodefaults")
        .flag("-no-user-config")
        .text("-display", "none")
        .options(
            "-sandbox",
            OptionList.of("on")
                .with("obsolete", "deny")
                .with("spawn", "deny")
                .with("resourcecontrol", "deny"))
        .text("-runas", "qemu")
        .options("-name", OptionList.of("guest", task.name()))
        .text("-uuid", task.uuid().toString())
        // The end of the guest, in whatever way, is the end of QEMU.
        .options(
            "-action",
            OptionList.of("panic", "exit-failure")
                .with("reboot", "shutdown")
                .with("shutdown", "poweroff"));
  }

  private void addBoard() {
    OptionList machine =
        OptionList.of(guest.machine()).with("memory-backend", "ram").with("dump-guest-core", "off");
    if (isPc()) {
      boolean hasCdrom = guest.volumes().disks().stream().anyMatch(GuestVolumes.Disk::cdrom);
      machine
          .with("vmport", "off")
          .with("smbus", "off")
          .with("smm", "off")
          .with("sata", hasCdrom ? "on" : "off");
    } else {
      machine.with("gic-version", guest.kvm() ? "host" : "3");
    }
    if (guest.uefi()) {
      addFirmware(guest.architecture().firmware(), machine);
    }
    MachineOptions.Topology topology = guest.options().topology();
    line.options("-machine", machine)
        .options(
            "-accel",
            guest.kvm()
                ? OptionList.of("kvm")
                : OptionList.of("tcg")
                    .with("thread", "multi")
                    .with("tb-size", Long.toString(QemuTax.TRANSLATION_BUFFER >> 20)))
        .text("-cpu", guest.cpuModel())
        .options(
            "-smp",
            OptionList.of("cpus", Integer.toString(topology.cpus()))
                .with("sockets", Integer.toString(topology.sockets()))
                .with("cores", Integer.toString(topology.cores()))
                .with("threads", Integer.toString(topology.threads())))
        .options("-m", OptionList.of("size", guest.memoryMib() + "M"))
        .json(
            "-object",
            new JsonObject()
                .put("qom-type", "memory-backend-memfd")
                .put("id", "ram")
                .put("size", guest.memoryMib() << 20)
                .put("share", true))
        .options("-rtc", OptionList.of("base", "utc"))
        .options("-boot", OptionList.of("menu", "off").with("strict", "on"));
    if (isPc()) {
      // Who sleeps is not seen to end.
      line.options("-global", OptionList.of("ICH9-LPC.disable_s3", "1"))
          .options("-global", OptionList.of("ICH9-LPC.disable_s4", "1"));
    }
  }

  private void addFirmware(Architecture.Firmware firmware, OptionList machine) {
    if (firmware.isFlash()) {
      machine.with("pflash0", "firmware");
      line.json("-blockdev", flash("firmware", "raw", firmware.code(), true));
    } else {
      line.text("-bios", firmware.code());
    }
    machine.with("pflash1", "variables");
    line.json("-blockdev", flash("variables", firmware.format(), VARIABLES, false));
  }

  private static JsonObject flash(String name, String format, String file, boolean readOnly) {
    JsonObject device =
        new JsonObject()
            .put("node-name", name)
            .put("driver", format)
            .put("read-only", readOnly)
            .put("file", new JsonObject().put("driver", "file").put("filename", file));
    return format.equals("qcow2") ? device.putNull("backing") : device;
  }

  /** What the core, people and companions talk to; all of it below {@code /run/task}. */
  private void addChannels() throws SeedException {
    addChardev("pipe", "qmp");
    line.options("-mon", OptionList.of("chardev", "qmp").with("mode", "control"))
        .options(
            "-chardev",
            OptionList.of("socket")
                .with("id", "console")
                .with("path", Launcher.path("console"))
                .with("server", "on")
                .with("wait", "off")
                // What the guest writes is the output of the task as well.
                .with("logfile", "/proc/self/fd/1")
                .with("logappend", "on"))
        .text("-serial", "chardev:console");
    if (guest.isProgram() || guest.options().agent()) {
      line.json("-device", own("virtio-serial-pci").put("id", "ports"));
    }
    if (guest.isProgram()) {
      port("control", "org.lfedge.eve.tasks.control");
    }
    if (guest.options().agent()) {
      port("agent", "org.qemu.guest_agent.0");
    }
    if (guest.options().tpm()) {
      addChardev("socket", "tpm");
      line.options("-tpmdev", OptionList.of("emulator").with("id", "tpm").with("chardev", "tpm"))
          .json(
              "-device",
              new JsonObject()
                  .put("driver", isPc() ? "tpm-tis" : "tpm-tis-device")
                  .put("tpmdev", "tpm"));
    }
  }

  private void addChardev(String kind, String name) {
    line.options(
        "-chardev", OptionList.of(kind).with("id", name).with("path", Launcher.path(name)));
  }

  private void port(String channel, String name) {
    addChardev("pipe", channel);
    line.json(
        "-device",
        new JsonObject()
            .put("driver", "virtserialport")
            .put("bus", "ports.0")
            .put("chardev", channel)
            .put("name", name));
  }

  private JsonObject own(String driver) throws SeedException {
    return addresses.next(Kind.OWN, driver, "options");
  }

  private void addBasicDevices() throws SeedException {
    line.json("-object", new JsonObject().put("qom-type", "rng-builtin").put("id", "rng"))
        .json("-device", own("virtio-rng-pci").put("rng", "rng"))
        .json("-device", own("pvpanic-pci"));
    // Memory that a device of the node writes to by itself stays where it is.
    boolean isFixed = task.devices().stream().anyMatch(DeviceRequest.Pci.class::isInstance);
    if (guest.options().balloon() && !isFixed) {
      line.json("-device", own("virtio-balloon-pci").put("free-page-reporting", true));
    }
    if (guest.volumes().share()) {
      addChardev("socket", "share");
      line.json(
          "-device",
          own("vhost-user-fs-pci").put("chardev", "share").put("tag", GuestVolumes.SHARE_TAG));
    }
  }

  private void addScreenAndUsb(List<GuestDevices.Usb> devices) throws SeedException {
    Optional<GuestOptions.Vnc> vnc = guest.options().guest().vnc();
    if (vnc.isPresent() || !devices.isEmpty()) {
      line.json("-device", own("qemu-xhci").put("id", "usb"));
    }
    if (vnc.isPresent()) {
      // The UEFI for arm64 has no driver for the memory of a PCI card.
      line.json(
          "-device",
          isPc()
              ? own("VGA").put("vgamem_mb", QemuTax.VIDEO_MEMORY >> 20)
              : new JsonObject().put("driver", "ramfb"));
      line.json("-device", usb("usb-tablet"));
      if (!isPc()) {
        line.json("-device", usb("usb-kbd"));
      }
      OptionList display =
          OptionList.of(
              vnc.get() == GuestOptions.Vnc.UNIX ? "unix:" + Launcher.path("vnc") : "127.0.0.1:0");
      guest
          .options()
          .vncPasswordFile()
          .ifPresent(
              file -> {
                line.json(
                    "-object",
                    new JsonObject().put("qom-type", "secret").put("id", "vnc").put("file", file));
                display.with("password-secret", "vnc");
              });
      line.options("-vnc", display);
    }
    for (GuestDevices.Usb device : devices) {
      line.json(
          "-device", usb("usb-host").put("hostbus", device.bus()).put("hostport", device.port()));
    }
  }

  private static JsonObject usb(String driver) {
    return new JsonObject().put("driver", driver).put("bus", "usb.0");
  }

  private void addBoot() {
    guest
        .boot()
        .ifPresent(
            boot -> {
              line.text("-kernel", boot.kernel());
              boot.initrd().ifPresent(initrd -> line.text("-initrd", initrd));
              line.text("-append", boot.commandLine());
            });
  }

  private void addDisk(int index, GuestVolumes.Disk disk, long tables) throws SeedException {
    String name = "disk" + index;
    line.json("-blockdev", blockDevice(name, disk, tables));
    JsonObject device;
    if (!disk.cdrom()) {
      device = addresses.next(Kind.DISK, "virtio-blk-pci", disk.path()).put("serial", disk.name());
    } else if (isPc()) {
      if (cdroms == MAX_CDROMS) {
        throw new SeedException(
            "TOO_MANY_DEVICES",
            disk.path(),
            "a machine has at most " + MAX_CDROMS + " CDs; leave some out");
      }
      device = new JsonObject().put("driver", "ide-cd").put("bus", "ide." + cdroms);
    } else {
      line.json(
          "-device",
          addresses.next(Kind.DISK, "virtio-scsi-pci", disk.path()).put("id", "scsi" + cdroms));
      device = new JsonObject().put("driver", "scsi-cd").put("bus", "scsi" + cdroms + ".0");
    }
    if (disk.cdrom()) {
      cdroms++;
    }
    device.put("drive", name);
    if (index == 0 && guest.volumes().rootDisk()) {
      device.put("bootindex", 1);
    }
    line.json("-device", device);
  }

  /**
   * The format is the declared one, and no other file is opened: a {@code backing} that is null
   * stands for none, whatever the disk says.
   *
   * <p>By default the page cache of the node is bypassed. A guest has a cache of its own, so the
   * node's would hold everything twice; and what it holds counts towards the cgroup: clean pages
   * are given back, but dirty ones are waited for, by whatever part of the machine needs memory
   * next. Writes are as safe in both modes, since a guest's flush is one of the node.
   */
  private JsonObject blockDevice(String name, GuestVolumes.Disk disk, long tables) {
    JsonObject cache =
        new JsonObject().put("direct", guest.options().directCache()).put("no-flush", false);
    JsonObject device =
        new JsonObject()
            .put("node-name", name)
            .put("driver", disk.format())
            .put("read-only", disk.readOnly())
            .put("discard", "unmap")
            .put("cache", cache)
            .put(
                "file",
                new JsonObject()
                    .put("driver", "file")
                    .put("filename", disk.file())
                    .put("read-only", disk.readOnly())
                    .put("discard", "unmap")
                    .put("cache", cache));
    if (disk.format().equals("qcow2")) {
      device.put("l2-cache-size", tables);
    }
    if (disk.format().equals("qcow2") || disk.format().equals("vmdk")) {
      device.putNull("backing");
    }
    return device;
  }

  private void addInterface(int index, NetworkInterface one, String tap) throws SeedException {
    String name = "net" + index;
    line.json(
        "-netdev",
        new JsonObject()
            .put("type", "tap")
            .put("id", name)
            .put("ifname", tap)
            .put("script", "no")
            .put("downscript", "no")
            .put("vhost", false));
    JsonObject device =
        addresses
            .next(Kind.INTERFACE, "virtio-net-pci", "interfaces[" + index + "]")
            .put("netdev", name)
            .put("mac", one.mac())
            // No guest starts from the network.
            .put("romfile", "");
    if (one.mtu() != 1500) {
      device.put("host_mtu", one.mtu());
    }
    line.json("-device", device);
  }

  private void addDevicesOfNode(GuestDevices devices) throws SeedException {
    int number = 0;
    for (GuestDevices.Pci device : devices.pci()) {
      number++;
      String port = "port" + number;
      line.json(
              "-device",
              addresses
                  .next(Kind.OF_NODE, "pcie-root-port", device.path())
                  .put("id", port)
                  .put("chassis", number))
          .json(
              "-device",
              new JsonObject()
                  .put("driver", "vfio-pci")
                  .put("bus", port)
                  .put("host", device.address()));
    }
    number = 0;
    for (GuestDevices.Serial device : devices.serial()) {
      String name = "serial" + number++;
      line.options("-chardev", OptionList.of("serial").with("id", name).with("path", device.node()))
          .json(
              "-device",
              addresses.next(Kind.OF_NODE, "pci-serial", device.path()).put("chardev", name));
    }
  }
}
