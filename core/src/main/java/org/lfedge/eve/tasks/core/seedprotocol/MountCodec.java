package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.View;

/** Mounts as JSON; the source is an object with one key, which names its kind. */
final class MountCodec {

  private MountCodec() {}

  static ObjectNode toJson(Mount mount) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode source = json.putObject("source");
    if (mount.source() instanceof Source.Tmpfs tmpfs) {
      source.putObject("tmpfs").put("bytes", tmpfs.bytes());
    } else if (mount.source() instanceof Source.OfHost host) {
      source.putObject("host").put("path", host.path());
    } else if (mount.source() instanceof Source.OfNamespace of) {
      source.putObject("namespace").put("name", SeedCodec.name(of.namespace()));
    } else if (mount.source() instanceof Source.OfVolume volume) {
      source
          .putObject("volume")
          .put("name", volume.name())
          .put("view", SeedCodec.name(volume.view()));
    } else if (mount.source() instanceof Source.OfRoot root) {
      source.putObject("root").put("view", SeedCodec.name(root.view()));
    } else if (mount.source() instanceof Source.State state) {
      source.putObject("state").put("name", state.name()).put("maxBytes", state.maxBytes());
    } else if (mount.source() instanceof Source.RuntimeDirectory directory) {
      source.putObject("runtimeDirectory").put("maxBytes", directory.maxBytes());
    } else {
      throw new IllegalArgumentException("unknown source: " + mount.source());
    }
    return json.put("target", mount.target()).put("readOnly", mount.readOnly());
  }

  static Mount fromJson(JsonReader json) {
    json.requireObject("source", "target", "readOnly");
    Source source = readSource(json.required("source"));
    String target = json.required("target").text();
    boolean readOnly = json.optional("readOnly").map(JsonReader::bool).orElse(false);
    return json.check(() -> new Mount(source, target, readOnly));
  }

  private static Source readSource(JsonReader json) {
    String variant = json.variant();
    JsonReader value = json.required(variant);
    switch (variant) {
      case "tmpfs" -> {
        long bytes = value.requireObject("bytes").required("bytes").number();
        return value.check(() -> new Source.Tmpfs(bytes));
      }
      case "host" -> {
        String path = value.requireObject("path").required("path").text();
        return value.check(() -> new Source.OfHost(path));
      }
      case "namespace" -> {
        JsonReader name = value.requireObject("name").required("name");
        return new Source.OfNamespace(name.oneOf(Namespace.class));
      }
      case "volume" -> {
        String name = value.requireObject("name", "view").required("name").text();
        View view = value.required("view").oneOf(View.class);
        return new Source.OfVolume(name, view);
      }
      case "root" -> {
        return new Source.OfRoot(value.requireObject("view").required("view").oneOf(View.class));
      }
      case "state" -> {
        String name = value.requireObject("name", "maxBytes").required("name").text();
        long bytes = value.required("maxBytes").number();
        return value.check(() -> new Source.State(name, bytes));
      }
      case "runtimeDirectory" -> {
        long bytes = value.requireObject("maxBytes").required("maxBytes").number();
        return value.check(() -> new Source.RuntimeDirectory(bytes));
      }
      default ->
          throw value.invalid(
              "is not a source; known are tmpfs, host, namespace, volume, root, state and"
                  + " runtimeDirectory");
    }
  }
}
