package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** Reads the JSON documents of images: strictly, and bounded in size and count. */
final class Manifests {

  /**
   * Usual documents have some KiB, and a config with a long history some hundred. Other clients
   * take four times as much; here several are read at a time in a heap of 64 MiB.
   */
  static final int MAX_DOCUMENT = 1 << 20;

  /** What all documents of one image may have together: they are in memory while it is pulled. */
  static final int MAX_ALL_DOCUMENTS = 2 * MAX_DOCUMENT;

  /**
   * How many names, values and brackets a document may have. An empty object takes three bytes of a
   * document and thirty times as many of memory; an image of 128 layers needs some 5,000.
   */
  private static final int MAX_TOKENS = 30_000;

  /** Overlay file systems take about as many lower directories. */
  static final int MAX_LAYERS = 128;

  private static final int MAX_ENTRIES = 256;

  /** Two values for one key, or text after the end, would let two readers see two images. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxTokenCount(MAX_TOKENS).build())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Manifests() {}

  /** One item of an index. */
  record Entry(
      Descriptor descriptor, Optional<Platform> platform, SortedMap<String, String> annotations) {

    Entry {
      annotations = SortedCopies.mapOf(annotations);
    }
  }

  /** What a manifest refers to; the lowest layer first. */
  record Manifest(Descriptor config, List<Descriptor> layers) {

    Manifest {
      layers = List.copyOf(layers);
    }
  }

  /** A blob that must be a JSON object, checked against its digest. */
  static ObjectNode document(Blobs blobs, Descriptor blob, String image) {
    if (blob.size() > MAX_DOCUMENT) {
      throw ImageProblems.badLayout(
          image, "document " + blob.digest() + " has more than " + MAX_DOCUMENT + " bytes");
    }
    try (VerifiedStream in = VerifiedStream.open(blobs, blob, image)) {
      return object(in.readAllBytes(), "document " + blob.digest(), image);
    } catch (IOException e) {
      throw ImageProblems.unreadable(image, e);
    }
  }

  /** Text that must be a JSON object. */
  static ObjectNode object(byte[] json, String what, String image) {
    if (json(json, what, image) instanceof ObjectNode object) {
      return object;
    }
    throw ImageProblems.badLayout(image, what + " is no JSON object");
  }

  static JsonNode json(byte[] json, String what, String image) {
    try {
      return MAPPER.readTree(json);
    } catch (StreamConstraintsException e) {
      throw ImageProblems.badLayout(
          image, what + " is too large or too deep to be read: " + e.getOriginalMessage());
    } catch (JsonProcessingException e) {
      throw ImageProblems.badLayout(image, what + " is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw ImageProblems.unreadable(image, e);
    }
  }

  static byte[] bytes(JsonNode json) {
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree can always be written", e);
    }
  }

  /**
   * Whether a document is an index rather than a manifest. One that could be read as both, or that
   * is not what it was announced as, is refused.
   *
   * @param announced the media type by which it was referred to; empty if unknown
   */
  static boolean isIndex(ObjectNode document, String announced, String image) {
    boolean index = document.has("manifests");
    boolean manifest = document.has("config") || document.has("layers");
    String stated = document.path("mediaType").asText(announced);
    if (document.path("schemaVersion").asInt(2) != 2 || document.has("fsLayers")) {
      throw ImageProblems.refused(
          "UNSUPPORTED_MEDIA_TYPE",
          image,
          "it has a docker manifest of version 1",
          "push or export it again with a current tool");
    }
    if (index == manifest || (!announced.isEmpty() && !stated.equals(announced))) {
      throw ImageProblems.badLayout(image, "a document is not the " + announced + " it should be");
    }
    if (!stated.isEmpty()
        && !(index ? MediaTypes.isIndex(stated) : MediaTypes.isManifest(stated))) {
      throw unsupported(image, "a document", stated, "use an OCI or docker image");
    }
    return index;
  }

  static List<Entry> entries(ObjectNode index, String image) {
    List<Entry> entries = new ArrayList<>();
    for (JsonNode item : list(index, "manifests", MAX_ENTRIES, image)) {
      entries.add(new Entry(descriptor(item, image), platform(item), annotations(item)));
    }
    return entries;
  }

  static Manifest manifest(ObjectNode document, String image) {
    Descriptor config = descriptor(document.path("config"), image);
    if (!MediaTypes.isConfig(config.mediaType())) {
      throw unsupported(
          image, "its config", config.mediaType(), "use a container image, not another artifact");
    }
    List<Descriptor> layers = new ArrayList<>();
    for (JsonNode item : list(document, "layers", MAX_LAYERS, image)) {
      Descriptor layer = descriptor(item, image);
      if (!MediaTypes.isLayer(layer.mediaType())) {
        throw unsupported(
            image,
            "layer " + layer.digest(),
            layer.mediaType(),
            MediaTypes.whyNoLayer(layer.mediaType()));
      }
      layers.add(layer);
    }
    return new Manifest(config, layers);
  }

  static Descriptor descriptor(JsonNode item, String image) {
    String mediaType = item.path("mediaType").asText("");
    String digest = item.path("digest").asText("");
    long size = item.path("size").asLong(-1);
    if (mediaType.isEmpty() || !Digests.isDigest(digest) || size < 0) {
      throw ImageProblems.badLayout(
          image, "a descriptor lacks a media type, a sha256 digest or a size");
    }
    return new Descriptor(mediaType, digest, size);
  }

  private static Optional<Platform> platform(JsonNode item) {
    JsonNode platform = item.path("platform");
    String os = platform.path("os").asText("");
    String architecture = platform.path("architecture").asText("");
    return os.isEmpty() || architecture.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Platform(os, architecture, Optional.of(platform.path("variant").asText(""))));
  }

  static SortedMap<String, String> annotations(JsonNode item) {
    SortedMap<String, String> annotations = new TreeMap<>();
    for (var entry : item.path("annotations").properties()) {
      annotations.put(entry.getKey(), entry.getValue().asText(""));
    }
    return annotations;
  }

  static JsonNode list(ObjectNode document, String name, int most, String image) {
    JsonNode list = document.path(name);
    if (!list.isArray() || list.size() > most) {
      throw ImageProblems.badLayout(
          image, "'" + name + "' is no list, or one of more than " + most + " items");
    }
    return list;
  }

  private static RuntimeException unsupported(
      String image, String what, String mediaType, String next) {
    return ImageProblems.refused(
        "UNSUPPORTED_MEDIA_TYPE", image, what + " is of the media type '" + mediaType + "'", next);
  }
}
