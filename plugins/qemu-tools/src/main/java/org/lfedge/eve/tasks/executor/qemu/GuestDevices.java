package org.lfedge.eve.tasks.executor.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;

/**
 * Devices of the node that a guest gets, each in the form that it takes there. The core makes their
 * nodes for the anchor: those of VFIO, and the one below {@code /dev/bus/usb}.
 */
record GuestDevices(List<Pci> pci, List<Usb> usb, List<Serial> serial) {

  /** A PCI device, through VFIO. */
  record Pci(String address, String path) {}

  /**
   * A USB device, named by the place where it is plugged in: its number there changes with each
   * time, and a seed is used for every start of a task.
   *
   * @param bus a number
   * @param port as in {@code 2.4}
   */
  record Usb(long bus, String port) {}

  /** A serial port. */
  record Serial(String node, String path) {}

  private static final Pattern SERIAL = Pattern.compile("/dev/(tty[A-Z].*|serial/.*)");

  /**
   * Sorts them by kind.
   *
   * @throws SeedException for one that a guest could do nothing with
   */
  static GuestDevices of(List<DeviceRequest> asked) throws SeedException {
    GuestDevices devices =
        new GuestDevices(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < asked.size(); i++) {
      devices.add("devices[" + i + "]", asked.get(i));
    }
    return devices;
  }

  private void add(String path, DeviceRequest device) throws SeedException {
    if (device instanceof DeviceRequest.Pci one) {
      pci.add(new Pci(one.address(), path + ".pci"));
    } else if (device instanceof DeviceRequest.Usb one) {
      int dash = one.id().indexOf('-');
      usb.add(new Usb(Long.parseLong(one.id().substring(0, dash)), one.id().substring(dash + 1)));
    } else if (device instanceof DeviceRequest.Node node) {
      if (!SERIAL.matcher(node.path()).matches()) {
        throw unusable(
            path + ".path",
            node.path() + " is a device node, which exists for programs of the node alone",
            "hand the device itself on, as pci or usb, or give a serial port (/dev/ttyS0)");
      }
      if (!node.access().startsWith("rw")) {
        throw unusable(
            path + ".access",
            "a serial port is both read and written by a guest, and " + node.path() + " is not",
            "give it access: rw");
      }
      serial.add(new Serial(node.path(), path + ".path"));
    } else if (device instanceof DeviceRequest.Cdi cdi) {
      throw unusable(
          path + ".cdi",
          cdi.name() + " is described by CDI as files and nodes for a container",
          "hand the device itself on, as pci");
    } else if (device instanceof DeviceRequest.Nic nic) {
      throw unusable(
          path + ".nic",
          "the network card " + nic.name() + " has a driver on the node, so no guest can have it",
          "hand it on as pci, or give the guest an interface on a network of the node");
    } else {
      throw SeedException.unsupported(path, device);
    }
  }

  private static SeedException unusable(String path, String why, String what) {
    return new SeedException("DEVICE_NOT_USABLE", path, why + "; " + what);
  }
}
