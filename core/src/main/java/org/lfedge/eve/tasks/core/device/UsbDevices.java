package org.lfedge.eve.tasks.core.device;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;

/** USB devices as {@code /sys/bus/usb/devices} shows them. */
final class UsbDevices {

  private final SystemTree tree;

  UsbDevices(SystemTree tree) {
    this.tree = tree;
  }

  Fact fact(FactQuery.UsbDevice query) {
    Path place = place(query.id());
    Optional<String> node = path(query.id());
    if (node.isEmpty()) {
      return Fact.absent(query);
    }
    return Fact.present(
        query,
        Map.of(
            "vendor", SystemTree.text(place.resolve("idVendor")).orElse(""),
            "product", SystemTree.text(place.resolve("idProduct")).orElse(""),
            "bus", SystemTree.text(place.resolve("busnum")).orElse(""),
            "device", SystemTree.text(place.resolve("devnum")).orElse(""),
            "node", node.get()));
  }

  /** The node of a device as it is plugged in now. */
  Optional<DeviceNode> node(String id) {
    return path(id).flatMap(path -> tree.node(path, "rw"));
  }

  private Path place(String id) {
    return tree.sys().resolve("bus/usb/devices").resolve(id);
  }

  private Optional<String> path(String id) {
    Optional<Integer> bus = number(place(id).resolve("busnum"));
    Optional<Integer> device = number(place(id).resolve("devnum"));
    return bus.isPresent() && device.isPresent()
        ? Optional.of("/dev/bus/usb/%03d/%03d".formatted(bus.get(), device.get()))
        : Optional.empty();
  }

  private static Optional<Integer> number(Path file) {
    return SystemTree.text(file).filter(text -> text.matches("[0-9]{1,6}")).map(Integer::parseInt);
  }
}
