package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;

/**
 * Roots that are fetched from Debian's docker-registry, which wants a password: as artifacts, and
 * as blobs by their URLs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FetchedFilesIT {

  private static final String IDLE = "[busybox, sh, -c, 'trap : TERM; while :; do sleep 9; done']";

  private final byte[] disk = disk(1);
  private final String digest = FixtureRegistry.digest(disk);
  private final DebianRegistry registry = new DebianRegistry();
  private final PackagedNode node;
  private final SortedMap<String, List<String>> before;

  FetchedFilesIT() {
    VendorJar serving = ServingExecutor.jar();
    node =
        new PackagedNode(
            List.of(serving.digest()),
            registry.nodeConfig()
                + "trust: {tools: [{name: \"*\", require: accept}]}\n"
                + "executors: {serving: {tools: \"tools:1\"}}\n",
            serving::addTo);
    try {
      node.taskctl(
              "images",
              "import",
              BusyboxImage.layout(
                      node.documents().resolve("tools"), "tools:1", BusyboxImage.image())
                  .toString())
          .expect(0);
      // It unpacks the tools, and makes the directories that all tasks share.
      node.taskctl("create", document("first", "")).expect(0);
      node.taskctl("delete", "first").expect(0);
      before = Traces.of(node);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static byte[] disk(int seed) {
    byte[] bytes = new byte[1 << 20];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @AfterAll
  void close() {
    node.close();
    registry.close();
  }

  private String document(String name, String root) {
    return node.document(
        name + ".yaml",
        """
        name: %s
        executor: serving
        command: %s
        resources: {memory: 32MiB, cpus: 0.5}
        restart: {policy: never}
        stop: {grace: 0s}
        %s
        """
            .formatted(name, IDLE, root));
  }

  private static String byUrl(String url, String digest) {
    return "root: {disk: {url: \"%s\", digest: \"%s\", format: raw}, readOnly: true}"
        .formatted(url, digest);
  }

  private String byTag(String tag, String pull) {
    return "root: {disk: {artifact: \"%s/team/%s\", format: raw}, readOnly: true, pull: %s}"
        .formatted(registry.host(), tag, pull);
  }

  private String sum(String task) {
    return "sha256:"
        + node.taskctl("exec", task, "--", "busybox", "sha256sum", "/tmp/root")
            .expect(0)
            .out()
            .split(" ", -1)[0];
  }

  private List<String> kept() {
    return Traces.of(node).getOrDefault("fetched files", List.of()).stream()
        .map("sha256:"::concat)
        .toList();
  }

  private void assertNothingIsLeft() {
    for (JsonNode task : node.json("list")) {
      node.taskctl("delete", "--force", task.path("name").asText()).expect(0);
    }
    Programs.await("nothing to be left", () -> before.equals(Traces.of(node)));
  }

  @Test
  void aFileByUrlIsSharedByTasksAndGoesWithTheLast() {
    String url = registry.pushFile("team/by-url", "1", "disk.raw", disk);
    node.taskctl("run", "-d", document("one", byUrl(url, digest))).expect(0);
    assertEquals(digest, sum("one"));
    String written =
        node.taskctl("exec", "one", "--", "busybox", "sh", "-c", "echo > /tmp/root").err();
    assertTrue(written.contains("Read-only file system"), written);
    long served = registry.blobsServed();
    node.taskctl("run", "-d", document("two", byUrl(url, digest))).expect(0);
    assertEquals(served, registry.blobsServed());

    JsonNode shown = node.json("inspect", "two");
    assertEquals(digest, shown.at("/rootFile/digest").asText(), shown.toString());
    assertEquals(url, shown.at("/rootFile/source").asText());
    assertTrue(shown.at("/rootFile/artifactDigest").isNull());
    assertEquals(url, shown.at("/config/root/file/url").asText());

    node.taskctl("delete", "--force", "one").expect(0);
    node.kill();
    node.start();
    assertEquals(List.of(digest), kept());
    node.taskctl("stop", "two").expect(0);
    node.taskctl("start", "two").expect(0);
    assertEquals(digest, sum("two"));
    assertNothingIsLeft();
  }

  @Test
  void aVolumeOfAFileByUrlIsTheRootOfATaskThatWritesToItAndOutlivesBoth() {
    String url = registry.pushFile("team/volume", "1", "disk.raw", disk);
    node.taskctl("volumes", "create", "vm", "--disk", url, "--digest", digest, "--format", "raw")
        .expect(0);
    assertEquals(List.of(), kept());
    assertEquals(url, node.json("volumes", "inspect", "vm").path("content").asText());
    String document = document("writer", "root: {volume: vm}");
    node.taskctl("run", "-d", document).expect(0);
    assertEquals(digest, sum("writer"));
    String write = "echo new | busybox dd of=/tmp/root conv=notrunc";
    node.taskctl("exec", "writer", "--", "busybox", "sh", "-c", write).expect(0);
    assertEquals("vm", node.json("inspect", "writer").at("/config/root/volume").asText());
    assertEquals(
        List.of("VOLUME_IN_USE"),
        node.taskctl("-o", "json", "volumes", "delete", "vm").errorCodes());
    assertEquals(
        List.of("VOLUME_IN_USE"),
        node.taskctl("-o", "json", "create", document("second", "root: {volume: vm}"))
            .errorCodes());
    String written = sum("writer");
    assertNotEquals(digest, written);
    node.taskctl("delete", "--force", "--purge", "writer").expect(0);
    node.taskctl("run", "-d", document).expect(0);
    assertEquals(written, sum("writer"));
    node.taskctl("delete", "--force", "writer").expect(0);
    node.taskctl("volumes", "delete", "vm").expect(0);
    Programs.Result refused =
        node.taskctl("-o", "json", "create", document("second", "root: {volume: vm}"));
    assertEquals(List.of("VOLUME_NOT_FOUND"), refused.errorCodes());
    assertTrue(refused.err().contains("root.volume"), refused.err());
    assertNothingIsLeft();
  }

  @Test
  void anArtifactIsFollowedWhenItsTagMoves() {
    registry.pushFile("team/moving", "1", "disk.raw", disk);
    node.taskctl("apply", document("moving", byTag("moving:1", "always"))).expect(0);
    assertEquals(digest, sum("moving"));
    byte[] next = disk(2);
    registry.pushFile("team/moving", "1", "disk.raw", next);
    node.taskctl("apply", document("moving", byTag("moving:1", "always"))).expect(0);
    assertEquals(digest, sum("moving"), "a document that is the same changes nothing");
    String other = document("moving", byTag("moving:1", "always") + "\ndisplayName: next");
    node.taskctl("apply", other).expect(0);
    assertEquals(FixtureRegistry.digest(next), sum("moving"));
    assertEquals(List.of(FixtureRegistry.digest(next)), kept());
    JsonNode shown = node.json("inspect", "moving");
    assertEquals(FixtureRegistry.digest(next), shown.at("/rootFile/digest").asText());
    assertEquals(
        shown.at("/rootFile/artifactDigest"), shown.at("/imageTrust/digest"), shown.toString());
    assertNothingIsLeft();
  }

  @Tag("long")
  @Test
  void aJarIsLookedIntoAsOneOfTheNodeIs() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "site.App");
    ByteArrayOutputStream jar = new ByteArrayOutputStream();
    try (JarOutputStream out = new JarOutputStream(jar, manifest)) {
      out.putNextEntry(new JarEntry("empty"));
    }
    registry.pushFile("team/app", "1", "app.jar", jar.toByteArray());
    String root = "root: {jar: {artifact: \"%s/team/app:1\"}}".formatted(registry.host());
    node.taskctl("run", "-d", document("app", root)).expect(0);
    assertEquals(FixtureRegistry.digest(jar.toByteArray()), sum("app"));
    assertEquals(
        "site.App\n",
        node.taskctl("exec", "app", "--", "busybox", "sh", "-c", "echo $jar").expect(0).out());
    registry.pushFile("team/no-app", "1", "app.jar", disk);
    Programs.Result refused =
        node.taskctl(
            "-o", "json", "create", document("no", root.replace("team/app", "team/no-app")));
    assertEquals(List.of("NOT_A_JAR"), refused.errorCodes());
    assertTrue(refused.err().contains("root.jar.artifact"), refused.err());
    assertNothingIsLeft();
  }

  @Test
  void anotherContentIsRefusedAtItsPlaceAndNothingIsMade() {
    String url = registry.pushFile("team/other", "1", "disk.raw", disk);
    String wrong = "sha256:" + "0".repeat(64);
    Programs.Result refused =
        node.taskctl("-o", "json", "create", document("bad", byUrl(url, wrong)));
    assertEquals(List.of("DIGEST_MISMATCH"), refused.errorCodes());
    assertTrue(refused.err().contains("root.disk.url"), refused.err());
    Programs.Result rendered =
        node.taskctl("-o", "json", "render", document("bad", byUrl(url, digest)));
    assertEquals(List.of("FILE_NOT_FOUND"), rendered.errorCodes());
    assertNothingIsLeft();
  }
}
