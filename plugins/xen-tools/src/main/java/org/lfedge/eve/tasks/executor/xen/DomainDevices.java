package org.lfedge.eve.tasks.executor.xen;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;

/**
 * Devices of the node that a domain gets. A PC gets all kinds: PCI devices by the hypervisor, USB
 * devices and serial ports by its device model. A paravirtualised guest gets PCI devices alone.
 *
 * @param pci addresses
 * @param usb places where they are plugged in, each as bus and port
 * @param serial device nodes
 */
record DomainDevices(List<String> pci, List<Usb> usb, List<String> serial) {

  /** A USB device, named by its place, since its number changes with each time. */
  record Usb(String bus, String port) {}

  /**
   * Sorts them by kind.
   *
   * @throws SeedException for one that such a domain could do nothing with
   */
  static DomainDevices of(List<DeviceRequest> asked, DomainType type) throws SeedException {
    DomainDevices devices =
        new DomainDevices(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < asked.size(); i++) {
      devices.add("devices[" + i + "]", asked.get(i), type);
    }
    return devices;
  }

  private void add(String path, DeviceRequest device, DomainType type) throws SeedException {
    if (device instanceof DeviceRequest.Pci one) {
      pci.add(one.address());
    } else if (device instanceof DeviceRequest.Usb one) {
      requirePc(path + ".usb", type);
      int dash = one.id().indexOf('-');
      usb.add(new Usb(one.id().substring(0, dash), one.id().substring(dash + 1)));
    } else if (device instanceof DeviceRequest.Node node && node.path().matches(SERIAL)) {
      requirePc(path + ".path", type);
      serial.add(node.path());
    } else {
      throw new SeedException(
          "DEVICE_NOT_USABLE",
          path,
          "domains can have devices of the node as pci, usb and serial ports (path: /dev/ttyS0), and "
              + device
              + " is none; hand the device itself on, or leave it out");
    }
  }

  private static final String SERIAL = "/dev/(tty[A-Z]|serial/).*";

  private static void requirePc(String path, DomainType type) throws SeedException {
    if (type != DomainType.HVM) {
      throw new SeedException(
          "DEVICE_NOT_USABLE",
          path,
          "a domain of type "
              + type.word()
              + " can have PCI devices of the node alone; give it options.type: hvm");
    }
  }

  /** The first is the console. */
  List<String> serialPorts() throws SeedException {
    List<String> ports = new ArrayList<>(List.of("pty"));
    ports.addAll(serial);
    if (ports.size() > MAX_SERIAL) {
      throw GuestOptions.bad("type", "is hvm, which has " + MAX_SERIAL + " serial ports at most");
    }
    return ports;
  }

  private static final int MAX_SERIAL = 4;
}
