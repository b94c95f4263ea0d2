package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.image.TestImages.Compression;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;

class ImagesTest extends ImagesFixture {

  @Test
  void aDirectoryIsImportedUnderItsTagAndItsOwnName() {
    Path layout = new TestImages().add("1.0", web()).directory(directory.resolve("web.oci"));

    List<StoredImage> imported = images.importFrom(layout, PlatformChoice.usual());

    assertEquals(List.of("docker.io/library/web:1.0"), names(imported));
    assertEquals(imported, images.list());
    assertTrue(imported.get(0).sizeBytes() > 0);
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void layersMayBeCompressed(Compression compression) {
    Path layout =
        new TestImages()
            .add("web:1", web().compression(compression))
            .directory(directory.resolve("x"));

    ImageDetails details = images.unpack(images.importFrom(layout, PlatformChoice.usual()).get(0));

    assertTrue(content.hasLayers(details.chainId()));
    assertEquals("root:x:0:0::/:\nwww:x:33:34::/:\n", details.accounts().passwd());
  }

  @Test
  void importingAgainChangesNothing() {
    Path layout = new TestImages().add("1", web()).directory(directory.resolve("web"));
    images.unpack(images.importFrom(layout, PlatformChoice.usual()).get(0));
    String before = content.state();

    images.importFrom(layout, PlatformChoice.usual());

    assertEquals(before, content.state());
  }

  @Test
  void anImageIsFoundByFamiliarNamesAndByDigests() {
    TestImages made = new TestImages();
    Descriptor manifest = made.add(web());
    Descriptor index = made.addIndex(List.of(Map.entry("linux/amd64", manifest)));
    made.list(index, REF_NAME, "latest", "");
    Optional<StoredImage> image =
        Optional.of(
            images
                .importFrom(made.directory(directory.resolve("web")), PlatformChoice.usual())
                .get(0));

    assertEquals(image, images.find("web"));
    assertEquals(image, images.find("library/web:latest"));
    assertEquals(image, images.find("docker.io/library/web:latest"));
    assertEquals(image, images.find(index.digest()));
    assertEquals(image, images.find(manifest.digest()));
    assertEquals(image, images.find("web@" + index.digest()));
    assertEquals(image, images.find("web:2@" + manifest.digest()));
    assertEquals(Optional.empty(), images.find("web:2"));
    assertEquals(Optional.empty(), images.find("other@" + index.digest()));
    assertEquals(Optional.empty(), images.find("not a name"));
  }

  @Test
  void whatTheImageConfigSaysIsReadWhole() {
    Path layout = new TestImages().add("1", web()).directory(directory.resolve("web"));

    ImageDetails details = images.unpack(images.importFrom(layout, PlatformChoice.usual()).get(0));

    assertEquals(Optional.of("www"), details.user());
    assertEquals("root:x:0:\nlog:x:40:www\n", details.accounts().group());
    assertEquals(List.of("A=1"), details.config().env());
    assertEquals(List.of("-x"), details.config().command());
    assertEquals("/srv", details.config().workingDir());
    assertEquals(Optional.of("SIGQUIT"), details.config().stopSignal());
    assertEquals(new TreeMap<>(Map.of("k", "v")), details.config().labels());
    assertEquals("amd64", details.config().architecture());
    assertEquals("linux", details.config().os());
  }

  @Test
  void examiningTellsTheSameAsUnpackingAndChangesNothing() {
    Path layout = new TestImages().add("1", web()).directory(directory.resolve("web"));
    ImageDetails ofLayout = images.examineLayout(layout, PlatformChoice.usual());
    assertEquals(List.of(), images.list());
    StoredImage image = images.importFrom(layout, PlatformChoice.usual()).get(0);
    String before = content.state();

    ImageDetails examined = images.examine(image);

    assertEquals(before, content.state());
    assertEquals(ofLayout, examined);
    assertEquals(examined, images.unpack(image));
    assertEquals(examined, images.examine(image));
  }

  @Test
  void layersThatAreReadyAreNotTouchedAgain() {
    Path layout = new TestImages().add("1", web()).directory(directory.resolve("web"));
    StoredImage image = images.importFrom(layout, PlatformChoice.usual()).get(0);
    ImageDetails first = images.unpack(image);
    String before = content.state();

    assertEquals(first, images.unpack(image));

    assertEquals(before, content.state());
    assertEquals(2, content.applied());
  }

  @Test
  void theLowerLayersOfAnotherImageAreUsedAgain() {
    byte[] base = new TestLayer().file("base", "base").tar();
    Path layout =
        new TestImages()
            .add("a:1", new TestImages.Image().layer(base))
            .add("b:1", new TestImages.Image().layer(base).layer(new TestLayer().file("b", "b")))
            .directory(directory.resolve("two"));

    images.importFrom(layout, PlatformChoice.usual()).forEach(images::unpack);

    assertEquals(2, content.layers().size());
    assertEquals(
        "AMBIGUOUS_LAYOUT", failure(() -> images.examineLayout(layout, PlatformChoice.usual())));
  }

  @Test
  void removingANameRemovesAllThatOnlyItLedTo() {
    Path layout = new TestImages().add("1", web()).directory(directory.resolve("web"));
    String before = content.state();
    StoredImage image = images.importFrom(layout, PlatformChoice.usual()).get(0);
    images.unpack(image);

    content.deleteImage(image.name());

    assertEquals(before, content.state());
    assertEquals("IMAGE_NOT_FOUND", failure(() -> images.unpack(image)));
  }

  @Test
  void whatCameWithATaskGoesWhenThatWasNotMadeAfterAll() {
    Path layout = new TestImages().add("1", web()).directory(directory.resolve("web"));
    UUID task = new UUID(1, 1);
    String before = content.state();
    images.importFor(task, layout, PlatformChoice.usual());
    // A second try, after the first was cut short.
    images.unpack(images.importFor(task, layout, PlatformChoice.usual()).get(0));
    images.removeImportedFor(new UUID(2, 2));
    assertEquals(1, images.list().size());

    images.removeImportedFor(task);

    assertEquals(before, content.state());
  }

  @Test
  void whatWasThereBeforeATaskStays() {
    Path layout = new TestImages().add("1", web()).directory(directory.resolve("web"));
    images.importFrom(layout, PlatformChoice.usual());
    String before = content.state();
    images.importFor(new UUID(1, 1), layout, PlatformChoice.usual());
    images.removeImportedFor(new UUID(1, 1));
    assertEquals(before, content.state());
  }

  @Test
  void aConfigMustBelongToItsLayers() {
    TestImages made = new TestImages();
    made.add(
        "1",
        web()
            .config(
                config ->
                    config
                        .putObject("rootfs")
                        .putArray("diff_ids")
                        .add(Digests.of(new byte[1]))
                        .add(Digests.of(new byte[2]))));
    StoredImage image =
        images.importFrom(made.directory(directory.resolve("x")), PlatformChoice.usual()).get(0);
    String before = content.state();

    assertEquals("DIFF_ID_MISMATCH", failure(() -> images.unpack(image)));

    assertEquals(before, content.state());
  }

  /** An image of one layer, which says that it unpacks to another one. */
  private StoredImage claiming(TestLayer layer) {
    TestImages made = new TestImages();
    made.add(
        "claiming",
        new TestImages.Image()
            .layer(new TestLayer().file("bin/web", "bad"))
            .config(
                config ->
                    config.putObject("rootfs").putArray("diff_ids").add(Digests.of(layer.tar()))));
    return images
        .importFrom(made.directory(directory.resolve("claiming")), PlatformChoice.usual())
        .get(0);
  }

  private StoredImage good(TestLayer layer) {
    TestImages made = new TestImages().add("good", new TestImages.Image().layer(layer));
    return images
        .importFrom(made.directory(directory.resolve("good")), PlatformChoice.usual())
        .get(0);
  }

  @Test
  void noImageGetsTheLayersOfAnother() {
    TestLayer layer = new TestLayer().file("bin/web", "good");
    StoredImage claiming = claiming(layer);
    var unused = images.unpack(good(layer));
    String before = content.state();

    assertEquals("DIFF_ID_MISMATCH", failure(() -> images.unpack(claiming)));

    assertEquals(before, content.state());
  }

  @Test
  void norThoseThatAnotherGetsWhileItIsChecked() {
    TestLayer layer = new TestLayer().file("bin/web", "good");
    StoredImage claiming = claiming(layer);
    StoredImage good = good(layer);
    StoredBlobs stored = new StoredBlobs(content);
    Blobs slow =
        new Blobs() {
          @Override
          public Optional<Long> size(Descriptor blob) throws IOException {
            return stored.size(blob);
          }

          @Override
          public InputStream open(Descriptor blob) throws IOException {
            var unused = images.unpack(good);
            return stored.open(blob);
          }
        };
    PlatformImage image =
        new PlatformSearch(
                stored, Wanted.of(PlatformChoice.usual(), Platform.linux("amd64")), "claiming")
            .find(content.images().get(0).target());
    Unpacking unpacking = new Unpacking(content, LayerLimits.DEFAULT);

    try (ContentStore.Lease lease = content.lease("unpack")) {
      assertEquals(
          "DIFF_ID_MISMATCH",
          failure(() -> unpacking.unpackArriving(lease, "claiming", image, slow)));
    }
    assertTrue(unpacking.done("claiming", image).isEmpty());
  }
}
