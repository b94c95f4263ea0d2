package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;

/** Questions of executors and what was found out, as JSON. */
final class FactCodec {

  private FactCodec() {}

  /** Writes a question: an object with one key, which names the kind. */
  static ObjectNode query(FactQuery query) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (query instanceof FactQuery.JsonFile file) {
      json.putObject("jsonFile").put("path", file.path());
    } else if (query instanceof FactQuery.PciDevice pci) {
      json.putObject("pciDevice").put("address", pci.address());
    } else if (query instanceof FactQuery.UsbDevice usb) {
      json.putObject("usbDevice").put("id", usb.id());
    } else if (query instanceof FactQuery.DiskImage disk) {
      ObjectNode value = json.putObject("diskImage");
      disk.volume().ifPresent(volume -> value.put("volume", volume));
    } else if (query instanceof FactQuery.HostDevice device) {
      json.putObject("hostDevice").put("path", device.path());
    } else if (query instanceof FactQuery.JarFile jar) {
      ObjectNode value = json.putObject("jarFile");
      jar.path().ifPresent(path -> value.put("path", path));
      jar.mainClass().ifPresent(mainClass -> value.put("mainClass", mainClass));
    } else {
      throw new IllegalArgumentException("unknown question: " + query);
    }
    return json;
  }

  static FactQuery readQuery(JsonReader json) {
    String variant = json.variant();
    JsonReader value = json.required(variant);
    switch (variant) {
      case "jsonFile" -> {
        String path = value.requireObject("path").required("path").text();
        return value.check(() -> new FactQuery.JsonFile(path));
      }
      case "pciDevice" -> {
        String address = value.requireObject("address").required("address").text();
        return value.check(() -> new FactQuery.PciDevice(address));
      }
      case "usbDevice" -> {
        String id = value.requireObject("id").required("id").text();
        return value.check(() -> new FactQuery.UsbDevice(id));
      }
      case "diskImage" -> {
        Optional<String> volume =
            value.requireObject("volume").optional("volume").map(JsonReader::text);
        return new FactQuery.DiskImage(volume);
      }
      case "hostDevice" -> {
        String path = value.requireObject("path").required("path").text();
        return value.check(() -> new FactQuery.HostDevice(path));
      }
      case "jarFile" -> {
        JsonReader jar = value.requireObject("path", "mainClass");
        Optional<String> path = jar.optional("path").map(JsonReader::text);
        Optional<String> mainClass = jar.optional("mainClass").map(JsonReader::text);
        return value.check(() -> new FactQuery.JarFile(path, mainClass));
      }
      default ->
          throw value.invalid(
              "is not a question; known are jsonFile, pciDevice, usbDevice, diskImage, hostDevice"
                  + " and jarFile");
    }
  }

  /** Writes an answer together with its question. */
  static ObjectNode fact(Fact fact) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("query", query(fact.query()));
    json.put("present", fact.present());
    ObjectNode values = json.putObject("values");
    fact.values().forEach(values::put);
    return json;
  }

  static Fact readFact(JsonReader json) {
    json.requireObject("query", "present", "values");
    FactQuery query = readQuery(json.required("query"));
    boolean present = json.required("present").bool();
    SortedMap<String, String> values = json.required("values").texts();
    return new Fact(query, present, values);
  }
}
