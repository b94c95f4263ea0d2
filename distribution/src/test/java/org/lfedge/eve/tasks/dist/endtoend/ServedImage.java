package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;

/** Images in a registry that is a part of the test. */
final class ServedImage {

  private ServedImage() {}

  /** Puts an image in, with a tag. */
  static void put(FixtureRegistry registry, TestImages images, Descriptor target, String tag) {
    images.blobs().values().forEach(registry::blob);
    var unused =
        registry.document(
            tag, target.mediaType(), images.blobs().getOrDefault(target.digest(), new byte[0]));
  }

  /**
   * Puts an image in that is in a layout in an archive, with a tag.
   *
   * @return the digest of its manifest
   */
  static String putLayout(FixtureRegistry registry, Path archive, String tag) {
    try {
      Path layout = Files.createTempDirectory("layout-");
      Programs.run(List.of("tar", "-xf", archive.toString(), "-C", layout.toString())).expect(0);
      var manifest = Programs.parse(Programs.read(layout.resolve("index.json"))).at("/manifests/0");
      Path blobs = layout.resolve("blobs/sha256");
      try (Stream<Path> files = Files.list(blobs)) {
        for (Path file : files.toList()) {
          var unused = registry.blob(Files.readAllBytes(file));
        }
      }
      String digest = manifest.path("digest").asText();
      var unused =
          registry.document(
              tag,
              manifest.path("mediaType").asText(),
              Files.readAllBytes(blobs.resolve(digest.replaceFirst("^sha256:", ""))));
      Programs.run(List.of("rm", "-r", layout.toString())).expect(0);
      return digest;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts a file in as an artifact, as the only one with its tag. */
  static void putFile(FixtureRegistry registry, String tag, byte[] bytes) {
    byte[] empty = "{}".getBytes(StandardCharsets.UTF_8);
    String type = "application/vnd.oci.image.manifest.v1+json";
    String manifest =
        """
        {"schemaVersion": 2, "mediaType": "%s",
         "config":
           {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "%s", "size": 2},
         "layers":
           [{"mediaType": "application/octet-stream", "digest": "%s", "size": %d}]}
        """
            .formatted(type, registry.blob(empty), registry.blob(bytes), bytes.length);
    var unused = registry.document(tag, type, manifest.getBytes(StandardCharsets.UTF_8));
  }

  /** What a node's config says of such a registry. */
  static String nodeConfig(FixtureRegistry registry) {
    return "registries: {hosts: {\"" + registry.host() + "\": {plainHttp: true}}}";
  }

  /** Prunes, after which nothing of any image may be there. */
  static void assertNoneLeft(PackagedNode node) {
    node.taskctl("images", "prune").expect(0);
    SortedMap<String, List<String>> traces = Traces.of(node);
    for (String kind :
        List.of("images", "blobs", "unfinished blobs", "snapshots", "leases", "leases of pulls")) {
      assertEquals(List.of(), entries(traces, kind), kind);
    }
  }

  /** Of a kind, without the heading that containerd's client writes for some. */
  static List<String> entries(SortedMap<String, List<String>> traces, String kind) {
    return traces.getOrDefault(kind, List.of()).stream()
        .filter(line -> !line.startsWith("KEY"))
        .toList();
  }
}
