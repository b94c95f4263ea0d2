package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * The config of an image, in the form that the OCI image specification and docker share.
 *
 * @param digest of the manifest that refers to it
 * @param platform what it is made for; what the config leaves out is taken from the node
 * @param user such as {@code nginx} or {@code 1000:1000}
 * @param diffIds the digests of the uncompressed layers, the lowest first
 */
record ImageConfig(
    String digest,
    Platform platform,
    List<String> entrypoint,
    List<String> command,
    List<String> env,
    String workingDir,
    Optional<String> user,
    Optional<String> stopSignal,
    SortedMap<String, String> labels,
    List<String> diffIds)
    implements ResolvedImage {

  ImageConfig {
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    env = List.copyOf(env);
    labels = SortedCopies.mapOf(labels);
    diffIds = List.copyOf(diffIds);
  }

  @Override
  public String os() {
    return platform.os();
  }

  @Override
  public String architecture() {
    return platform.architecture();
  }

  @Override
  public Optional<String> variant() {
    return platform.variant();
  }

  /** The chain IDs of the layers, the lowest first. */
  List<String> chainIds() {
    return Digests.chainIds(diffIds);
  }

  /** The chain ID of all layers together. */
  String chainId() {
    List<String> chainIds = chainIds();
    return chainIds.get(chainIds.size() - 1);
  }

  /**
   * Reads a config. What is missing or null takes its default.
   *
   * @param image its name, for what may be wrong
   * @param manifestDigest of the manifest that refers to it
   * @throws org.lfedge.eve.tasks.core.error.TaskException {@code BAD_IMAGE_CONFIG} for anything of
   *     the wrong type or form
   */
  static ImageConfig parse(ObjectNode json, String manifestDigest, Platform node, String image) {
    Reader root = new Reader(json, "", image);
    Reader config = root.object("config");
    Reader rootfs = root.object("rootfs");
    return new ImageConfig(
        manifestDigest,
        new Platform(
            root.text("os").orElse(node.os()),
            root.text("architecture").orElse(node.architecture()),
            root.text("variant")),
        config.texts("Entrypoint"),
        config.texts("Cmd"),
        config.environment("Env"),
        config.text("WorkingDir").map(dir -> dir.startsWith("/") ? dir : "/" + dir).orElse("/"),
        config.text("User"),
        config.text("StopSignal"),
        config.map("Labels"),
        rootfs.digests("diff_ids"));
  }

  /** Reads fields of one object. */
  private record Reader(JsonNode object, String path, String image) {

    Optional<JsonNode> field(String name) {
      return Optional.ofNullable(object.get(name)).filter(value -> !value.isNull());
    }

    Reader object(String name) {
      JsonNode value = field(name).orElseGet(JsonNodeFactory.instance::objectNode);
      if (!value.isObject()) {
        throw wrong(name, "an object");
      }
      return new Reader(value, path + name + ".", image);
    }

    /** Empty if it is missing, null or the empty text. */
    Optional<String> text(String name) {
      return field(name).map(value -> textOf(name, value)).filter(text -> !text.isEmpty());
    }

    List<String> texts(String name) {
      Optional<JsonNode> value = field(name);
      if (value.isEmpty()) {
        return List.of();
      }
      if (!value.get().isArray()) {
        throw wrong(name, "a list of texts");
      }
      List<String> texts = new ArrayList<>();
      value.get().forEach(item -> texts.add(textOf(name, item)));
      return texts;
    }

    List<String> environment(String name) {
      List<String> texts = texts(name);
      for (String text : texts) {
        if (text.indexOf('=') < 1) {
          throw wrong(name, "a list of KEY=value");
        }
      }
      return texts;
    }

    List<String> digests(String name) {
      List<String> texts = texts(name);
      for (String text : texts) {
        if (!Digests.isDigest(text)) {
          throw wrong(name, "a list of sha256 digests");
        }
      }
      return texts;
    }

    SortedMap<String, String> map(String name) {
      SortedMap<String, String> map = new TreeMap<>();
      Reader reader = object(name);
      for (var entry : reader.object().properties()) {
        map.put(entry.getKey(), reader.textOf(entry.getKey(), entry.getValue()));
      }
      return map;
    }

    private String textOf(String name, JsonNode value) {
      if (!value.isTextual() || value.textValue().indexOf('\0') >= 0) {
        throw wrong(name, "text");
      }
      return value.textValue();
    }

    private RuntimeException wrong(String name, String expected) {
      return ImageProblems.badConfig(image, "its config's " + path + name + " is not " + expected);
    }
  }
}
