package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.eve.api.Adapter;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.PhysicalIO;

/** The ports and devices of a node as a config describes them. */
final class PhysicalPorts {

  /** EVE has bus and place as {@code 1:2.3}, the kernel as {@code 1-2.3}. */
  private static final Pattern USB_PLACE = Pattern.compile("[0-9]+:[0-9.]+");

  private final List<PhysicalIO> all;

  PhysicalPorts(EdgeDevConfig config) {
    all = config.getDeviceIoListList();
  }

  /** Those that a label or the name of a group stands for. */
  List<PhysicalIO> labelled(String name) {
    return all.stream()
        .filter(port -> !name.isEmpty())
        .filter(
            port ->
                port.getLogicallabel().equals(name)
                    || port.getPhylabel().equals(name)
                    || port.getAssigngrp().equals(name))
        .toList();
  }

  /** An address of a port, whose kinds are written in letters of either case. */
  static Optional<String> address(PhysicalIO port, String kind) {
    return port.getPhyaddrsMap().entrySet().stream()
        .filter(entry -> entry.getKey().equalsIgnoreCase(kind) && !entry.getValue().isEmpty())
        .map(entry -> entry.getValue())
        .sorted()
        .findFirst();
  }

  /**
   * Adds what an adapter of an app stands for to the devices of its task.
   *
   * @param guest whether it is for a guest, which has PCI devices as a whole
   */
  void add(Adapter adapter, boolean guest, String path, ArrayNode devices, Findings findings) {
    List<PhysicalIO> ports = labelled(adapter.getName());
    if (ports.isEmpty()) {
      findings.missing(path + ".name", adapter.getName(), "deviceIoList has nothing of this name");
    }
    for (PhysicalIO port : ports) {
      Optional<String> cdi = Optional.ofNullable(port.getCbattrMap().get("cdi"));
      Optional<String> pci = address(port, "pcilong");
      Optional<String> usb = address(port, "usbaddr").filter(at -> USB_PLACE.matcher(at).matches());
      Optional<String> serial = address(port, "serial");
      Optional<String> network = address(port, "ifname");
      if (cdi.isPresent() && !guest) {
        devices.addObject().put("cdi", cdi.get());
      } else if (pci.isPresent() && guest) {
        devices.addObject().put("pci", pci.get());
      } else if (usb.isPresent()) {
        devices.addObject().put("usb", usb.get().replace(':', '-'));
      } else if (serial.isPresent()) {
        devices.addObject().put("path", serial.get());
      } else if (network.isPresent() && !guest) {
        devices.addObject().put("nic", network.get());
      } else {
        findings.unsupported(
            path,
            adapter.getName(),
            "nothing of what deviceIoList says of it can be given to "
                + (guest ? "a guest: it needs PciLong, UsbAddr or Serial" : "a container"));
      }
    }
  }
}
