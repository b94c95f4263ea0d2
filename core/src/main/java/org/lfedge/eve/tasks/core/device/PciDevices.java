package org.lfedge.eve.tasks.core.device;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;

/** PCI devices as {@code /sys/bus/pci/devices} shows them. */
final class PciDevices {

  private static final String DRIVER = "vfio-pci";

  /** The driver by which the control domain of a hypervisor sets a device aside for others. */
  private static final String DRIVER_OF_DOMAINS = "pciback";

  private static final String CONTAINER_NODE = "/dev/vfio/vfio";

  /** Classes of bridges from PCI to PCI, which VFIO leaves to the kernel. */
  private static final String BRIDGE = "0x0604";

  private final SystemTree tree;

  PciDevices(SystemTree tree) {
    this.tree = tree;
  }

  private Path place(String address) {
    return tree.sys().resolve("bus/pci/devices").resolve(address);
  }

  boolean exists(String address) {
    return Files.isDirectory(place(address));
  }

  Optional<String> group(String address) {
    return SystemTree.linked(place(address).resolve("iommu_group"));
  }

  private List<String> members(String address) {
    return SystemTree.names(place(address).resolve("iommu_group/devices"));
  }

  Fact fact(FactQuery.PciDevice query) {
    Path place = place(query.address());
    if (!exists(query.address())) {
      return Fact.absent(query);
    }
    SortedMap<String, String> values = new TreeMap<>();
    for (String file : List.of("class", "vendor", "device")) {
      SystemTree.text(place.resolve(file)).ifPresent(text -> values.put(file, text));
    }
    SystemTree.text(place.resolve("numa_node")).ifPresent(text -> values.put("numaNode", text));
    driver(query.address()).ifPresent(name -> values.put("driver", name));
    group(query.address())
        .ifPresent(
            group -> {
              values.put("iommuGroup", group);
              values.put(
                  "iommuDevices",
                  String.join(
                      ",",
                      members(query.address()).stream()
                          .filter(other -> !other.equals(query.address()))
                          .toList()));
            });
    return Fact.present(query, values);
  }

  /**
   * The nodes by which an anchor hands a device on to a guest.
   *
   * @param path of the device in its document
   * @param problems to which is added why that cannot be
   */
  List<DeviceNode> nodes(String path, DeviceConfig.Pci pci, List<Problem> problems) {
    String address = pci.address();
    if (!exists(address)) {
      problems.add(
          problem(
              "DEVICE_NOT_FOUND",
              path,
              pci,
              "the node has no PCI device at this address; lspci -D lists those there are"));
      return List.of();
    }
    if (driver(address).equals(Optional.of(DRIVER_OF_DOMAINS))) {
      // The hypervisor hands it on, and a node of this node has no part in that.
      return List.of();
    }
    Optional<String> group = group(address);
    if (group.isEmpty()) {
      problems.add(
          problem(
              "DEVICE_NOT_READY",
              path,
              pci,
              "it is in no IOMMU group, so it cannot be handed to a guest; turn on the IOMMU in"
                  + " the firmware of the node and on the command line of its kernel"
                  + " (intel_iommu=on)"));
      return List.of();
    }
    List<String> unready = members(address).stream().filter(this::isHeldByNode).toList();
    if (!unready.isEmpty()) {
      problems.add(
          problem(
              "DEVICE_NOT_READY",
              path,
              pci,
              "all functions of its IOMMU group "
                  + group.get()
                  + " go to a guest together, and "
                  + String.join(", ", unready)
                  + " must be given to the driver vfio-pci first: load it, write vfio-pci to"
                  + " driver_override in each one's directory below /sys/bus/pci/devices, its address"
                  + " to driver/unbind there, and to /sys/bus/pci/drivers_probe"));
      return List.of();
    }
    List<DeviceNode> nodes = new ArrayList<>();
    for (String node : List.of(CONTAINER_NODE, "/dev/vfio/" + group.get())) {
      tree.node(node, "rw")
          .ifPresentOrElse(
              nodes::add,
              () ->
                  problems.add(
                      problem(
                          "DEVICE_NOT_READY",
                          path,
                          pci,
                          "the node has no " + node + "; load the kernel module vfio-pci")));
    }
    return nodes;
  }

  private boolean isHeldByNode(String address) {
    boolean bridge =
        SystemTree.text(place(address).resolve("class"))
            .filter(text -> text.startsWith(BRIDGE))
            .isPresent();
    return !bridge && !driver(address).equals(Optional.of(DRIVER));
  }

  private Optional<String> driver(String address) {
    return SystemTree.linked(place(address).resolve("driver"));
  }

  private static Problem problem(String code, String path, DeviceConfig.Pci pci, String message) {
    return Problem.inDocument(code, path, pci.address(), message);
  }
}
