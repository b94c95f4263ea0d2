package org.lfedge.eve.tasks.core.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What a task document says of devices. One reader for each document: it remembers names. */
final class DevicesReader {

  private static final int MAX_DEVICES = 256;
  private static final String EXAMPLE = "{path: /dev/ttyS0}";
  private static final String DEFAULT_ACCESS = "rw";
  private static final String PCI_DOMAIN = "0000:";

  private static final TextForm NODE =
      new TextForm(
          4095,
          "/dev(/(?!\\.{1,2}(/|$))[^/\\x00]+)+",
          "BAD_VALUE",
          "a device of the node below /dev, such as /dev/ttyS0");

  private static final TextForm ACCESS =
      new TextForm(
          3, "r?w?m?(?<=.)", "BAD_VALUE", "of r (read), w (write) and m (mknod) in this order");

  private static final TextForm CDI =
      new TextForm(
          253,
          "[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?"
              + "=[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?",
          "BAD_VALUE",
          "the qualified name of a CDI device, such as vendor.com/gpu=0");

  private static final TextForm PCI =
      new TextForm(
          12,
          "([0-9A-Fa-f]{4}:)?[0-9A-Fa-f]{2}:[01][0-9A-Fa-f]\\.[0-7]",
          "BAD_VALUE",
          "the address of a PCI device, such as \"0000:03:00.0\"");

  private static final TextForm USB =
      new TextForm(
          32,
          "[1-9][0-9]{0,3}-[1-9][0-9]{0,2}(\\.[1-9][0-9]{0,2})*",
          "BAD_VALUE",
          "where a USB device is plugged in, such as \"1-2\" or \"1-2.4\"");

  private final List<String> interfaces;
  private final SortedMap<String, Integer> names = new TreeMap<>();

  /**
   * A reader.
   *
   * @param interfaces the names of those of the document, which no interface of the node can have
   *     that is moved to the task
   */
  DevicesReader(List<String> interfaces) {
    this.interfaces = List.copyOf(interfaces);
  }

  /** {@code devices:}. */
  List<DeviceConfig> read(DocumentObject task) {
    return task.list(
        "devices",
        MAX_DEVICES,
        (index, v) -> v.object(EXAMPLE, device -> device(index, v, device)));
  }

  private Optional<DeviceConfig> device(int index, DocumentValue v, DocumentObject device) {
    List<String> kinds = device.present("path", "cdi", "pci", "usb", "nic");
    if (kinds.size() > 1) {
      device.refuse("CONFLICT", "has " + String.join(" and ", kinds) + "; keep one of them");
    } else if (kinds.isEmpty()) {
      device.refuse("MISSING", "needs one of path, cdi, pci, usb, nic");
    }
    String access = device.optional("access", a -> a.text(ACCESS)).orElse(DEFAULT_ACCESS);
    if (!device.present("access").isEmpty() && !kinds.contains("path")) {
      device.refuseKey("access", "CONFLICT", "is for path alone; remove it");
    }
    Optional<DeviceConfig> read =
        Stream.of(
                device.optional(
                    "path", p -> p.text(NODE).map(path -> new DeviceConfig.Node(path, access))),
                device.optional("cdi", c -> c.text(CDI).map(DeviceConfig.Cdi::new)),
                device.optional(
                    "pci", p -> p.text(PCI).map(DevicesReader::pci).map(DeviceConfig.Pci::new)),
                device.optional("usb", u -> u.text(USB).map(DeviceConfig.Usb::new)),
                device.optional(
                    "nic", n -> n.text(InterfacesReader.NAME).flatMap(name -> nic(n, name))))
            .<DeviceConfig>flatMap(Optional::stream)
            .findFirst();
    return read.flatMap(found -> unique(index, v, found));
  }

  private Optional<DeviceConfig> nic(DocumentValue v, String name) {
    return interfaces.contains(name)
        ? v.refuse(
            "CONFLICT",
            "interfaces has one of this name, and both would be in the task; give that one another")
        : Optional.of(new DeviceConfig.Nic(name));
  }

  private static String pci(String text) {
    String address = text.toLowerCase(Locale.ROOT);
    return address.indexOf(':') == address.lastIndexOf(':') ? PCI_DOMAIN + address : address;
  }

  private Optional<DeviceConfig> unique(int index, DocumentValue v, DeviceConfig device) {
    Integer other = names.putIfAbsent(device.policyName(), index);
    return other == null
        ? Optional.of(device)
        : v.refuse("CONFLICT", "devices[" + other + "] is this device, too; keep one of them");
  }
}
