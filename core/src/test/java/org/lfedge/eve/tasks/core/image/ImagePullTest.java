package org.lfedge.eve.tasks.core.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.StoredImage;

class ImagePullTest extends ImagesFixture {

  private static final String REPOSITORY = "registry.example/team/web";

  private final TestImages made = new TestImages();

  private StoredImage pull(String reference) {
    return images.pull(reference, PlatformChoice.usual(), ImagePurpose.IMAGE, PullProgress.NONE);
  }

  private Descriptor served(TestImages.Image image) {
    Descriptor target = made.add(image);
    registries.add(made, REPOSITORY, "1", target);
    return target;
  }

  @Test
  void aPulledImageIsNamedAndUnpacked() {
    Descriptor target = served(web());

    StoredImage pulled = pull(REPOSITORY + ":1");

    assertEquals(REPOSITORY + ":1", pulled.name());
    assertEquals(target.digest(), pulled.digest());
    assertEquals(List.of(pulled), images.list());
    assertEquals(2, content.layers().size());
    assertEquals(made.blobs().keySet(), intersection(made.blobs().keySet()));
    int applied = content.applied();
    ImageDetails details = images.unpack(pulled);
    assertTrue(details.accounts().passwd().contains("www"));
    assertEquals(applied, content.applied(), "it was unpacked by the pull");
  }

  private Set<String> intersection(Set<String> digests) {
    Set<String> both = new TreeSet<>(digests);
    both.retainAll(content.blobs());
    return both;
  }

  @Test
  void thatIsHereMovesNoBlob() {
    served(web());
    pull(REPOSITORY + ":1");
    registries.asked();
    String before = content.state();

    pull(REPOSITORY + ":1");

    assertEquals(List.of("1"), registries.asked());
    assertEquals(before, content.state());
  }

  @Test
  void anIndexGivesTheOneForThisNode() {
    TestImages.Image arm =
        web().config(config -> config.put("architecture", "arm").put("variant", "v7"));
    TestImages.Image other = web().layer(new TestLayer().file("other", "arm64"));
    other.config(config -> config.put("architecture", "arm64"));
    Descriptor armManifest = made.add(arm);
    Descriptor amdManifest = made.add(web());
    Descriptor index =
        made.addIndex(
            List.of(
                Map.entry("linux/arm/v7", armManifest),
                Map.entry("linux/amd64", amdManifest),
                Map.entry("linux/arm64", made.add(other))));
    registries.add(made, REPOSITORY, "1", index);

    StoredImage pulled = pull(REPOSITORY + ":1");

    assertEquals(index.digest(), pulled.digest());
    assertEquals(amdManifest.digest(), pulled.manifestDigest());
    assertFalse(content.blobs().contains(armManifest.digest()), "of others nothing is fetched");
    images = images(new Platform("linux", "arm", Optional.of("v7")));
    assertEquals(armManifest.digest(), pull(REPOSITORY + ":1").manifestDigest());
  }

  @Test
  void tagAndDigestMustAgree() {
    Descriptor target = served(web());
    String digest = target.digest();
    String other = "sha256:" + "0".repeat(64);

    assertEquals(digest, pull(REPOSITORY + "@" + digest).digest());
    assertEquals(digest, pull(REPOSITORY + ":1@" + digest).digest());
    assertEquals("TAG_MOVED", failure(() -> pull(REPOSITORY + ":1@" + other)));
    assertEquals("IMAGE_NOT_IN_REGISTRY", failure(() -> pull(REPOSITORY + "@" + other)));
    assertEquals("IMAGE_NOT_IN_REGISTRY", failure(() -> pull(REPOSITORY + ":2")));
    assertEquals("BAD_IMAGE_NAME", failure(() -> pull(digest)));
    assertEquals("BAD_IMAGE_NAME", failure(() -> pull("not a name")));
  }

  @Test
  void familiarNamesAreThoseOfDocker() {
    registries.add(made, "docker.io/library/web", "latest", made.add(web()));
    assertEquals("docker.io/library/web:latest", pull("web").name());
  }

  @Test
  void wrongBytesLeaveNothing() {
    served(web());
    String before = content.state();
    registries.spoil(
        bytes -> {
          byte[] changed = bytes.clone();
          changed[changed.length / 2]++;
          return changed;
        });

    failure(() -> pull(REPOSITORY + ":1"));

    assertEquals(0, content.applied());
    assertEquals(List.of(), images.list());
    images.dropUnfinished();
    assertEquals(before, content.state());
  }

  @Test
  void aLayerThatClimbsOutLeavesNothing() {
    served(web().layer(new TestLayer().file("../out", "x")));
    String before = content.state();

    assertEquals("LAYER_ESCAPES_ROOT", failure(() -> pull(REPOSITORY + ":1")));

    // Those below it may have been unpacked meanwhile.
    assertTrue(content.applied() < 3, "the bad layer was unpacked");
    assertEquals(before, content.state());
  }

  @Test
  void whatAnInterruptedPullHasIsNotFetchedAgain() {
    served(web().layer(new TestLayer().file("third", "3")));
    List<String> layers = new ArrayList<>(made.blobs().keySet());
    String lost =
        made.blobs().entrySet().stream()
            .filter(blob -> blob.getValue()[0] == 0x1f)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow();
    registries.unreachable(Optional.of(lost));
    assertEquals("REGISTRY_UNREACHABLE", failure(() -> pull(REPOSITORY + ":1")));
    List<String> first = registries.asked();
    assertTrue(first.contains(lost), layers + " " + first);
    List<String> have = List.copyOf(content.blobs());
    registries.unreachable(Optional.empty());

    pull(REPOSITORY + ":1");

    List<String> second = registries.asked();
    have.forEach(digest -> assertFalse(second.contains(digest), digest + " in " + second));
  }

  @Test
  void whatNobodyGoesOnWithIsDropped() {
    Descriptor target = served(web());
    registries.unreachable(Optional.of(layerOf(target)));
    failure(() -> pull(REPOSITORY + ":1"));
    images.dropUnfinished();
    assertEquals(List.of(), List.copyOf(content.blobs()));
  }

  private byte[] bytesOf(String digest) {
    return Objects.requireNonNull(made.blobs().get(digest));
  }

  private String layerOf(Descriptor manifest) {
    return Manifests.manifest(Manifests.object(bytesOf(manifest.digest()), "it", "it"), "it")
        .layers()
        .get(0)
        .digest();
  }

  @Test
  void progressEndsWithAllOfEachBlob() {
    Descriptor target = served(web());
    Map<String, Long> bytes = new ConcurrentHashMap<>();
    List<String> steps = new ArrayList<>();
    images.pull(
        REPOSITORY + ":1",
        PlatformChoice.usual(),
        ImagePurpose.IMAGE,
        new PullProgress() {
          @Override
          public void resolved(String name, String digest) {
            steps.add(name + " " + digest);
          }

          @Override
          public void blob(Descriptor blob, long done) {
            bytes.put(blob.digest(), done);
          }

          @Override
          public void unpacking(String name) {
            steps.add("unpacking");
            bytes.forEach((digest, done) -> assertEquals(bytesOf(digest).length, done));
          }
        });
    assertEquals(List.of(REPOSITORY + ":1 " + target.digest(), "unpacking"), steps);
    assertEquals(3, bytes.size(), "a config and two layers");
  }

  @Test
  void anImageBeyondTheLimitsIsNotFetched() {
    served(web());
    LayerLimits small = new LayerLimits(10, 50, 100, 1 << 20, 2_000);
    Images limited =
        new Images(content, registries, trust, Platform.linux("amd64"), small, temporary);
    assertEquals(
        "LAYER_TOO_LARGE",
        failure(
            () ->
                limited.pull(
                    REPOSITORY + ":1",
                    PlatformChoice.usual(),
                    ImagePurpose.IMAGE,
                    PullProgress.NONE)));
    assertEquals(List.of(), List.copyOf(content.blobs()));
  }

  @Test
  void documentsThatWouldFillTheMemoryAreRefused() {
    byte[] dense = ("{\"manifests\":[" + "{},".repeat(200_000) + "{}]}").getBytes(UTF_8);
    registries.add(made, REPOSITORY, "1", made.blob(MediaTypes.OCI_INDEX, dense));
    assertEquals("BAD_LAYOUT", failure(() -> pull(REPOSITORY + ":1")));

    List<Map.Entry<String, Descriptor>> items = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ObjectNode item = JsonNodeFactory.instance.objectNode();
      item.put("mediaType", MediaTypes.OCI_INDEX).put("padding", i + " ".repeat(1_000_000));
      item.putArray("manifests");
      items.add(Map.entry("", made.add(item)));
    }
    registries.add(made, REPOSITORY, "2", made.addIndex(items));
    assertEquals("BAD_LAYOUT", failure(() -> pull(REPOSITORY + ":2")));
    items.remove(2);
    registries.add(made, REPOSITORY, "3", made.addIndex(items));
    assertEquals("NO_MATCHING_PLATFORM", failure(() -> pull(REPOSITORY + ":3")));
  }

  @Test
  void exportAndImportAreARoundTrip() {
    Descriptor manifest = made.add(web());
    Descriptor index = made.addIndex(List.of(Map.entry("linux/amd64", manifest)));
    registries.add(made, REPOSITORY, "1", index);
    StoredImage pulled = pull(REPOSITORY + ":1");
    images.exportTo(directory.resolve("out.tar"), List.of(pulled));
    images.remove(pulled);
    assertEquals(List.of(), List.copyOf(content.blobs()), "nothing else needs it");

    List<StoredImage> imported =
        images.importFrom(directory.resolve("out.tar"), PlatformChoice.usual());

    assertEquals(List.of(pulled), imported);
    images.exportTo(directory.resolve("again.tar"), imported);
    assertEquals(
        Digests.of(read("out.tar")), Digests.of(read("again.tar")), "the same bytes again");
  }

  private byte[] read(String file) {
    try {
      return Files.readAllBytes(directory.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anExportThatFailsLeavesNoFile() {
    served(web());
    StoredImage pulled = pull(REPOSITORY + ":1");
    assertEquals(
        "CANNOT_WRITE",
        failure(() -> images.exportTo(directory.resolve("none/out.tar"), List.of(pulled))));
  }
}
