package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.NoMatchingPlatform;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.StoredImage;

/** One name, several platforms: which are here, and which of them is meant. */
class PlatformsOfAnImageTest extends ImagesFixture {

  private static final String NAME = "registry.example/team/web:1";
  private static final PlatformChoice USUAL = PlatformChoice.usual();
  private static final PlatformChoice ARM64 = only("arm64");
  private static final PlatformChoice RISCV64 = only("riscv64");

  private final TestImages made = new TestImages();
  private final SortedMap<String, Descriptor> manifests = new TreeMap<>();

  private static PlatformChoice only(String platform) {
    return PlatformChoice.only(Platform.parse(platform).orElseThrow());
  }

  private static TestImages.Image image(String platform) {
    Platform made = Platform.parse(platform).orElseThrow();
    return new TestImages.Image()
        .layer(new TestLayer().file("base", "the same"))
        .layer(new TestLayer().file("platform", platform))
        .config(
            config -> {
              config.put("architecture", made.architecture());
              made.variant().ifPresent(variant -> config.put("variant", variant));
            });
  }

  /** An index over these platforms, below another one, as some tools make it. */
  private Descriptor index(boolean nested, String... platforms) {
    List<Map.Entry<String, Descriptor>> entries = new ArrayList<>();
    for (String platform : platforms) {
      Descriptor manifest = made.add(image(platform));
      manifests.put(platform, manifest);
      entries.add(Map.entry(platform, manifest));
    }
    Descriptor index = made.addIndex(entries);
    return nested ? made.addIndex(List.of(Map.entry("", index))) : index;
  }

  private Descriptor serve(Descriptor target) {
    registries.add(made, "registry.example/team/web", "1", target);
    return target;
  }

  private StoredImage pull(PlatformChoice choice) {
    return images.pull(NAME, choice, ImagePurpose.IMAGE, PullProgress.NONE);
  }

  private String manifest(String platform) {
    return manifests.get(platform).digest();
  }

  private static List<String> platforms(List<StoredImage> images) {
    return images.stream().map(image -> image.platform().orElseThrow().toString()).toList();
  }

  private String content(StoredImage image) {
    return new String(
        images.readFile(image, "/platform", 100).orElseThrow(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void severalPlatformsOfANameAreHereAtTheSameTime(boolean nested) {
    Descriptor target = serve(index(nested, "linux/amd64", "linux/arm64", "linux/arm/v7"));
    StoredImage own = pull(USUAL);
    assertEquals(Optional.empty(), images.find(NAME, ARM64), "its manifest is not here");

    StoredImage other = pull(ARM64);

    assertEquals(manifest("linux/amd64"), own.manifestDigest());
    assertEquals(manifest("linux/arm64"), other.manifestDigest());
    assertEquals(target.digest(), other.digest());
    assertEquals(Optional.of(own), images.find(NAME));
    assertEquals(Optional.of(own), images.find(NAME, USUAL));
    assertEquals(Optional.of(other), images.find(NAME, ARM64));
    assertEquals(List.of(own, other), images.list(), "the node's first");
    assertEquals("linux/amd64", content(own));
    assertEquals("linux/arm64", content(other));
    assertEquals("amd64", images.unpack(own).config().architecture());
    assertEquals("arm64", images.unpack(other).config().architecture());
    assertEquals("linux/arm64", images.contents(other).platform());
    assertEquals(3, content.layers().size(), "the lower layer is the same");
    assertFalse(content.blobs().contains(manifest("linux/arm/v7")));
    String before = content.state();
    assertEquals(own, pull(USUAL));
    assertEquals(other, pull(ARM64));
    assertEquals(before, content.state());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsNotHereIsFetchedAndWhatIsGoesWithTheName(boolean nested) {
    serve(index(nested, "linux/amd64", "linux/arm64"));
    String before = content.state();
    StoredImage other = pull(ARM64);
    assertEquals(Optional.empty(), images.find(NAME, USUAL));
    assertEquals(Optional.of(other), images.find(NAME), "for people it is there");
    StoredImage own = pull(USUAL);
    assertEquals(List.of(own, other), images.list());
    images.remove(other);
    assertEquals(before, content.state());
    assertEquals(List.of(), images.list());

    assertEquals(other, pull(ARM64));
    assertEquals(List.of(other), images.list(), "what was known of the other is out of date");
    assertEquals(Optional.empty(), images.find(NAME, USUAL));
  }

  /** A manifest that is here for another name alone would go with that. */
  @Test
  void whatAnotherNameKeepsIsNotThisOnes() {
    Descriptor index = index(false, "linux/amd64", "linux/arm64");
    serve(index);
    pull(USUAL);
    registries.add(made, "registry.example/arm", "1", manifests.get("linux/arm64"));
    StoredImage alone =
        images.pull("registry.example/arm:1", USUAL, ImagePurpose.IMAGE, PullProgress.NONE);
    assertEquals(manifest("linux/arm64"), alone.manifestDigest());

    assertEquals(Optional.empty(), images.find(NAME, ARM64));
    pull(ARM64);
    images.remove(alone);
    assertEquals("linux/arm64", content(images.find(NAME, ARM64).orElseThrow()));
  }

  @Test
  void aDigestNamesOneOfThem() {
    Descriptor index = serve(index(false, "linux/amd64", "linux/arm64"));
    StoredImage own = pull(USUAL);
    StoredImage other = pull(ARM64);
    String repository = "registry.example/team/web@";
    assertEquals(Optional.of(own), images.find(index.digest(), USUAL));
    assertEquals(Optional.of(other), images.find(repository + index.digest(), ARM64));
    assertEquals(Optional.of(other), images.find(other.manifestDigest()));
    assertEquals(Optional.of(other), images.find(other.manifestDigest(), USUAL));
    assertEquals(Optional.of(other), images.find(repository + other.manifestDigest(), ARM64));
    assertThrows(
        NoMatchingPlatform.class, () -> images.find(repository + own.manifestDigest(), ARM64));
    assertEquals(
        own.digest(),
        images.judge(other, repository + index.digest(), ImagePurpose.IMAGE).digest());
    assertEquals(
        "DIGEST_MISMATCH",
        failure(() -> images.judge(other, repository + own.manifestDigest(), ImagePurpose.IMAGE)));
  }

  @Test
  void whatAnImageHasIsSaid() {
    Descriptor amd = made.add(image("linux/amd64"));
    serve(
        made.addIndex(
            List.of(
                Map.entry("linux/amd64", amd),
                Map.entry("linux/arm/v7", made.add(image("linux/arm/v7"))),
                Map.entry("linux/arm64/v8", made.add(image("linux/arm64"))),
                Map.entry("unknown/unknown", made.add(image("linux/s390x"))))));
    pull(USUAL);
    NoMatchingPlatform here =
        assertThrows(NoMatchingPlatform.class, () -> images.find(NAME, RISCV64));
    NoMatchingPlatform there = assertThrows(NoMatchingPlatform.class, () -> pull(RISCV64));
    for (NoMatchingPlatform refusal : List.of(here, there)) {
      assertEquals("NO_MATCHING_PLATFORM", refusal.first().code());
      assertEquals(
          List.of("linux/amd64", "linux/arm/v7", "linux/arm64"),
          refusal.offered().stream().map(Platform::toString).toList());
      String message = refusal.first().message();
      assertTrue(
          message.contains("for linux/riscv64, but for linux/amd64, linux/arm/v7, linux/arm64"),
          message);
    }
  }

  @Test
  void anImageForOnePlatformIsTakenForThatAlone() {
    Descriptor single = made.add(image("linux/arm64/v8"));
    serve(single);
    NoMatchingPlatform refusal = assertThrows(NoMatchingPlatform.class, () -> pull(RISCV64));
    assertEquals(List.of(Platform.linux("arm64")), refusal.offered());
    assertTrue(content.blobs().isEmpty(), "nothing of it is fetched");

    StoredImage pulled = pull(ARM64);

    assertEquals(Optional.of(Platform.linux("arm64")), pulled.platform());
    assertEquals(Optional.of(pulled), images.find(NAME, USUAL), "whoever uses it looks at that");
    assertThrows(NoMatchingPlatform.class, () -> images.find(NAME, RISCV64));
    assertThrows(NoMatchingPlatform.class, () -> images.find(NAME, only("amd64")));
    assertEquals(Optional.of(pulled), images.find(NAME, only("arm64/v9")));
  }

  @Test
  void theFirstOfSeveralThatItHasIsTaken() {
    serve(index(false, "linux/riscv64", "linux/arm/v6", "linux/arm64"));
    List<Platform> inOrder =
        List.of(Platform.linux("amd64"), Platform.linux("arm64"), Platform.linux("riscv64"));
    StoredImage pulled = pull(PlatformChoice.firstOf(inOrder));
    assertEquals(manifest("linux/arm64"), pulled.manifestDigest());
    assertEquals(manifest("linux/arm/v6"), pull(only("arm")).manifestDigest());
  }

  @Test
  void layoutsAreBroughtInForAPlatformAndExportedWithAllThatAreHere() {
    made.list(index(false, "linux/amd64", "linux/arm64", "linux/riscv64"), REF_NAME, "web:1", "");
    Path layout = made.directory(directory.resolve("layout"));
    assertEquals("arm64", images.examineLayout(layout, ARM64).config().architecture());
    images.importFrom(layout, ARM64);
    images.importFrom(layout, USUAL);
    List<StoredImage> both = images.list();
    assertEquals(List.of("linux/amd64", "linux/arm64"), platforms(both));
    images.exportTo(directory.resolve("out.tar"), both);
    images.remove(both.get(0));

    images.importFrom(directory.resolve("out.tar"), USUAL);
    images.importFrom(directory.resolve("out.tar"), ARM64);

    assertEquals(both, images.list());
    assertEquals(
        "BAD_LAYOUT", failure(() -> images.importFrom(directory.resolve("out.tar"), RISCV64)));
    images.exportTo(directory.resolve("again.tar"), images.list());
    assertEquals(both, images.list());
  }

  @Test
  void aLayoutWithoutThePlatformIsRefusedAndLeavesNothing() {
    made.list(index(false, "linux/amd64", "linux/arm64"), REF_NAME, "web:1", "");
    Path layout = made.directory(directory.resolve("layout"));
    String before = content.state();
    assertThrows(NoMatchingPlatform.class, () -> images.importFrom(layout, RISCV64));
    assertThrows(NoMatchingPlatform.class, () -> images.examineLayout(layout, RISCV64));
    assertEquals(before, content.state());
  }

  @Test
  void anIndexThatDoesNotSayIsReadAsFarAsItIsHere() {
    Descriptor arm = made.add(image("linux/arm64"));
    Descriptor amd = made.add(image("linux/amd64"));
    serve(made.addIndex(List.of(Map.entry("", arm), Map.entry("", amd))));
    StoredImage own = pull(USUAL);
    assertEquals(amd.digest(), own.manifestDigest());
    assertEquals(Optional.of(own), images.find(NAME, USUAL));
    assertEquals(own.manifestDigest(), images.unpack(own).config().digest());
    assertEquals(List.of(own), images.list());
  }

  /** Earlier versions numbered what an index keeps, of which there was one. */
  @Test
  void whatAnEarlierVersionBroughtInIsThere() {
    Descriptor index = serve(index(false, "linux/amd64", "linux/arm64"));
    pull(USUAL);
    StoredImage own = images.find(NAME, USUAL).orElseThrow();
    FakeContentStore earlier = new FakeContentStore();
    try (ContentStore.Lease lease = earlier.lease("earlier version")) {
      SortedMap<String, byte[]> kept = new TreeMap<>(made.blobs());
      kept.keySet().retainAll(content.blobs());
      for (String digest : kept.keySet()) {
        byte[] bytes = kept.get(digest);
        lease.writeBlob(
            new Descriptor("", digest, bytes.length),
            offset -> new ByteArrayInputStream(bytes),
            digest.equals(index.digest())
                ? new TreeMap<>(Map.of("containerd.io/gc.ref.content.0", own.manifestDigest()))
                : content.blobLabels(digest).entrySet().stream()
                    .filter(label -> label.getKey().startsWith("containerd.io/gc.ref.content."))
                    .collect(
                        Collectors.toMap(
                            Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, TreeMap::new)));
      }
      lease.putImage(new ContentStore.Image(NAME, index), new TreeMap<>());
    }
    images =
        new Images(
            earlier, registries, trust, Platform.linux("amd64"), LayerLimits.DEFAULT, temporary);
    assertEquals(List.of(own), images.list());
    assertEquals(Optional.of(own), images.find(NAME, USUAL));
    assertEquals(Optional.empty(), images.find(NAME, ARM64));
    StoredImage other = pull(ARM64);
    assertEquals(List.of(own, other), images.list());
    assertEquals("linux/amd64", content(own));
  }

  @Test
  void damageOfOnePlatformDoesNotHideTheOthers() {
    serve(index(false, "linux/amd64", "linux/arm64"));
    StoredImage own = pull(USUAL);
    registries.spoil(bytes -> new byte[bytes.length]);
    assertEquals("DIGEST_MISMATCH", failure(() -> pull(ARM64)));
    assertEquals(List.of(own), images.list());
    assertEquals(Optional.empty(), images.find(NAME, ARM64));
    registries.spoil(bytes -> bytes);
    assertEquals(2, List.of(pull(ARM64), pull(USUAL)).size());
  }
}
