package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * What {@code docker save} and {@code skopeo copy ... docker-archive:} write: {@code manifest.json}
 * lists images by the paths of their configs and layers. It has no manifest in the sense of
 * registries, so one is made, and the digests that it needs are computed; the diff IDs in the
 * config and the config's name, which is its digest, still tell whether anything is damaged.
 */
final class DockerArchive implements Blobs {

  private static final String LIST = "manifest.json";
  private static final int MAX_IMAGES = 64;
  private static final Pattern CONFIG_NAME = Pattern.compile("(?:.*/)?([0-9a-f]{64})(?:\\.json)?");
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final LayoutFiles files;
  private final String path;
  private final Map<String, String> members = new TreeMap<>();
  private final Map<String, byte[]> manifests = new TreeMap<>();
  private final Map<String, Descriptor> layers = new TreeMap<>();

  private DockerArchive(LayoutFiles files, String path) {
    this.files = files;
    this.path = path;
  }

  static boolean isOne(LayoutFiles files) throws IOException {
    return files.size(LIST).isPresent();
  }

  /**
   * Reads the list of images, and every layer for its digest.
   *
   * @param repository of images without a name
   * @param path of the archive, for what may be wrong
   */
  static Layout read(LayoutFiles files, String repository, String path) throws IOException {
    DockerArchive archive = new DockerArchive(files, path);
    JsonNode list = Manifests.json(Layout.document(files, LIST, path), LIST, path);
    if (!list.isArray() || list.isEmpty() || list.size() > MAX_IMAGES) {
      throw ImageProblems.badLayout(path, LIST + " is no list of 1 to " + MAX_IMAGES + " images");
    }
    Map<String, List<Manifests.Entry>> images = new TreeMap<>();
    for (JsonNode item : list) {
      var entry =
          new Manifests.Entry(
              archive.manifest(item), Optional.empty(), SortedCopies.mapOf(Map.of()));
      for (String name : archive.names(item, repository)) {
        List<Manifests.Entry> same = images.computeIfAbsent(name, key -> new ArrayList<>());
        if (!same.contains(entry)) {
          same.add(entry);
        }
      }
    }
    return new Layout(
        images.entrySet().stream()
            .map(found -> new Layout.Named(found.getKey(), found.getValue()))
            .toList(),
        archive,
        files);
  }

  private List<String> names(JsonNode item, String repository) {
    List<String> names = new ArrayList<>();
    for (JsonNode tag : item.path("RepoTags")) {
      String given = tag.asText("");
      names.add(
          ImageName.parse(given).orElseThrow(() -> ImageProblems.badName(path, given)).toString());
    }
    return names.isEmpty() ? List.of(repository + ":latest") : names;
  }

  private Descriptor manifest(JsonNode item) throws IOException {
    ObjectNode manifest = JSON.objectNode();
    manifest.put("schemaVersion", 2);
    manifest.put("mediaType", MediaTypes.OCI_MANIFEST);
    String config = item.path("Config").asText("");
    manifest.set("config", json(config(config)));
    JsonNode paths = item.path("Layers");
    if (!paths.isArray() || paths.size() > Manifests.MAX_LAYERS) {
      throw ImageProblems.badLayout(
          path, "'Layers' is no list, or one of more than " + Manifests.MAX_LAYERS);
    }
    JsonNode diffIds =
        Manifests.object(Layout.document(files, config, path), config, path)
            .path("rootfs")
            .path("diff_ids");
    ArrayNode layers = manifest.putArray("layers");
    for (int i = 0; i < paths.size(); i++) {
      Descriptor layer = layer(paths.path(i).asText(""));
      checkDiffId(layer, diffIds.path(i).asText(""));
      layers.add(json(layer));
    }
    byte[] bytes = Manifests.bytes(manifest);
    String digest = Digests.of(bytes);
    manifests.put(digest, bytes);
    return new Descriptor(MediaTypes.OCI_MANIFEST, digest, bytes.length);
  }

  /** The digest of a plain layer is its diff ID; of a compressed one it shows when unpacked. */
  private void checkDiffId(Descriptor layer, String diffId) {
    if (layer.mediaType().equals(MediaTypes.OCI_LAYER) && !layer.digest().equals(diffId)) {
      throw ImageProblems.digestMismatch(
          path,
          "a layer has the digest " + layer.digest() + ", its config states '" + diffId + "'");
    }
  }

  private Descriptor config(String member) throws IOException {
    byte[] bytes = Layout.document(files, member, path);
    String digest = Digests.of(bytes);
    Matcher name = CONFIG_NAME.matcher(member);
    if (name.matches() && !digest.equals(Digests.PREFIX + name.group(1))) {
      throw ImageProblems.digestMismatch(
          path, "the content of " + member + " has the digest " + digest);
    }
    members.put(digest, member);
    return new Descriptor(MediaTypes.OCI_CONFIG, digest, bytes.length);
  }

  private Descriptor layer(String member) throws IOException {
    Descriptor known = layers.get(member);
    if (known != null) {
      return known;
    }
    long size =
        files
            .size(member)
            .orElseThrow(() -> ImageProblems.badLayout(path, "'" + member + "' is missing"));
    try (BufferedInputStream in = Decompression.buffered(files.open(member))) {
      String mediaType =
          switch (Decompression.of(in)) {
            case NONE -> MediaTypes.OCI_LAYER;
            case GZIP -> MediaTypes.OCI_LAYER_GZIP;
            case ZSTD -> MediaTypes.OCI_LAYER_ZSTD;
          };
      MessageDigest digest = Digests.sha256();
      byte[] buffer = new byte[64 * 1024];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      Descriptor layer = new Descriptor(mediaType, Digests.finish(digest), size);
      layers.put(member, layer);
      members.put(layer.digest(), member);
      return layer;
    }
  }

  private static ObjectNode json(Descriptor descriptor) {
    return JSON.objectNode()
        .put("mediaType", descriptor.mediaType())
        .put("digest", descriptor.digest())
        .put("size", descriptor.size());
  }

  @Override
  public Optional<Long> size(Descriptor blob) throws IOException {
    byte[] bytes = manifests.get(blob.digest());
    if (bytes != null) {
      return Optional.of((long) bytes.length);
    }
    String member = members.get(blob.digest());
    return member == null ? Optional.empty() : files.size(member);
  }

  @Override
  public InputStream open(Descriptor blob) throws IOException {
    byte[] bytes = manifests.get(blob.digest());
    if (bytes != null) {
      return new ByteArrayInputStream(bytes);
    }
    String member = members.get(blob.digest());
    if (member == null) {
      throw new IOException("there is no blob " + blob.digest());
    }
    return files.open(member);
  }
}
