package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.image.TestImages.Compression;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;

/** Layouts and archives in all their forms, and what is wrong with some. */
class LayoutsTest extends ImagesFixture {

  @ParameterizedTest
  @EnumSource(Compression.class)
  void anArchiveMayBeCompressedAndLeavesNoTemporaryFile(Compression compression)
      throws IOException {
    Path file = directory.resolve("web.tar");
    new TestImages().add("me/web:2", web()).archive(file, compression);

    assertEquals(
        List.of("docker.io/me/web:2"), names(images.importFrom(file, PlatformChoice.usual())));
    try (var left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void aDockerArchiveGivesWhatItsConfigSays() {
    Path file = new TestImages().add("web:1", web()).dockerArchive(directory.resolve("a.tar"));

    StoredImage image = images.importFrom(file, PlatformChoice.usual()).get(0);
    ImageDetails details = images.unpack(image);

    assertEquals("docker.io/library/web:1", image.name());
    assertEquals(List.of("/bin/web"), details.config().entrypoint());
    assertEquals(image.digest(), details.config().digest());
  }

  @Test
  void aDockerArchiveWithoutTagsIsNamedAfterItsFile() {
    Path file = new TestImages().add("x", web()).dockerArchive(directory.resolve("My Web.tar"));

    assertEquals(
        List.of("docker.io/library/my-web:latest"),
        names(images.importFrom(file, PlatformChoice.usual())));
  }

  @Test
  void aDockerArchiveThatIsAlsoALayoutIsReadAsALayout() {
    TestImages made = new TestImages().add("web:1", web());
    SortedMap<String, byte[]> files = made.layoutFiles();
    files.put("manifest.json", "[]".getBytes(StandardCharsets.UTF_8));
    Path file = TestImages.writeArchive(directory.resolve("a.tar"), files, Compression.NONE);

    String digest = images.importFrom(file, PlatformChoice.usual()).get(0).digest();

    assertTrue(made.blobs().containsKey(digest));
  }

  @Test
  void equalLayersOfAnOldDockerArchiveMayBeLinks() {
    byte[] layer = new TestLayer().file("a", "a").tar();
    TestImages.Image image = new TestImages.Image().layer(layer).layer(layer);
    SortedMap<String, byte[]> files = new TestImages().add("web:1", image).dockerFiles();
    TestLayer tar = new TestLayer();
    files.forEach(
        (name, bytes) -> {
          if (name.endsWith("layer.tar")) {
            tar.file("./real/layer.tar", bytes).symlink(name, "../real/layer.tar");
          } else {
            tar.file("./" + name, bytes);
          }
        });
    Path file = write("a.tar", tar.tar());

    ImageDetails details = images.unpack(images.importFrom(file, PlatformChoice.usual()).get(0));

    assertTrue(content.hasLayers(details.chainId()));
    assertEquals(2, content.layers().size());
  }

  @Test
  void aContainerdNameGoesBeforeTheTag() {
    TestImages made = new TestImages();
    made.list(made.add(web()), "io.containerd.image.name", "registry.example/a/b:3", "");

    assertEquals(
        List.of("registry.example/a/b:3"),
        names(images.importFrom(made.directory(directory.resolve("x")), PlatformChoice.usual())));
  }

  @Test
  void imagesWithoutNamesShareOneAndThePlatformDecides() {
    TestImages made = new TestImages();
    Descriptor other = made.add(web().config(config -> config.put("architecture", "arm64")));
    Descriptor own = made.add(web());
    made.list(other, REF_NAME, "", "linux/arm64").list(own, REF_NAME, "", "linux/amd64");

    StoredImage image =
        images.importFrom(made.directory(directory.resolve("pair")), PlatformChoice.usual()).get(0);

    assertEquals("docker.io/library/pair:latest", image.name());
    assertEquals(own.digest(), image.digest());
  }

  @ParameterizedTest
  @CsvSource({
    "amd64,,linux/amd64",
    "arm,v7,linux/arm/v7",
    "arm,v6,linux/arm/v6",
    "arm,v8,linux/arm/v7",
    "arm64,,linux/arm64/v8",
  })
  void anIndexGivesTheBestPlatformThatTheNodeRuns(
      String architecture, String variant, String expected) {
    TestImages made = new TestImages();
    List<Map.Entry<String, Descriptor>> all =
        List.of(
                "windows/amd64",
                "unknown/unknown",
                "linux/arm/v6",
                "linux/arm/v7",
                "linux/amd64/v3",
                "linux/amd64",
                "linux/arm64/v8")
            .stream()
            .map(
                platform ->
                    Map.entry(
                        platform,
                        made.add(web().settings(c -> c.put("WorkingDir", "/" + platform)))))
            .toList();
    Descriptor index = made.addIndex(all);
    made.list(made.addIndex(List.of(Map.entry("", index))), REF_NAME, "1", "");
    Path layout = made.directory(directory.resolve("web"));
    Images node = images(new Platform("linux", architecture, Optional.ofNullable(variant)));

    StoredImage image = node.importFrom(layout, PlatformChoice.usual()).get(0);

    assertEquals("/" + expected, node.unpack(image).config().workingDir());
    assertEquals(Optional.of(image), node.find("web:1"));
  }

  @Test
  void anIndexWithoutThePlatformOfTheNodeIsRefused() {
    TestImages made = new TestImages();
    made.list(made.addIndex(List.of(Map.entry("linux/s390x", made.add(web())))), REF_NAME, "1", "");

    assertEquals("NO_MATCHING_PLATFORM", importFailure(made.directory(directory.resolve("x"))));
  }

  @Test
  void indexesThatAreNestedTooDeepAreRefused() {
    TestImages made = new TestImages();
    Descriptor image = made.add(web());
    for (int i = 0; i < 6; i++) {
      image = made.addIndex(List.of(Map.entry("", image)));
    }
    made.list(image, REF_NAME, "1", "");

    assertEquals("BAD_LAYOUT", importFailure(made.directory(directory.resolve("x"))));
  }

  @ParameterizedTest
  @CsvSource({
    "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
  })
  void layersOfOtherMediaTypesAreRefusedByName(String mediaType) {
    Path layout =
        withDocument("\"application/vnd.oci.image.layer.v1.tar+gzip\"", '"' + mediaType + '"');

    TaskException refusal =
        assertThrows(TaskException.class, () -> images.importFrom(layout, PlatformChoice.usual()));

    assertEquals("UNSUPPORTED_MEDIA_TYPE", refusal.first().code());
    assertTrue(refusal.first().message().contains(mediaType));
  }

  /** A layout whose manifest has some text replaced. */
  private Path withDocument(String from, String to) {
    TestImages made = new TestImages();
    Descriptor manifest = made.add(web());
    String text = new String(made.blobs().remove(manifest.digest()), StandardCharsets.UTF_8);
    assertTrue(text.contains(from), text);
    byte[] changed = text.replace(from, to).getBytes(StandardCharsets.UTF_8);
    made.list(made.blob(MediaTypes.OCI_MANIFEST, changed), REF_NAME, "1", "");
    return made.directory(directory.resolve("changed"));
  }

  @Test
  void anArtifactThatIsNoContainerImageIsRefused() {
    assertEquals(
        "UNSUPPORTED_MEDIA_TYPE",
        importFailure(
            withDocument(MediaTypes.OCI_CONFIG, "application/vnd.cncf.helm.config.v1+json")));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"schemaVersion\":2','\"schemaVersion\":2,\"manifests\":[]'",
    "'\"schemaVersion\":2','\"schemaVersion\":2,\"schemaVersion\":2'",
    "'sha256:','sha512:'",
    "'\"layers\":[','\"layers\":7,\"x\":['",
    "'{\"schemaVersion\"','{\"schemaVersion'",
  })
  void aManifestThatCanBeReadInTwoWaysOrInNoneIsRefused(String from, String to) {
    assertEquals("BAD_LAYOUT", importFailure(withDocument(from, to)));
  }

  @Test
  void aLayoutNeedsWhatMakesItOne() throws IOException {
    assertEquals("LAYOUT_NOT_FOUND", importFailure(directory.resolve("none")));
    assertEquals("BAD_LAYOUT", importFailure(Files.createDirectory(directory.resolve("empty"))));
    assertEquals("BAD_LAYOUT", importFailure(write("text.tar", new byte[5000])));
    assertEquals("BAD_LAYOUT", importFailure(new TestImages().directory(directory.resolve("no"))));
    assertEquals(
        "BAD_IMAGE_NAME",
        importFailure(new TestImages().add("a//b", web()).directory(directory.resolve("name"))));
  }

  @Test
  void aFileOfALayoutMustNotLieOutsideOfIt() throws IOException {
    TestImages made = new TestImages().add("1", web());
    SortedMap<String, byte[]> files = made.layoutFiles();
    byte[] index = Optional.ofNullable(files.remove("index.json")).orElseThrow();
    Path layout = TestImages.writeDirectory(directory.resolve("x"), files);
    Files.createSymbolicLink(layout.resolve("index.json"), write("outside", index));

    assertEquals("BAD_LAYOUT", importFailure(layout));
  }

  @Test
  void oneBadImageKeepsAllOthersOut() {
    TestImages made = new TestImages().add("good", web());
    String bad = made.add(new TestImages.Image().layer(new TestLayer().file("x", "x"))).digest();
    made.list(new Descriptor(MediaTypes.OCI_MANIFEST, bad, 1), REF_NAME, "bad", "");

    assertEquals("DIGEST_MISMATCH", importFailure(made.directory(directory.resolve("x"))));
  }

  @Test
  void aConfigMustNameEveryLayer() {
    TestImages made = new TestImages();
    made.add("1", web().config(config -> config.putObject("rootfs").putArray("diff_ids")));

    assertEquals("BAD_IMAGE_CONFIG", importFailure(made.directory(directory.resolve("x"))));
  }

  @Test
  void anImageWithoutLayersIsRefused() {
    Path layout =
        new TestImages().add("1", new TestImages.Image()).directory(directory.resolve("x"));

    assertEquals("BAD_IMAGE_CONFIG", importFailure(layout));
  }

  @Test
  void aCompressedArchiveThatUnpacksWithoutEndIsRefused() throws IOException {
    LayerLimits small = new LayerLimits(1 << 20, 100, 1000, 1 << 30, 1 << 20);
    Path file = write("bomb.tar.gz", Compression.GZIP.compress(new byte[2 << 20]));

    assertEquals(
        "LAYER_TOO_LARGE",
        failure(
            () ->
                new Images(
                        content,
                        new FakeRegistries(),
                        TrustPolicy.DEFAULT,
                        Platform.linux("amd64"),
                        small,
                        temporary)
                    .importFrom(file, PlatformChoice.usual())));
    try (var left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }
}
