package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;

/** Devices as JSON: an object with one key, which names the kind. */
final class DeviceCodec {

  private DeviceCodec() {}

  static ObjectNode toJson(DeviceRequest device) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (device instanceof DeviceRequest.Node node) {
      json.putObject("node").put("path", node.path()).put("access", node.access());
    } else if (device instanceof DeviceRequest.Cdi cdi) {
      json.putObject("cdi").put("name", cdi.name());
    } else if (device instanceof DeviceRequest.Pci pci) {
      json.putObject("pci").put("address", pci.address());
    } else if (device instanceof DeviceRequest.Usb usb) {
      json.putObject("usb").put("id", usb.id());
    } else if (device instanceof DeviceRequest.Nic nic) {
      json.putObject("nic").put("name", nic.name());
    } else {
      throw new IllegalArgumentException("unknown device: " + device);
    }
    return json;
  }

  static DeviceRequest fromJson(JsonReader json) {
    String variant = json.variant();
    JsonReader value = json.required(variant);
    switch (variant) {
      case "node" -> {
        value.requireObject("path", "access");
        String path = value.required("path").text();
        String access = value.optional("access").map(JsonReader::text).orElse("rw");
        return value.check(() -> new DeviceRequest.Node(path, access));
      }
      case "cdi" -> {
        String name = value.requireObject("name").required("name").text();
        return value.check(() -> new DeviceRequest.Cdi(name));
      }
      case "pci" -> {
        String address = value.requireObject("address").required("address").text();
        return value.check(() -> new DeviceRequest.Pci(address));
      }
      case "usb" -> {
        String id = value.requireObject("id").required("id").text();
        return value.check(() -> new DeviceRequest.Usb(id));
      }
      case "nic" -> {
        String name = value.requireObject("name").required("name").text();
        return value.check(() -> new DeviceRequest.Nic(name));
      }
      default -> throw value.invalid("is not a device; known are node, cdi, pci, usb and nic");
    }
  }
}
