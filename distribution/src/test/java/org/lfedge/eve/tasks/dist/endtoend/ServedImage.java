package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedMap;
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
