package org.lfedge.eve.tasks.core.config;

import org.lfedge.eve.tasks.spi.task.DeviceRequest;

/** A device of the node that a task document asks for; policy must grant it. */
public sealed interface DeviceConfig {

  /** The key of a document that says which kind of device it is, such as {@code pci}. */
  String key();

  /** Which one of its kind it is. */
  String id();

  /**
   * The name by which {@code policy.devices} of the node's config grants it: the path of a device
   * node, else the kind before what names it, such as {@code pci:0000:03:00.0}.
   */
  default String policyName() {
    return key() + ":" + id();
  }

  /** As an executor sees it. */
  default DeviceRequest request() {
    if (this instanceof Node node) {
      return new DeviceRequest.Node(node.path(), node.access());
    } else if (this instanceof Cdi cdi) {
      return new DeviceRequest.Cdi(cdi.name());
    } else if (this instanceof Pci pci) {
      return new DeviceRequest.Pci(pci.address());
    } else if (this instanceof Usb usb) {
      return new DeviceRequest.Usb(usb.id());
    }
    return new DeviceRequest.Nic(id());
  }

  /**
   * A device node.
   *
   * @param path below {@code /dev}, normalized
   * @param access of {@code r}, {@code w} and {@code m}, in that order
   */
  record Node(String path, String access) implements DeviceConfig {
    @Override
    public String key() {
      return "path";
    }

    @Override
    public String id() {
      return path;
    }

    @Override
    public String policyName() {
      return path;
    }
  }

  /** A device that a CDI spec file describes, by its qualified name, {@code vendor.com/gpu=0}. */
  record Cdi(String name) implements DeviceConfig {
    @Override
    public String key() {
      return "cdi";
    }

    @Override
    public String id() {
      return name;
    }
  }

  /** A PCI device by its address, {@code 0000:03:00.0}, in lower case. */
  record Pci(String address) implements DeviceConfig {
    @Override
    public String key() {
      return "pci";
    }

    @Override
    public String id() {
      return address;
    }
  }

  /** A USB device by where it is plugged in, as below {@code /sys/bus/usb/devices}: {@code 1-2}. */
  record Usb(String id) implements DeviceConfig {
    @Override
    public String key() {
      return "usb";
    }
  }

  /** A network interface of the node, which is moved into the task while that exists. */
  record Nic(String name) implements DeviceConfig {
    @Override
    public String key() {
      return "nic";
    }

    @Override
    public String id() {
      return name;
    }
  }
}
