package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.image.TestImages.Compression;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.PlatformChoice;

class LayerCheckTest {

  private static final LayerLimits SMALL = new LayerLimits(4 << 20, 50, 100, 1 << 20, 2_000);

  static AccountFiles check(LayerLimits limits, Compression compression, byte[]... layers) {
    TestImages made = new TestImages();
    TestImages.Image image = new TestImages.Image().compression(compression);
    Arrays.stream(layers).forEach(image::layer);
    Descriptor manifest = made.add(image);
    Blobs blobs =
        new Blobs() {
          @Override
          public Optional<Long> size(Descriptor blob) {
            return Optional.ofNullable(made.blobs().get(blob.digest()))
                .map(bytes -> (long) bytes.length);
          }

          @Override
          public InputStream open(Descriptor blob) {
            return new ByteArrayInputStream(made.blobs().getOrDefault(blob.digest(), new byte[0]));
          }
        };
    Wanted wanted = Wanted.of(PlatformChoice.usual(), Platform.linux("amd64"));
    PlatformImage found = new PlatformSearch(blobs, wanted, "test").find(manifest);
    return LayerCheck.check("test", found, blobs, limits);
  }

  static AccountFiles check(TestLayer... layers) {
    return check(
        LayerLimits.DEFAULT,
        Compression.NONE,
        Arrays.stream(layers).map(TestLayer::tar).toArray(byte[][]::new));
  }

  private static String failure(LayerLimits limits, Compression compression, byte[]... layers) {
    return assertThrows(TaskException.class, () -> check(limits, compression, layers))
        .first()
        .code();
  }

  private static void assertEscapes(TestLayer... layers) {
    assertEquals(
        "LAYER_ESCAPES_ROOT",
        assertThrows(TaskException.class, () -> check(layers)).first().code());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..",
        "../x",
        "a/../x",
        "a/../../x",
        "/../x",
        "./../x",
        "a/..",
        "../.wh.x",
        ".wh...",
        ".wh..",
        ".wh.",
        "a/.wh...",
        "a//../x"
      })
  void aNameThatClimbsIsRefused(String name) {
    assertEscapes(new TestLayer().file(name, ""));
  }

  @Test
  void aLongNameThatClimbsIsRefusedInEveryForm() {
    String name = "a/".repeat(80) + "../".repeat(100) + "x";
    assertEscapes(new TestLayer().file(name, ""));
    assertEscapes(new TestLayer().gnu().file(name, ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a/../../x", "/.."})
  void aHardLinkThatClimbsIsRefused(String target) {
    assertEscapes(new TestLayer().hardLink("x", target));
  }

  @Test
  void writingThroughALinkThatClimbsIsRefused() {
    assertEscapes(new TestLayer().symlink("out", "..").file("out/x", ""));
    assertEscapes(new TestLayer().symlink("a/out", "../..").file("a/out/x", ""));
    assertEscapes(new TestLayer().symlink("out", "/..").file("out/x", ""));
    assertEscapes(new TestLayer().symlink("out", "b/../../..").file("out/x", ""));
  }

  @Test
  void linksOfLowerLayersAndChainsOfLinksAreFollowed() {
    assertEscapes(new TestLayer().symlink("out", ".."), new TestLayer().file("out/x", ""));
    assertEscapes(
        new TestLayer().symlink("a/b", "/c").symlink("c", "d/e"),
        new TestLayer().symlink("d/e", "../.."),
        new TestLayer().directory("a/b/x"));
  }

  @Test
  void aLinkCountsWhereItIsReallyWritten() {
    // In a/b it would stay inside; a/b leads to the root.
    assertEscapes(
        new TestLayer().symlink("a/b", "/").symlink("a/b/out", "../..").file("out/x", ""));
  }

  @Test
  void whateverIsWrittenThroughAClimbingLinkIsRefused() {
    assertEscapes(new TestLayer().symlink("out", ".."), new TestLayer().whiteout("out/x"));
    assertEscapes(new TestLayer().symlink("out", ".."), new TestLayer().opaque("out"));
    assertEscapes(new TestLayer().symlink("out", "..").hardLink("x", "out/x"));
    assertEscapes(new TestLayer().symlink("out", "..").symlink("out/x", "y"));
    assertEscapes(new TestLayer().symlink("out", "..").directory("out/x"));
  }

  @Test
  void aHardLinkToALinkIsALink() {
    assertEscapes(
        new TestLayer().symlink("out", "..").hardLink("again", "out").file("again/x", ""));
  }

  @Test
  void aLinkWhoseNameLooksLikeADirectoryIsALink() {
    assertEscapes(
        new TestLayer()
            .entry("out/", TarConstants.LF_SYMLINK, "..", new byte[0])
            .file("out/x", ""));
  }

  @Test
  void writingThroughLinksThatLeadInCirclesIsRefused() {
    assertEscapes(new TestLayer().symlink("a", "b").symlink("b", "a").file("a/x", ""));
  }

  @Test
  void linksThatNothingIsWrittenThroughMayPointAnywhere() {
    check(
        new TestLayer()
            .symlink("out", "../../../..")
            .symlink("etc/mtab", "/proc/mounts")
            .symlink("lib64", "/usr/lib64")
            .file("lib64/ld.so", "")
            .symlink("usr/bin/up", "../lib"));
  }

  @Test
  void aLinkThatWasReplacedOrHiddenCountsNoMore() {
    check(new TestLayer().symlink("out", ".."), new TestLayer().directory("out").file("out/x", ""));
    check(
        new TestLayer().symlink("out", ".."),
        new TestLayer().whiteout("out"),
        new TestLayer().file("out/x", ""));
    check(
        new TestLayer().symlink("a/out", "../.."), new TestLayer().opaque("a").file("a/out/x", ""));
    check(
        new TestLayer().symlink("a/out", "../.."),
        new TestLayer().file("a", ""),
        new TestLayer().file("a/out/x", ""));
  }

  @Test
  void aWhiteoutDoesNotHideWhatItsOwnLayerBrings() {
    assertEscapes(new TestLayer().symlink("out", "..").whiteout("out").file("out/x", ""));
    assertEscapes(new TestLayer().symlink("a/out", "../..").opaque("a").file("a/out/x", ""));
  }

  @Test
  void devicesAndFifosAreAllowed() {
    check(
        new TestLayer()
            .entry("dev/null", TarConstants.LF_CHR, "", new byte[0])
            .entry("dev/loop", TarConstants.LF_BLK, "", new byte[0])
            .entry("run/fifo", TarConstants.LF_FIFO, "", new byte[0]));
  }

  @Test
  void anEntryThatReplacesTheRootIsRefused() {
    assertEquals(
        "BAD_LAYER",
        failure(LayerLimits.DEFAULT, Compression.NONE, new TestLayer().symlink("./", "etc").tar()));
    check(new TestLayer().directory("."));
  }

  @Test
  void anEntryWithoutContentMustNotClaimAny() {
    byte[] hidden = new TestLayer().file("../x", "").tar();
    byte[] tar = new TestLayer().entry("x", TarConstants.LF_SYMLINK, "y", hidden).tar();

    assertEquals("BAD_LAYER", failure(LayerLimits.DEFAULT, Compression.NONE, tar));
  }

  @Test
  void entriesOfUnknownTypesAreRefused() {
    byte[] tar = new TestLayer().entry("x", (byte) 'Q', "", new byte[0]).tar();

    assertEquals("BAD_LAYER", failure(LayerLimits.DEFAULT, Compression.NONE, tar));
  }

  @Test
  void aHeaderThatWouldFillTheMemoryIsRefused() {
    byte[] name = new byte[512 * 1024];
    Arrays.fill(name, (byte) 'a');
    byte[] tar =
        new TestLayer()
            .entry("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME, "", name)
            .file("x", "")
            .tar();

    assertEquals("BAD_LAYER", failure(LayerLimits.DEFAULT, Compression.NONE, tar));
  }

  /** As umoci writes them: neither padding nor an end follows the last file. */
  @ParameterizedTest
  @ValueSource(ints = {1, 511, 512, 937, 70_000})
  void anArchiveMayEndWithTheLastByteOfAFile(int size) {
    byte[] tar = new TestLayer().file("a", "b").file("etc/passwd", "x".repeat(size)).tar();
    byte[] cut = Arrays.copyOf(tar, 3 * 512 + size);
    assertEquals(size, check(LayerLimits.DEFAULT, Compression.GZIP, cut).passwd().length());
    assertEquals(
        "BAD_LAYER",
        failure(LayerLimits.DEFAULT, Compression.GZIP, Arrays.copyOf(tar, 3 * 512 + size - 1)));
  }

  @Test
  void aLayerThatIsNoArchiveIsRefused() {
    byte[] noise = new byte[2000];
    Arrays.fill(noise, (byte) 7);
    byte[] cut = Arrays.copyOf(new TestLayer().file("x", new byte[3000]).tar(), 2000);

    assertEquals("BAD_LAYER", failure(LayerLimits.DEFAULT, Compression.NONE, noise));
    assertEquals("BAD_LAYER", failure(LayerLimits.DEFAULT, Compression.GZIP, cut));
  }

  @Test
  void limitsHoldForAllLayersTogether() {
    byte[] layer = new TestLayer().file("x", new byte[1_500_000]).tar();
    byte[] other = new TestLayer().file("y", new byte[1_500_000]).tar();
    byte[] third = new TestLayer().file("z", new byte[1_500_000]).tar();

    check(SMALL, Compression.NONE, layer, other);
    assertEquals("LAYER_TOO_LARGE", failure(SMALL, Compression.NONE, layer, other, third));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GZIP", "ZSTD"})
  void aLayerThatUnpacksToFarMoreThanItsSizeIsRefused(String compression) {
    byte[] layer = new TestLayer().file("x", new byte[3 << 20]).tar();

    assertEquals("LAYER_TOO_LARGE", failure(SMALL, Compression.valueOf(compression), layer));
  }

  @Test
  void tooManyEntriesAndTooManyLinksAreRefused() {
    TestLayer entries = new TestLayer();
    TestLayer links = new TestLayer();
    for (int i = 0; i < 51; i++) {
      entries.file("f" + i, "");
    }
    for (int i = 0; i < 20; i++) {
      links.symlink("l" + i, "target");
    }

    assertEquals("LAYER_TOO_LARGE", failure(SMALL, Compression.NONE, entries.tar()));
    assertEquals("LAYER_TOO_LARGE", failure(SMALL, Compression.NONE, links.tar()));
  }

  @Test
  void aSparseFileCountsWithTheSizeThatItUnpacksTo() {
    byte[] tar = sparse(8L << 30);

    assertEquals("LAYER_TOO_LARGE", failure(SMALL, Compression.NONE, tar));
    check(LayerLimits.DEFAULT, Compression.NONE, sparse(1 << 20));
  }

  /** An old GNU sparse file of zeros alone: its real size stands at 483, a map entry at 386. */
  private static byte[] sparse(long size) {
    byte[] tar = new TestLayer().entry("s", TarConstants.LF_GNUTYPE_SPARSE, "", new byte[0]).tar();
    put(tar, 257, "ustar  ");
    put(tar, 386, String.format("%011o", size));
    put(tar, 398, String.format("%011o", 0));
    put(tar, 483, String.format("%011o", size));
    Arrays.fill(tar, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += tar[i] & 0xff;
    }
    put(tar, 148, String.format("%06o", sum));
    return tar;
  }

  private static void put(byte[] tar, int at, String text) {
    for (int i = 0; i < text.length(); i++) {
      tar[at + i] = (byte) text.charAt(i);
    }
    tar[at + text.length()] = 0;
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 100, 10_000})
  void whatFollowsTheGzipOfALayerIsRefused(int garbage) {
    byte[] tar = new TestLayer().file("x", "x").tar();
    byte[] gzip = Compression.GZIP.compress(tar);
    byte[] layer = Arrays.copyOf(gzip, gzip.length + garbage);

    assertEquals("BAD_LAYER", failure(layer, tar));
    assertThrows(AssertionError.class, () -> failure(gzip, tar), "the same without it");
  }

  /** The limit of the ratio is 1000, and gzip comes to 1030 at best. */
  @Test
  void howWellALayerIsCompressedIsToldSoon() {
    byte[] member = Compression.GZIP.compress(new byte[64 << 20]);
    byte[] layer = new byte[3 * member.length];
    for (int i = 0; i < 3; i++) {
      System.arraycopy(member, 0, layer, i * member.length, member.length);
    }

    assertEquals("LAYER_TOO_LARGE", failure(layer, new byte[0]));
  }

  /** How a layer, given as it is stored, is refused. */
  private static String failure(byte[] layer, byte[] tar) {
    return assertThrows(TaskException.class, () -> checkStored(layer, tar)).first().code();
  }

  private static AccountFiles checkStored(byte[] stored, byte[] tar) {
    TestImages made = new TestImages();
    Descriptor layer = made.blob(MediaTypes.OCI_LAYER_GZIP, stored);
    Blobs blobs =
        new Blobs() {
          @Override
          public Optional<Long> size(Descriptor blob) {
            return Optional.of((long) stored.length);
          }

          @Override
          public InputStream open(Descriptor blob) {
            return new ByteArrayInputStream(stored);
          }
        };
    ImageConfig config =
        new ImageConfig(
            layer.digest(),
            Platform.linux("amd64"),
            List.of(),
            List.of(),
            List.of(),
            "/",
            Optional.empty(),
            Optional.empty(),
            new TreeMap<>(),
            List.of(Digests.of(tar)));
    PlatformImage image =
        new PlatformImage(List.of(), layer, new Manifests.Manifest(layer, List.of(layer)), config);
    return LayerCheck.check("test", image, blobs, LayerLimits.DEFAULT);
  }

  @Test
  void aGzipLayerMayConsistOfSeveralMembers() {
    byte[] tar = new TestLayer().file("etc/passwd", "a:x:1:1\n").file("x", new byte[9000]).tar();
    ByteArrayOutputStream members = new ByteArrayOutputStream();
    try {
      for (int at = 0; at < tar.length; at += 1000) {
        members.write(
            Compression.GZIP.compress(
                Arrays.copyOfRange(tar, at, Math.min(tar.length, at + 1000))));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    assertEquals("a:x:1:1\n", checkStored(members.toByteArray(), tar).passwd());
  }

  @Test
  void accountsAreThoseOfTheUppermostLayerThatHasThem() {
    TestLayer base = new TestLayer().file("etc/passwd", "one").file("./etc/group", "groups");
    assertEquals(
        new AccountFiles("two", "groups"), check(base, new TestLayer().file("/etc/passwd", "two")));
  }

  @Test
  void accountsThatALayerHidesAreGone() {
    byte[] base = new TestLayer().file("etc/passwd", "one").file("etc/group", "groups").tar();
    assertEquals(
        new AccountFiles("", "groups"), over(base, new TestLayer().whiteout("etc/passwd")));
    assertEquals(AccountFiles.NONE, over(base, new TestLayer().whiteout("etc")));
    assertEquals(AccountFiles.NONE, over(base, new TestLayer().opaque("etc")));
    assertEquals(AccountFiles.NONE, over(base, new TestLayer().opaque("")));
    assertEquals(AccountFiles.NONE, over(base, new TestLayer().file("etc", "")));
    assertEquals(
        new AccountFiles("", "groups"), over(base, new TestLayer().directory("etc/passwd")));
    assertEquals(
        new AccountFiles("new", ""),
        over(base, new TestLayer().file("etc/passwd", "new").opaque("etc")));
  }

  private static AccountFiles over(byte[] base, TestLayer layer) {
    return check(LayerLimits.DEFAULT, Compression.NONE, base, layer.tar());
  }

  @Test
  void accountsAreReadThroughSymbolicLinks() {
    assertEquals(
        "one",
        check(
                new TestLayer()
                    .file("usr/etc/passwd", "one")
                    .symlink("etc/passwd", "../usr/etc/passwd"))
            .passwd());
    assertEquals(
        "one",
        check(
                new TestLayer().file("usr/etc/passwd", "one"),
                new TestLayer().symlink("etc", "/link"),
                new TestLayer().symlink("link", "../../usr/etc"))
            .passwd());
    assertEquals("", check(new TestLayer().symlink("etc/passwd", "passwd")).passwd());
    assertEquals("", check(new TestLayer().symlink("etc/passwd", "/dev/null")).passwd());
  }

  @Test
  void aDirectoryTakesThePlaceOfALinkOfALowerLayer() {
    TestLayer base =
        new TestLayer()
            .file("usr/etc/passwd", "one")
            .file("usr/etc/group", "groups")
            .symlink("etc", "usr/etc");

    assertEquals(
        new AccountFiles("two", ""), check(base, new TestLayer().file("etc/passwd", "two")));
  }

  @Test
  void accountsAreReadThroughHardLinks() {
    assertEquals(
        "one",
        check(
                new TestLayer().file("objects/1", "one").hardLink("objects/2", "objects/1"),
                new TestLayer().hardLink("etc/passwd", "objects/2").file("objects/2", "other"))
            .passwd());
  }

  @Test
  void accountsHaveABound() {
    assertEquals(
        "LAYER_TOO_LARGE",
        failure(
            LayerLimits.DEFAULT,
            Compression.NONE,
            new TestLayer().file("etc/passwd", new byte[(1 << 20) + 1]).tar()));
  }
}
