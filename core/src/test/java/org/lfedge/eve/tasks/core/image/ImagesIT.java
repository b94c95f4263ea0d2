package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.image.TestImages.Compression;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.core.spec.Users;
import org.lfedge.eve.tasks.spi.task.User;

/** Images made by umoci and skopeo, and bad ones, in a containerd of the test's own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImagesIT {

  private final ImageTestBed bed;
  private final Path directory;
  private final Images images;

  ImagesIT() throws IOException {
    bed = new ImageTestBed();
    directory = bed.directory();
    images = bed.images();
  }

  /** An image of three layers: files, then some changed and removed, then a directory removed. */
  @BeforeAll
  void makeImage() throws IOException {
    ImageTestBed.run("umoci", "init", "--layout", layout());
    ImageTestBed.run("umoci", "new", "--image", layout() + ":latest");
    change(
        root -> {
          write(root.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/:\n");
          write(root.resolve("etc/group"), "root:x:0:\nweb:x:34:\nlog:x:40:web\n");
          write(root.resolve("srv/old"), "old");
          write(root.resolve("srv/changed"), "one");
          write(root.resolve("var/deep/er/file"), "x");
        });
    change(
        root -> {
          delete(root.resolve("srv/old"));
          write(root.resolve("srv/changed"), "two");
          write(root.resolve("srv/new"), "new");
        });
    change(
        root -> {
          delete(root.resolve("var/deep/er/file"));
          delete(root.resolve("var/deep/er"));
          delete(root.resolve("var/deep"));
          write(root.resolve("etc/group"), "root:x:0:\nweb:x:34:\nlog:x:41:web\n");
        });
    ImageTestBed.run(
        "umoci",
        "config",
        "--image",
        layout() + ":latest",
        "--config.user",
        "web",
        "--config.entrypoint",
        "/bin/web",
        "--config.cmd",
        "-v",
        "--config.env",
        "A=1",
        "--config.workingdir",
        "/srv",
        "--config.stopsignal",
        "SIGQUIT",
        "--config.label",
        "k=v",
        "--architecture",
        "amd64",
        "--os",
        "linux");
  }

  private String layout() {
    return directory.resolve("web").toString();
  }

  private void change(Consumer<Path> change) {
    Path bundle = directory.resolve("bundle");
    ImageTestBed.run("umoci", "unpack", "--image", layout() + ":latest", bundle.toString());
    change.accept(bundle.resolve("rootfs"));
    ImageTestBed.run("umoci", "repack", "--image", layout() + ":latest", bundle.toString());
    ImageTestBed.run("rm", "-r", bundle.toString());
  }

  @AfterEach
  void nothingIsLeft() {
    bed.removeImages();
    assertEquals("", bed.kept());
  }

  @AfterAll
  void stop() throws IOException {
    bed.close();
  }

  @Test
  void aLayoutOfUmociIsUnpackedWithAllThatItsLayersHide() throws IOException {
    StoredImage image = images.importFrom(Path.of(layout()), PlatformChoice.usual()).get(0);
    assertEquals("docker.io/library/web:latest", image.name());

    assertWeb(images.unpack(image));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "oci-archive:FILE:web:7",
        "docker-archive:FILE:docker.io/library/web:7",
        "oci:FILE:web:7 --dest-compress-format zstd --dest-compress",
        "oci:FILE:web:7 --format v2s2",
        "dir-of-docker-archive",
      })
  void whateverSkopeoWritesIsTheSameImage(String target) throws IOException {
    Path file = directory.resolve("copy-" + Integer.toHexString(target.hashCode()));
    boolean extracted = target.startsWith("dir-");
    String[] words =
        (extracted ? "docker-archive:FILE:docker.io/library/web:7" : target)
            .replace("FILE", file.toString())
            .split(" ", -1);
    String[] command = new String[words.length + 4];
    System.arraycopy(
        new String[] {"skopeo", "copy", "-q", "oci:" + layout() + ":latest"}, 0, command, 0, 4);
    System.arraycopy(words, 0, command, 4, words.length);
    ImageTestBed.run(command);
    Path source = file;
    if (extracted) {
      source = Files.createDirectory(directory.resolve("extracted"));
      ImageTestBed.run("tar", "-xf", file.toString(), "-C", source.toString());
    }

    StoredImage image = images.importFrom(source, PlatformChoice.usual()).get(0);

    assertEquals("docker.io/library/web:7", image.name());
    assertEquals(
        images.examineLayout(source, PlatformChoice.usual()).accounts(),
        images.examine(image).accounts());
    assertWeb(images.unpack(image));
  }

  private void assertWeb(ImageDetails details) throws IOException {
    assertEquals(List.of("/bin/web"), details.config().entrypoint());
    assertEquals(List.of("-v"), details.config().command());
    assertEquals("/srv", details.config().workingDir());
    assertTrue(details.config().env().contains("A=1"));
    assertEquals(Optional.of("SIGQUIT"), details.config().stopSignal());
    assertEquals("v", details.config().labels().get("k"));
    assertEquals(
        new User(33, 34, List.of(34, 41)),
        Users.resolve(details.user().orElseThrow(), details.accounts()));
    bed.inRoot(
        details.chainId(),
        root -> {
          assertEquals("two", read(root.resolve("srv/changed")));
          assertEquals("new", read(root.resolve("srv/new")));
          assertFalse(Files.exists(root.resolve("srv/old"), LinkOption.NOFOLLOW_LINKS));
          assertFalse(Files.exists(root.resolve("var/deep")));
          assertAccounts(details.accounts(), root);
        });
  }

  private static void assertAccounts(AccountFiles expected, Path root) {
    assertEquals(expected.passwd(), read(root.resolve("etc/passwd")));
    assertEquals(expected.group(), read(root.resolve("etc/group")));
  }

  @Test
  void opaqueDirectoriesHideWhatIsBelow() throws IOException {
    StoredImage image =
        bed.importImage(
            new TestImages.Image()
                .layer(
                    new TestLayer()
                        .directory("etc")
                        .file("etc/passwd", "one")
                        .file("etc/group", "one"))
                .layer(new TestLayer().directory("etc").opaque("etc").file("etc/passwd", "two")));

    ImageDetails details = images.unpack(image);

    assertEquals(new AccountFiles("two", ""), details.accounts());
    bed.inRoot(
        details.chainId(),
        root -> {
          assertEquals("two", read(root.resolve("etc/passwd")));
          assertFalse(Files.exists(root.resolve("etc/group")));
        });
  }

  @Test
  void aDirectoryTakesThePlaceOfALinkOfALowerLayer() throws IOException {
    StoredImage image =
        bed.importImage(
            new TestImages.Image()
                .layer(
                    new TestLayer()
                        .file("usr/etc/passwd", "one")
                        .file("usr/etc/group", "one")
                        .symlink("etc", "usr/etc"))
                .layer(new TestLayer().file("etc/passwd", "two")));

    ImageDetails details = images.unpack(image);

    assertEquals(new AccountFiles("two", ""), details.accounts());
    bed.inRoot(
        details.chainId(),
        root -> {
          assertEquals("two", read(root.resolve("etc/passwd")));
          assertFalse(Files.exists(root.resolve("etc/group")));
          assertEquals("one", read(root.resolve("usr/etc/passwd")));
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"NONE", "GZIP", "ZSTD"})
  void containerdUnpacksWhatWasFoundRight(String compression) throws IOException {
    StoredImage image =
        bed.importImage(
            new TestImages.Image()
                .compression(Compression.valueOf(compression))
                .layer(
                    new TestLayer()
                        .file("usr/lib/passwd", "shared")
                        .file("a/" + "long-name/".repeat(30) + "x", "far")
                        .symlink("etc/passwd", "../usr/lib/passwd")
                        .hardLink("etc/group", "usr/lib/passwd")));

    ImageDetails details = images.unpack(image);

    assertEquals(new AccountFiles("shared", "shared"), details.accounts());
    bed.inRoot(
        details.chainId(),
        root -> {
          assertAccounts(details.accounts(), root);
          assertEquals("far", read(root.resolve("a/" + "long-name/".repeat(30) + "x")));
        });
  }

  @Test
  void theSecondTimeLayersAreNotTouched() {
    StoredImage image = images.importFrom(Path.of(layout()), PlatformChoice.usual()).get(0);
    ImageDetails first = images.unpack(image);
    String before = bed.kept();

    assertEquals(first, images.unpack(image));
    assertEquals(first, images.examine(image));
    images.importFrom(Path.of(layout()), PlatformChoice.usual());

    assertEquals(before, bed.kept());
  }

  @Test
  void whatCameWithATaskGoesWhenThatWasNotMadeAfterAll() {
    String before = bed.kept();
    UUID task = new UUID(1, 1);
    images.unpack(images.importFor(task, Path.of(layout()), PlatformChoice.usual()).get(0));
    images.removeImportedFor(new UUID(2, 2));
    assertEquals(1, images.list().size());
    images.removeImportedFor(task);
    assertEquals(before, bed.kept());
  }

  @Test
  void aDamagedLayoutLeavesNothing() throws IOException {
    TestImages made = new TestImages().add("web:1", ImagesFixture.web());
    String digest = made.blobs().lastKey();
    byte[] bytes = made.blobs().getOrDefault(digest, new byte[0]).clone();
    bytes[bytes.length / 2] ^= 1;
    made.blobs().put(digest, bytes);
    Path file = made.archive(directory.resolve("damaged.tar"), Compression.NONE);

    TaskException refusal =
        assertThrows(TaskException.class, () -> images.importFrom(file, PlatformChoice.usual()));

    assertEquals("DIGEST_MISMATCH", refusal.first().code());
    assertEquals("", bed.kept());
  }

  @Test
  void aLayerThatClimbsOutIsRefusedAndNothingIsUnpacked() {
    StoredImage image =
        bed.importImage(
            new TestImages.Image()
                .layer(new TestLayer().file("good", "good"))
                .layer(new TestLayer().symlink("out", "../..").file("out/tmp/escaped", "x")));
    String before = bed.kept();

    TaskException refusal = assertThrows(TaskException.class, () -> images.unpack(image));

    assertEquals("LAYER_ESCAPES_ROOT", refusal.first().code());
    assertEquals(before, bed.kept());
  }

  @Test
  void aLayerThatContainerdRefusesLeavesNothingUnpacked() {
    StoredImage image =
        bed.importImage(
            new TestImages.Image()
                .layer(new TestLayer().file("good", "good"))
                .layer(new TestLayer().hardLink("link", "missing")));
    String before = bed.kept();

    assertThrows(TaskException.class, () -> images.unpack(image));

    assertEquals(before, bed.kept());
  }

  @Test
  void anIndexIsKeptWithTheOneImageForThisNode() {
    TestImages made = new TestImages();
    Descriptor own = made.add(ImagesFixture.web());
    Descriptor other =
        made.add(
            new TestImages.Image()
                .layer(new TestLayer().file("other", "x"))
                .config(config -> config.put("architecture", "arm64")));
    made.list(
        made.addIndex(List.of(Map.entry("linux/arm64", other), Map.entry("linux/amd64", own))),
        "org.opencontainers.image.ref.name",
        "multi:1",
        "");

    StoredImage image =
        images
            .importFrom(made.directory(directory.resolve("multi")), PlatformChoice.usual())
            .get(0);
    images.unpack(image);

    assertEquals(Optional.of(image), images.find("multi:1"));
    assertTrue(bed.kept().contains(own.digest()));
    assertFalse(bed.kept().contains(other.digest()));

    PlatformChoice arm = PlatformChoice.only(Platform.linux("arm64"));
    assertEquals(Optional.empty(), images.find("multi:1", arm));
    StoredImage second = images.importFrom(directory.resolve("multi"), arm).get(0);
    images.unpack(second);
    // The end of a lease collects what nothing keeps.
    bed.importImage(ImagesFixture.web());
    assertEquals(List.of(image, second), images.list().subList(1, 3));
    assertEquals(Optional.of(second), images.find("multi:1", arm));
    assertEquals(other.digest(), images.unpack(second).config().digest());
    assertEquals(own.digest(), images.unpack(image).config().digest());
    assertTrue(images.readFile(second, "/other", 10).isPresent());
    assertFalse(images.readFile(image, "/other", 10).isPresent());
  }

  private static void write(Path file, String text) {
    try {
      Files.createDirectories(file.resolve("..").normalize());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
