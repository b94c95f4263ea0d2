package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageSignature;

/**
 * Builds images, and the layouts and archives that hold them, in all the forms that are in use. Not
 * checked: a test may ask for any nonsense.
 */
public final class TestImages {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** How the layers of an image are compressed. */
  public enum Compression {
    NONE(""),
    GZIP("+gzip"),
    ZSTD("+zstd");

    private final String suffix;

    Compression(String suffix) {
      this.suffix = suffix;
    }

    public byte[] compress(byte[] bytes) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (OutputStream compressed =
          switch (this) {
            case NONE -> out;
            case GZIP -> new GZIPOutputStream(out);
            case ZSTD -> new ZstdOutputStreamNoFinalizer(out);
          }) {
        compressed.write(bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return out.toByteArray();
    }
  }

  private final SortedMap<String, byte[]> blobs = new TreeMap<>();
  private final ArrayNode index = JSON.arrayNode();
  private final ArrayNode dockerList = JSON.arrayNode();
  private final SortedMap<String, byte[]> dockerFiles = new TreeMap<>();

  /** An image before it is put into a layout. */
  public static final class Image {

    private final List<byte[]> layers = new ArrayList<>();
    private final ObjectNode config = JSON.objectNode();
    private final ObjectNode settings = config.putObject("config");
    private Compression compression = Compression.GZIP;

    public Image() {
      config.put("os", "linux").put("architecture", "amd64");
    }

    public Image layer(TestLayer layer) {
      layers.add(layer.tar());
      return this;
    }

    public Image layer(byte[] tar) {
      layers.add(tar);
      return this;
    }

    public Image compression(Compression compression) {
      this.compression = compression;
      return this;
    }

    /** Changes what stands under {@code config} in the config: Env, Cmd and so on. */
    public Image settings(Consumer<ObjectNode> change) {
      change.accept(settings);
      return this;
    }

    /** Changes the whole config, whose diff IDs are added later unless they are there. */
    public Image config(Consumer<ObjectNode> change) {
      change.accept(config);
      return this;
    }

    byte[] configBytes() {
      if (!config.has("rootfs")) {
        ArrayNode diffIds = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        layers.forEach(layer -> diffIds.add(Digests.of(layer)));
      }
      return Manifests.bytes(config);
    }
  }

  /** Adds a blob. */
  public Descriptor blob(String mediaType, byte[] bytes) {
    String digest = Digests.of(bytes);
    blobs.put(digest, bytes);
    return new Descriptor(mediaType, digest, bytes.length);
  }

  /** Adds an image's blobs, without a name. */
  public Descriptor add(Image image) {
    ObjectNode manifest = JSON.objectNode();
    manifest.put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_MANIFEST);
    manifest.set("config", json(blob(MediaTypes.OCI_CONFIG, image.configBytes())));
    ArrayNode layers = manifest.putArray("layers");
    for (byte[] layer : image.layers) {
      layers.add(
          json(
              blob(
                  MediaTypes.OCI_LAYER + image.compression.suffix,
                  image.compression.compress(layer))));
    }
    return add(manifest);
  }

  /** Adds a document of the kind that its media type says. */
  public Descriptor add(ObjectNode document) {
    return blob(document.path("mediaType").asText(), Manifests.bytes(document));
  }

  /** Adds an index over images, by platforms such as {@code linux/arm/v7}; empty for none. */
  public Descriptor addIndex(List<Map.Entry<String, Descriptor>> images) {
    ObjectNode document = JSON.objectNode();
    document.put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_INDEX);
    ArrayNode manifests = document.putArray("manifests");
    images.forEach(image -> manifests.add(entry(image.getValue(), image.getKey())));
    return add(document);
  }

  /** A manifest with one signature, as cosign stores it; its blobs are added. */
  public static ObjectNode signature(TestImages made, byte[] payload, String base64Signature) {
    ObjectNode manifest = JSON.objectNode();
    manifest.put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_MANIFEST);
    byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
    manifest.set("config", json(made.blob(MediaTypes.OCI_CONFIG, config)));
    ObjectNode layer = json(made.blob(ImageSignature.MEDIA_TYPE, payload));
    layer.putObject("annotations").put(ImageSignature.ANNOTATION, base64Signature);
    manifest.putArray("layers").add(layer);
    return manifest;
  }

  /** Puts an image into the layout's index; an empty name or platform is left out. */
  public TestImages list(Descriptor image, String annotation, String name, String platform) {
    ObjectNode entry = entry(image, platform);
    if (!name.isEmpty()) {
      entry.putObject("annotations").put(annotation, name);
    }
    index.add(entry);
    return this;
  }

  /** Adds an image under a reference, in both the OCI and the docker-save form. */
  public TestImages add(String reference, Image image) {
    byte[] config = image.configBytes();
    String configName = Digests.hex(Digests.of(config)) + ".json";
    dockerFiles.put(configName, config);
    ObjectNode item = dockerList.addObject().put("Config", configName);
    if (reference.contains(":")) {
      item.putArray("RepoTags").add(reference);
    } else {
      item.putNull("RepoTags");
    }
    ArrayNode layers = item.putArray("Layers");
    for (byte[] layer : image.layers) {
      String path = Digests.hex(Digests.of(layer)).substring(0, 12) + "/layer.tar";
      dockerFiles.put(path, layer);
      layers.add(path);
    }
    return list(add(image), "org.opencontainers.image.ref.name", reference, "");
  }

  /** All blobs by digest; changes reach layouts written later. */
  public SortedMap<String, byte[]> blobs() {
    return blobs;
  }

  /** The files of the OCI layout. */
  public SortedMap<String, byte[]> layoutFiles() {
    SortedMap<String, byte[]> files = new TreeMap<>();
    files.put("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
    ObjectNode document = JSON.objectNode().put("schemaVersion", 2);
    document.set("manifests", index);
    files.put("index.json", Manifests.bytes(document));
    blobs.forEach((digest, bytes) -> files.put("blobs/sha256/" + Digests.hex(digest), bytes));
    return files;
  }

  /** The files that docker save writes. */
  public SortedMap<String, byte[]> dockerFiles() {
    SortedMap<String, byte[]> files = new TreeMap<>(dockerFiles);
    files.put("manifest.json", Manifests.bytes(dockerList));
    return files;
  }

  /** Writes an OCI layout as a directory. */
  public Path directory(Path directory) {
    return writeDirectory(directory, layoutFiles());
  }

  /** Writes an OCI layout as an archive. */
  public Path archive(Path file, Compression compression) {
    return writeArchive(file, layoutFiles(), compression);
  }

  /** Writes a docker-save archive. */
  public Path dockerArchive(Path file) {
    return writeArchive(file, dockerFiles(), Compression.NONE);
  }

  public static Path writeDirectory(Path directory, SortedMap<String, byte[]> files) {
    try {
      for (var file : files.entrySet()) {
        Path path = directory.resolve(file.getKey());
        Files.createDirectories(path.resolve("..").normalize());
        Files.write(path, file.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return directory;
  }

  public static Path writeArchive(
      Path file, SortedMap<String, byte[]> files, Compression compression) {
    TestLayer tar = new TestLayer();
    files.forEach(tar::file);
    try {
      return Files.write(file, compression.compress(tar.tar()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ObjectNode json(Descriptor descriptor) {
    return JSON.objectNode()
        .put("mediaType", descriptor.mediaType())
        .put("digest", descriptor.digest())
        .put("size", descriptor.size());
  }

  private static ObjectNode entry(Descriptor image, String platform) {
    ObjectNode entry = json(image);
    String[] parts = platform.split("/", -1);
    if (parts.length > 1) {
      ObjectNode node = entry.putObject("platform").put("os", parts[0]);
      node.put("architecture", parts[1]);
      if (parts.length > 2) {
        node.put("variant", parts[2]);
      }
    }
    return entry;
  }
}
