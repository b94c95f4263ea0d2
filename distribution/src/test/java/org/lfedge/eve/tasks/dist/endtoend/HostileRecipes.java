package org.lfedge.eve.tasks.dist.endtoend;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;

/** How hostile images are made, document by document where that is needed. */
final class HostileRecipes {

  static final String TAR = "application/vnd.oci.image.layer.v1.tar";
  static final String GZIP = TAR + "+gzip";
  static final String ZSTD = TAR + "+zstd";

  /** A size that no document has. */
  static final int LARGE = 100 << 20;

  private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String INDEX = "application/vnd.oci.image.index.v1+json";
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private HostileRecipes() {}

  /** Puts an image together, and says what its tag stands for. */
  interface Recipe {
    Descriptor make(TestImages made);
  }

  /** An image of layers that are no harm but for what their entries say. */
  static Recipe layers(TestLayer... layers) {
    return made -> {
      TestImages.Image image = image();
      Arrays.stream(layers).forEach(image::layer);
      return made.add(image);
    };
  }

  private static TestImages.Image image() {
    return new TestImages.Image().config(config -> config.put("architecture", architecture()));
  }

  static String architecture() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }

  /** Makes the bytes of a blob when they are needed: some are large. */
  interface Bytes {
    byte[] get();
  }

  /** An image with one layer that is taken as it is. */
  static Recipe layer(String mediaType, Bytes layer, String diffId) {
    return made -> {
      ObjectNode config = JSON.objectNode().put("os", "linux").put("architecture", architecture());
      config.putObject("rootfs").put("type", "layers").putArray("diff_ids").add(diffId);
      return manifest(
          made,
          made.blob(CONFIG, bytes(config.toString())),
          List.of(made.blob(mediaType, layer.get())));
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Descriptor manifest(TestImages made, Descriptor config, List<Descriptor> layers) {
    ObjectNode manifest = JSON.objectNode().put("schemaVersion", 2).put("mediaType", MANIFEST);
    manifest.set("config", json(config));
    ArrayNode list = manifest.putArray("layers");
    layers.forEach(layer -> list.add(json(layer)));
    return made.add(manifest);
  }

  private static ObjectNode json(Descriptor descriptor) {
    return JSON.objectNode()
        .put("mediaType", descriptor.mediaType())
        .put("digest", descriptor.digest())
        .put("size", descriptor.size());
  }

  private static List<Descriptor> smallLayers(TestImages made, int count) {
    List<Descriptor> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      layers.add(made.blob(TAR, new TestLayer().file("x" + i, "x").tar()));
    }
    return layers;
  }

  /** The config that is served is a small one. */
  static Recipe configThatClaims(long size) {
    return made -> {
      Descriptor config = made.blob(CONFIG, bytes("{}"));
      return manifest(made, new Descriptor(CONFIG, config.digest(), size), smallLayers(made, 1));
    };
  }

  /** What is served as the config is large. */
  static Recipe configThatIsLarge(long claimed) {
    return made -> {
      Descriptor config = made.blob(CONFIG, new byte[LARGE]);
      return manifest(made, new Descriptor(CONFIG, config.digest(), claimed), smallLayers(made, 1));
    };
  }

  /** A good image below indexes that have nothing but the next one. */
  static Recipe indexes(int depth) {
    return made -> {
      Descriptor inner = made.add(BusyboxImage.image());
      for (int i = 0; i < depth; i++) {
        inner = made.addIndex(List.of(Map.entry("", inner)));
      }
      return inner;
    };
  }

  /** An index, one item of which is served with the bytes of the index. */
  static Descriptor indexInItself(TestImages made) {
    Descriptor item = made.blob(INDEX, bytes("{}"));
    Descriptor index = made.addIndex(List.of(Map.entry("", item)));
    byte[] served = Objects.requireNonNull(made.blobs().get(index.digest()));
    made.blobs().put(item.digest(), served);
    return index;
  }

  /** An index of so many manifests. */
  static Recipe index(int manifests) {
    return made -> {
      Descriptor image = made.add(BusyboxImage.image());
      return made.addIndex(
          Collections.nCopies(manifests, Map.entry("linux/" + architecture(), image)));
    };
  }

  /** A manifest with so many layers. */
  static Recipe manifestOf(int layers) {
    return made -> manifest(made, made.blob(CONFIG, bytes("{}")), smallLayers(made, layers));
  }

  /** A manifest that two readers may read in two ways. */
  static Descriptor twoValuesForAKey(TestImages made) {
    Descriptor honest = made.add(BusyboxImage.image());
    byte[] served = Objects.requireNonNull(made.blobs().get(honest.digest()));
    String text = new String(served, StandardCharsets.UTF_8);
    return made.blob(MANIFEST, bytes(text.replaceFirst("\\{", "{\"layers\":[],")));
  }

  /** An index that is not too large, and takes many times its size when it is read. */
  static Descriptor manyEmptyObjects(TestImages made) {
    return made.blob(INDEX, bytes("{\"manifests\":[" + "{},".repeat(340_000) + "{}]}"));
  }

  /** An index, each item of which must be read, and is as large as it may be. */
  static Descriptor largeItems(TestImages made) {
    List<Map.Entry<String, Descriptor>> items = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      ObjectNode item = JSON.objectNode().put("mediaType", INDEX);
      item.put("padding", i + " ".repeat(1_000_000)).putArray("manifests");
      items.add(Map.entry("", made.add(item)));
    }
    return made.addIndex(items);
  }

  /** Puts an image into a registry: all of it at every address that it may be asked for at. */
  static void serve(FixtureRegistry registry, TestImages made, Descriptor target, String tag) {
    ServedImage.put(registry, made, target, tag);
    made.blobs()
        .forEach(
            (digest, bytes) -> {
              var unused = registry.document(digest, target.mediaType(), bytes);
            });
  }
}
