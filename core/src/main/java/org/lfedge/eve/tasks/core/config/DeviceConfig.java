package org.lfedge.eve.tasks.core.config;

/** A device of the node that a task document asks for; policy must grant it. */
public sealed interface DeviceConfig {

  /**
   * A device node.
   *
   * @param path below {@code /dev}, normalized
   * @param access of {@code r}, {@code w} and {@code m}, in that order
   */
  record Node(String path, String access) implements DeviceConfig {}

  /** A device that a CDI spec file describes, by its qualified name, {@code vendor.com/gpu=0}. */
  record Cdi(String name) implements DeviceConfig {}

  /** A PCI device by its address, {@code 0000:03:00.0}, in lower case. */
  record Pci(String address) implements DeviceConfig {}

  /** A USB device by where it is plugged in, as below {@code /sys/bus/usb/devices}: {@code 1-2}. */
  record Usb(String id) implements DeviceConfig {}

  /** A network interface of the node, which is moved into the task while that exists. */
  record Nic(String name) implements DeviceConfig {}
}
