package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.lfedge.eve.tasks.core.containerd.api.leases.LeasesGrpc;
import org.lfedge.eve.tasks.core.containerd.api.leases.ListRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.ListSnapshotsRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.SnapshotsGrpc;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ContentStore.Image;
import org.lfedge.eve.tasks.core.port.ContentStore.Lease;
import org.lfedge.eve.tasks.core.port.RootFilesystem;

class ContainerdContentIT {

  private static final SortedMap<String, String> NO_LABELS = new TreeMap<>();
  private static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
  private static final String CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";

  private final TestBed bed = SharedTestBed.bed();
  private final ContainerdClient client = SharedTestBed.client();
  private final ContainerdContent content = new ContainerdContent(client);

  private static String digest(byte[] bytes) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return "sha256:" + HexFormat.of().formatHex(sha256.digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static Descriptor descriptor(String type, byte[] bytes) {
    return new Descriptor(type, digest(bytes), bytes.length);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static void write(Lease lease, Descriptor blob, byte[] bytes) {
    lease.writeBlob(blob, offset -> new ByteArrayInputStream(bytes), NO_LABELS);
  }

  private static Problem failure(Executable call) {
    return assertThrows(TaskException.class, call).first();
  }

  /** Writes nothing, and collects: what no lease and no reference holds is gone afterwards. */
  private void collect() {
    content.lease("collect").close();
  }

  /** Fails when it is read. */
  private static InputStream unreadable() throws IOException {
    InputStream closed = InputStream.nullInputStream();
    closed.close();
    return closed;
  }

  @Test
  void aBlobComesBackByteForByteWhateverItsSize() throws IOException {
    try (Lease lease = content.lease("round trip")) {
      for (int size : new int[] {0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000}) {
        byte[] bytes = random(size);
        Descriptor blob = descriptor(LAYER_TYPE, bytes);
        write(lease, blob, bytes);
        assertEquals(Optional.of((long) size), content.blobSize(blob.digest()));
        try (InputStream in = content.openBlob(blob.digest())) {
          assertArrayEquals(bytes, in.readAllBytes());
        }
      }
    }
  }

  @Test
  void aBlobNeedNotBeReadToItsEnd() throws IOException {
    byte[] bytes = random(9_000_000);
    Descriptor blob = descriptor(LAYER_TYPE, bytes);
    try (Lease lease = content.lease("first bytes")) {
      write(lease, blob, bytes);
      for (int i = 0; i < 20; i++) {
        try (InputStream in = content.openBlob(blob.digest())) {
          assertEquals(bytes[0] & 0xff, in.read());
        }
      }
    }
  }

  @Test
  void aBlobThatIsNotThereIsNotFound() {
    String absent = digest(random(77));
    assertEquals(Optional.empty(), content.blobSize(absent));
    assertEquals(NO_LABELS, content.blobLabels(absent));
    TaskException failure =
        assertThrows(TaskException.class, () -> content.openBlob(absent).close());
    assertEquals(TaskException.Outcome.NOT_FOUND, failure.outcome());
    assertTrue(failure.first().message().contains(absent));
  }

  @Test
  void aBlobThatIsThereIsHeldAndLabelledWithoutBeingRead() throws IOException {
    byte[] bytes = random(1000);
    Descriptor blob = descriptor(LAYER_TYPE, bytes);
    try (Lease second = content.lease("second")) {
      try (Lease first = content.lease("first")) {
        first.writeBlob(
            blob, offset -> new ByteArrayInputStream(bytes), new TreeMap<>(Map.of("a.b/c.0", "1")));
        second.writeBlob(blob, offset -> unreadable(), new TreeMap<>(Map.of("a.b/d", "2")));
      }
      collect();
      assertTrue(content.blobSize(blob.digest()).isPresent(), "the second lease holds it");
      SortedMap<String, String> labels = content.blobLabels(blob.digest());
      assertEquals("1", labels.get("a.b/c.0"));
      assertEquals("2", labels.get("a.b/d"));
    }
    collect();
    assertEquals(Optional.empty(), content.blobSize(blob.digest()));
  }

  @Test
  void aBlobWithAnotherDigestOrSizeIsRefusedAndNotKept() {
    byte[] bytes = random(3_000_001);
    Descriptor right = descriptor(LAYER_TYPE, bytes);
    byte[] altered = Arrays.copyOf(bytes, bytes.length);
    altered[2_000_000]++;
    Descriptor tooLong = new Descriptor(LAYER_TYPE, right.digest(), bytes.length - 1);
    Descriptor tooShort = new Descriptor(LAYER_TYPE, right.digest(), bytes.length + 1);
    try (Lease lease = content.lease("bad blobs")) {
      assertEquals("DIGEST_MISMATCH", failure(() -> write(lease, right, altered)).code());
      assertEquals("SIZE_MISMATCH", failure(() -> write(lease, tooLong, bytes)).code());
      assertEquals("SIZE_MISMATCH", failure(() -> write(lease, tooShort, bytes)).code());
      assertEquals(Optional.empty(), content.blobSize(right.digest()));
      assertEquals(List.of(), unfinished());
      write(lease, right, bytes);
      assertTrue(content.blobSize(right.digest()).isPresent(), "a second try succeeds");
    }
  }

  @Test
  void aSourceThatFailsLeavesNothing() throws IOException {
    byte[] bytes = random(2_500_000);
    Descriptor blob = descriptor(LAYER_TYPE, bytes);
    InputStream breaks =
        new SequenceInputStream(new ByteArrayInputStream(bytes, 0, 2_000_000), unreadable());
    try (Lease lease = content.lease("broken source")) {
      Problem problem = failure(() -> lease.writeBlob(blob, offset -> breaks, NO_LABELS));
      assertEquals("BLOB_NOT_READ", problem.code());
      assertTrue(problem.message().contains("Stream closed"));
      assertEquals(List.of(), unfinished());
    }
  }

  @Test
  void aResumedLeaseGoesOnWithAnUnfinishedBlob() throws IOException {
    byte[] whole = random(1000);
    byte[] bytes = random(2_500_000);
    Descriptor blob = descriptor(LAYER_TYPE, bytes);
    Lease first = content.resumableLease("image", "first try");
    write(first, descriptor(LAYER_TYPE, whole), whole);
    failure(() -> first.writeBlob(blob, offset -> breaking(bytes, 2_000_000), NO_LABELS));
    content.endAbandonedLeases();
    collect();
    List<Long> offsets = new ArrayList<>();
    try (Lease second = content.resumableLease("image", "second try")) {
      second.writeBlob(blob, from(bytes, offsets), NO_LABELS);
      assertEquals(1, offsets.size(), offsets.toString());
      assertTrue(offsets.get(0) >= 1_000_000, offsets.toString());
      collect();
      assertArrayEquals(bytes, content.openBlob(blob.digest()).readAllBytes());
      assertTrue(content.blobSize(digest(whole)).isPresent(), "what was done is held too");
    }
    collect();
    assertEquals(Optional.empty(), content.blobSize(blob.digest()));
    assertEquals(Optional.empty(), content.blobSize(digest(whole)));
  }

  @Test
  void anUnfinishedBlobThatIsWrongIsWrittenFromTheStart() throws IOException {
    byte[] bytes = random(2_500_000);
    Descriptor blob = descriptor(LAYER_TYPE, bytes);
    byte[] damaged = bytes.clone();
    damaged[500]++;
    Lease first = content.resumableLease("damaged", "first try");
    failure(() -> first.writeBlob(blob, offset -> breaking(damaged, 2_000_000), NO_LABELS));
    List<Long> offsets = new ArrayList<>();
    try (Lease second = content.resumableLease("damaged", "second try")) {
      second.writeBlob(blob, from(bytes, offsets), NO_LABELS);
      assertEquals(0, offsets.get(offsets.size() - 1), offsets.toString());
      assertEquals(2, offsets.size(), offsets.toString());
      assertArrayEquals(bytes, content.openBlob(blob.digest()).readAllBytes());
    }
    assertEquals(List.of(), unfinished());
  }

  @Test
  void whatNobodyGoesOnWithCanBeDropped() {
    byte[] bytes = random(2_500_000);
    Descriptor blob = descriptor(LAYER_TYPE, bytes);
    Lease given = content.resumableLease("given up", "try");
    failure(() -> given.writeBlob(blob, offset -> breaking(bytes, 2_000_000), NO_LABELS));
    content.dropUnfinished(new TreeSet<>(List.of("given up")));
    assertEquals(1, unfinished().size(), "it is in use");
    content.dropUnfinished(new TreeSet<>());
    assertEquals(List.of(), unfinished());
  }

  private static InputStream breaking(byte[] bytes, int at) throws IOException {
    return new SequenceInputStream(new ByteArrayInputStream(bytes, 0, at), unreadable());
  }

  private static ContentStore.BlobSource from(byte[] bytes, List<Long> offsets) {
    return offset -> {
      offsets.add(offset);
      return new ByteArrayInputStream(bytes, (int) offset, bytes.length - (int) offset);
    };
  }

  /** What containerd has of blobs that were begun and not committed. */
  private List<String> unfinished() {
    Path ingest = bed.directory().resolve("root/io.containerd.content.v1.content/ingest");
    try (var entries = Files.list(ingest)) {
      return entries.map(Path::toString).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatALeaseHeldIsCollectedAfterwardsUnlessAnImageRefersToIt() {
    byte[] config = random(500);
    byte[] stray = random(501);
    try (Lease lease = content.lease("import")) {
      write(lease, descriptor(CONFIG_TYPE, config), config);
      write(lease, descriptor(CONFIG_TYPE, stray), stray);
      lease.putImage(new Image("example.org/kept:1", descriptor(CONFIG_TYPE, config)), NO_LABELS);
    }
    collect();
    assertTrue(content.blobSize(digest(config)).isPresent());
    assertEquals(Optional.empty(), content.blobSize(digest(stray)));

    content.deleteImage("example.org/kept:1");
    assertEquals(Optional.empty(), content.blobSize(digest(config)));
    content.deleteImage("example.org/kept:1");
  }

  @Test
  void aNameIsPointedToAnotherTargetByPuttingItAgain() {
    byte[] first = random(600);
    byte[] second = random(601);
    Image old = new Image("example.org/moved:1", descriptor(CONFIG_TYPE, first));
    Image fresh = new Image("example.org/moved:1", descriptor(CONFIG_TYPE, second));
    Image other = new Image("example.org/before:1", descriptor(CONFIG_TYPE, first));
    try (Lease lease = content.lease("names")) {
      write(lease, old.target(), first);
      write(lease, fresh.target(), second);
      lease.putImage(old, NO_LABELS);
      lease.putImage(other, NO_LABELS);
      lease.putImage(fresh, NO_LABELS);
    }
    assertEquals(List.of(other, fresh), content.images());
    content.deleteImage(fresh.name());
    content.deleteImage(other.name());
    assertEquals(List.of(), content.images());
  }

  @Test
  void whatAKilledProgramHeldIsCollectedByTheNext() {
    try (ContainerdClient own = ContainerdClient.connect(client.socket(), "killed")) {
      ContainerdContent killed = new ContainerdContent(own);
      byte[] bytes = random(77);
      Descriptor blob = descriptor(CONFIG_TYPE, bytes);
      Lease left = killed.lease("never ended");
      write(left, blob, bytes);
      assertTrue(killed.blobSize(blob.digest()).isPresent());
      new ContainerdContent(own).endAbandonedLeases();
      assertEquals(
          0,
          own.quick(LeasesGrpc::newBlockingStub)
              .list(ListRequest.getDefaultInstance())
              .getLeasesCount());
      assertEquals(Optional.empty(), killed.blobSize(blob.digest()));
    }
  }

  @Test
  void leasesAreNamedForTheirPurposeExpireAndLeaveNothing() {
    try (Lease lease = content.lease("show the purpose")) {
      byte[] bytes = random(10);
      write(lease, descriptor(CONFIG_TYPE, bytes), bytes);
      var leases =
          client
              .quick(LeasesGrpc::newBlockingStub)
              .list(ListRequest.getDefaultInstance())
              .getLeasesList();
      assertEquals(1, leases.size());
      assertEquals(
          "show the purpose", leases.get(0).getLabelsMap().get("org.lfedge.eve.tasks.purpose"));
      assertTrue(leases.get(0).getLabelsMap().containsKey("containerd.io/gc.expire"));
    }
    assertEquals(
        0,
        client
            .quick(LeasesGrpc::newBlockingStub)
            .list(ListRequest.getDefaultInstance())
            .getLeasesCount());
  }

  private byte[] busyboxLayer() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      directory(tar, "bin/");
      directory(tar, "proc/");
      byte[] busybox = Files.readAllBytes(bed.busyboxRoot().resolve("bin/busybox"));
      file(tar, "bin/busybox", busybox);
      for (String applet : List.of("sh", "cat", "ls")) {
        TarArchiveEntry link = new TarArchiveEntry("bin/" + applet, TarConstants.LF_SYMLINK);
        link.setLinkName("busybox");
        tar.putArchiveEntry(link);
        tar.closeArchiveEntry();
      }
      file(tar, "removed", "lower".getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static byte[] upperLayer() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      file(tar, "added", "upper\n".getBytes(StandardCharsets.UTF_8));
      file(tar, ".wh.removed", new byte[0]);
    }
    return bytes.toByteArray();
  }

  private static void directory(TarArchiveOutputStream tar, String name) throws IOException {
    tar.putArchiveEntry(new TarArchiveEntry(name));
    tar.closeArchiveEntry();
  }

  private static void file(TarArchiveOutputStream tar, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    entry.setMode(0755);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(result)) {
      gzip.write(bytes);
    }
    return result.toByteArray();
  }

  private static String chainId(String parent, String diffId) {
    return digest((parent + " " + diffId).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void layersAreAppliedInOrderRunATaskAndLiveAsLongAsTheirImage() throws IOException {
    byte[] lower = busyboxLayer();
    byte[] upper = upperLayer();
    byte[] packed = gzip(upper);
    byte[] config = random(700);
    Descriptor packedLayer = descriptor(LAYER_TYPE + "+gzip", packed);
    Descriptor configBlob = descriptor(CONFIG_TYPE, config);
    String bottom = digest(lower);
    String top = chainId(bottom, digest(upper));
    try (Lease lease = content.lease("unpack")) {
      write(lease, descriptor(LAYER_TYPE, lower), lower);
      write(lease, packedLayer, packed);
      write(lease, configBlob, config);
      lease.applyLayer(Optional.empty(), bottom, descriptor(LAYER_TYPE, lower), bottom);
      assertFalse(content.hasLayers(top));
      lease.applyLayer(Optional.of(bottom), top, packedLayer, digest(upper));
      lease.applyLayer(Optional.of(bottom), top, packedLayer, digest(upper));
      assertTrue(content.hasLayers(top));
      lease.keepLayers(configBlob.digest(), top);
      lease.putImage(new Image("example.org/busybox:1", configBlob), NO_LABELS);
    }
    collect();
    assertTrue(content.hasLayers(top), "the image's config keeps them");
    assertEquals(List.of(bottom, top).stream().sorted().toList(), snapshots());

    RootFilesystem root = new RootFilesystem.Layers(top);
    ContainerdRuntime runtime = new ContainerdRuntime(client);
    for (String expected : List.of("upper\n", "mine\nupper\n")) {
      assertEquals(0, run(runtime, root).code().orElseThrow(), bed.complained("layers"));
      assertEquals(expected, bed.printed("layers"));
    }
    runtime.deleteContainer("layers");
    content.deleteImage("example.org/busybox:1");
    assertTrue(content.hasLayers(top), "the writable layer keeps them");
    runtime.removeRoot("layers");
    collect();
    assertFalse(content.hasLayers(top));
    assertFalse(content.hasLayers(bottom));
  }

  private ExitStatus run(ContainerdRuntime runtime, RootFilesystem root) {
    runtime.prepareRoot("layers", root);
    runtime.createContainer(
        "layers",
        root,
        bed.spec(
            "layers",
            "/bin/sh",
            "-c",
            "cat /mine 2>/dev/null; cat /added && ! ls /removed"
                + " 2>/dev/null && echo mine > /mine"),
        new TreeMap<>());
    runtime.createTask("layers", root, bed.output("layers"));
    CompletableFuture<ExitStatus> exit = runtime.awaitExit("layers");
    runtime.startTask("layers");
    ExitStatus status = exit.orTimeout(60, TimeUnit.SECONDS).join();
    runtime.deleteTask("layers");
    return status;
  }

  /** The names of all snapshots, unfinished ones included. */
  private List<String> snapshots() {
    List<String> names = new ArrayList<>();
    client
        .quick(SnapshotsGrpc::newBlockingStub)
        .list(ListSnapshotsRequest.newBuilder().setSnapshotter(client.snapshotter()).build())
        .forEachRemaining(page -> page.getInfoList().forEach(info -> names.add(info.getName())));
    return names.stream().sorted().toList();
  }

  @Test
  void aLayerThatUnpacksToAnotherDigestOrNotAtAllLeavesNoSnapshot() throws IOException {
    byte[] layer = upperLayer();
    byte[] noise = random(4096);
    String other = digest(noise);
    try (Lease lease = content.lease("bad layers")) {
      write(lease, descriptor(LAYER_TYPE, layer), layer);
      write(lease, descriptor(LAYER_TYPE, noise), noise);
      Problem mismatch =
          failure(
              () ->
                  lease.applyLayer(Optional.empty(), other, descriptor(LAYER_TYPE, layer), other));
      assertEquals("DIFF_ID_MISMATCH", mismatch.code());
      failure(
          () -> lease.applyLayer(Optional.empty(), other, descriptor(LAYER_TYPE, noise), other));
      assertFalse(content.hasLayers(other));
      assertEquals(List.of(), snapshots());
    }
  }
}
