package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lfedge.eve.tasks.spi.task.Root;

/** The root of a task as JSON: an object with one key, which names the kind. */
final class RootCodec {

  private RootCodec() {}

  static ObjectNode toJson(Root root) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (root instanceof Root.Image image) {
      json.putObject("image").put("reference", image.reference()).put("readOnly", image.readOnly());
    } else if (root instanceof Root.Directory directory) {
      json.putObject("directory")
          .put("path", directory.path())
          .put("readOnly", directory.readOnly());
    } else if (root instanceof Root.Bundle bundle) {
      json.putObject("bundle").put("path", bundle.path()).put("readOnly", bundle.readOnly());
    } else if (root instanceof Root.Host host) {
      json.putObject("host").put("readOnly", host.readOnly());
    } else if (root instanceof Root.File file) {
      json.putObject("file")
          .put("path", file.path())
          .put("format", file.format())
          .put("readOnly", file.readOnly());
    } else if (root instanceof Root.None) {
      json.putObject("none");
    } else {
      throw new IllegalArgumentException("unknown root: " + root);
    }
    return json;
  }

  static Root fromJson(JsonReader json) {
    String variant = json.variant();
    JsonReader value = json.required(variant);
    switch (variant) {
      case "image" -> {
        value.requireObject("reference", "readOnly");
        return new Root.Image(value.required("reference").text(), readOnly(value));
      }
      case "directory" -> {
        value.requireObject("path", "readOnly");
        return new Root.Directory(value.required("path").text(), readOnly(value));
      }
      case "bundle" -> {
        value.requireObject("path", "readOnly");
        return new Root.Bundle(value.required("path").text(), readOnly(value));
      }
      case "host" -> {
        value.requireObject("readOnly");
        return new Root.Host(readOnly(value));
      }
      case "file" -> {
        value.requireObject("path", "format", "readOnly");
        return new Root.File(
            value.required("path").text(), value.required("format").text(), readOnly(value));
      }
      case "none" -> {
        value.requireObject();
        return new Root.None();
      }
      default ->
          throw value.invalid(
              "is not a root; known are image, directory, bundle, host, file and none");
    }
  }

  private static boolean readOnly(JsonReader root) {
    return root.required("readOnly").bool();
  }
}
