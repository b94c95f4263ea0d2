package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.FixtureFault;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;
import org.lfedge.eve.tasks.core.registry.FixtureReply;
import org.lfedge.eve.tasks.core.registry.FixtureReply.Limit;

/** Pulls from a registry that lies, breaks off or does not answer: right bytes or a clear error. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileServerIT {

  private static final String PASSWORD = "secret";
  private static final int LAYER_BYTES = 300_000;

  /** What may be under way when a connection ends. */
  private static final long CUT_SLACK = 64 << 10;

  private final FixtureRegistry registry = FixtureRegistry.plain();
  private final FixtureRegistry closedOne = FixtureRegistry.plain();
  private final FixtureRegistry storage = FixtureRegistry.plain();
  private final Path passwordFile = passwordFile();
  private final PackagedNode node =
      new PackagedNode(
          List.of(),
          """
          registries:
            hosts:
              "%s": {plainHttp: true}
              "%s": {plainHttp: true, username: puller, passwordFile: %s}
          """
              .formatted(registry.host(), closedOne.host(), passwordFile));
  private final AtomicInteger images = new AtomicInteger();

  private static Path passwordFile() {
    try {
      return Files.writeString(Files.createTempFile("password", ""), PASSWORD + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterAll
  void close() throws IOException {
    node.close();
    Files.delete(passwordFile);
    registry.close();
    closedOne.close();
    storage.close();
  }

  @AfterEach
  void nothingIsLeft() {
    ServedImage.assertNoneLeft(node);
    registry.forget();
    closedOne.forget();
    storage.forget();
  }

  /** An image in a registry. */
  private record Served(String name, Descriptor target, Map<String, byte[]> blobs) {

    /** The digests of its layers, which are parts of their paths. */
    List<String> layers() {
      return blobs.entrySet().stream()
          .filter(blob -> blob.getValue().length > LAYER_BYTES)
          .map(Map.Entry::getKey)
          .toList();
    }

    /** That of the only one. */
    String layer() {
      return layers().get(0);
    }

    long size() {
      return blobs.values().stream().mapToLong(blob -> blob.length).sum();
    }
  }

  /** An image like no other, not compressed. */
  private Served serve(FixtureRegistry where, int layers) {
    int number = images.incrementAndGet();
    Random random = new Random(number);
    TestImages.Image image =
        new TestImages.Image()
            .compression(TestImages.Compression.NONE)
            .config(config -> config.put("architecture", HostileRecipes.architecture()));
    for (int i = 0; i < layers; i++) {
      byte[] content = new byte[LAYER_BYTES];
      random.nextBytes(content);
      image.layer(new TestLayer().file("data" + i, content));
    }
    TestImages made = new TestImages();
    Descriptor target = made.add(image);
    HostileRecipes.serve(where, made, target, "v" + number);
    return new Served(where.host() + "/team/web:v" + number, target, made.blobs());
  }

  private Programs.Result pull(String name) {
    return node.taskctl("-o", "json", "images", "pull", name);
  }

  private void assertPulled(Served image) {
    pull(image.name()).expect(0);
    for (String digest : image.blobs().keySet()) {
      assertEquals(digest, "sha256:" + node.sha256(digest));
    }
    assertEquals(image.name(), node.ctr("images", "ls", "-q").out().strip());
  }

  private void assertRefused(Programs.Result refused, String code) {
    assertEquals(List.of(code), refused.errorCodes(), refused.toString());
    SortedMap<String, List<String>> traces = Traces.of(node);
    assertEquals(List.of(), ServedImage.entries(traces, "snapshots"));
    assertEquals(List.of(), ServedImage.entries(traces, "images"));
  }

  private static FixtureReply flipped(FixtureReply honest) {
    byte[] bytes = honest.body().clone();
    bytes[bytes.length - 1] ^= 1;
    return honest.body(bytes);
  }

  private static final String MANIFEST = "/manifests/";
  private static final String LAYER = "/blobs/";

  static Stream<Arguments> lies() {
    return Stream.of(
        Arguments.of("wrong bytes", LAYER, "DIGEST_MISMATCH", fault(HostileServerIT::flipped)),
        Arguments.of(
            "too few bytes",
            LAYER,
            "REGISTRY_FAILED",
            fault(honest -> honest.body(Arrays.copyOf(honest.body(), 100)))),
        Arguments.of(
            "no end",
            LAYER,
            "REGISTRY_FAILED",
            fault(honest -> honest.undeclared().until(Limit.ENDLESS, Integer.MAX_VALUE))),
        Arguments.of(
            "no end of the manifest",
            MANIFEST,
            "REGISTRY_FAILED",
            fault(honest -> honest.undeclared().until(Limit.ENDLESS, Integer.MAX_VALUE))),
        Arguments.of(
            "a web page as the manifest", MANIFEST, "REGISTRY_FAILED", FixtureFault.html()),
        Arguments.of("a web page as a blob", LAYER, "REGISTRY_FAILED", FixtureFault.html()),
        Arguments.of("gone", LAYER, "REGISTRY_FAILED", FixtureFault.status(404)),
        Arguments.of("forbidden", LAYER, "REGISTRY_DENIED", FixtureFault.status(403)),
        Arguments.of(
            "in circles",
            LAYER,
            "REGISTRY_FAILED",
            (FixtureFault)
                (request, honest) ->
                    FixtureFault.redirect(request.path()).instead(request, honest)),
        Arguments.of(
            "busy for an hour",
            LAYER,
            "REGISTRY_BUSY",
            FixtureFault.status(429, "Retry-After", "3600")),
        Arguments.of(
            "another range",
            LAYER,
            "REGISTRY_FAILED",
            fault(
                honest ->
                    honest.status() == 206
                        ? honest.with("Content-Range", "bytes 0-99/100")
                        : honest.until(Limit.END, 100_000))));
  }

  private static FixtureFault fault(UnaryOperator<FixtureReply> change) {
    return (request, honest) -> change.apply(honest);
  }

  /** And what it left does not stand in the way of an honest answer. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("lies")
  void aLieIsTold(String what, String path, String code, FixtureFault fault) {
    Served image = serve(registry, 1);
    registry.misbehave(path.equals(LAYER) ? image.layer() : path, fault);

    assertRefused(pull(image.name()), code);

    registry.forget();
    assertPulled(image);
  }

  @Test
  void wrongBytesForADigestThatWasAskedForAreRefused() {
    Served image = serve(registry, 1);
    registry.misbehave(MANIFEST, fault(HostileServerIT::flipped));

    String name = image.name().replaceFirst(":v[0-9]+$", "@" + image.target().digest());

    assertRefused(pull(name), "DIGEST_MISMATCH");
  }

  @Test
  void aRegistryThatIsBusyForAWhileIsWaitedFor() {
    Served image = serve(registry, 1);
    registry.misbehave(MANIFEST, 1, FixtureFault.status(429, "Retry-After", "1"));
    registry.misbehave(image.layer(), 2, FixtureFault.status(503));

    assertPulled(image);
    assertEquals(2, registry.requests(MANIFEST).size());
    assertEquals(3, registry.requests(image.layer()).size());
  }

  @Test
  void whereARegistryKeepsItsBlobsSeesNoCredentials() {
    closedOne.access().wantBasic("puller:" + PASSWORD);
    Served image = serve(closedOne, 2);
    image.blobs().values().forEach(storage::blob);
    closedOne.misbehave(
        "/blobs/",
        (request, honest) ->
            FixtureFault.redirect(storage.url(request.path())).instead(request, honest));

    assertPulled(image);

    assertTrue(
        closedOne.requests("/blobs/").stream()
            .allMatch(request -> request.header("authorization").isPresent()));
    assertTrue(storage.requests().size() >= 3, storage.requests().toString());
    for (FixtureRegistry.Request request : storage.requests()) {
      for (String header : List.of("authorization", "cookie", "proxy-authorization")) {
        assertEquals(Optional.empty(), request.header(header), request.toString());
      }
    }
  }

  /** At the first byte, around the sizes of buffers, and at the last one. */
  @Test
  void aPullThatIsResetAtManyPlacesEndsWell() {
    int[] places = {0, 1, 511, 512, 4096, 16_383, 16_384, 16_385, 65_536, 131_072, 300_000};
    Served image = serve(registry, places.length);
    List<String> layers = image.layers();
    for (int i = 0; i < places.length; i++) {
      registry.misbehave(layers.get(i), 1, FixtureFault.until(Limit.RESET, places[i]));
    }

    assertPulled(image);
    for (String layer : layers) {
      assertTrue(registry.requests(layer).size() > 1, layer);
    }
  }

  @Test
  void aPullThatIsCutTenTimesFetchesNothingTwice() {
    Served image = serve(registry, 2);
    registry.misbehave("/blobs/", FixtureFault.until(Limit.END, LAYER_BYTES / 6));

    assertPulled(image);

    for (String layer : image.layers()) {
      List<String> ranges =
          registry.requests(layer).stream()
              .map(request -> request.header("range").orElse("all"))
              .toList();
      assertTrue(ranges.size() > 5, ranges.toString());
      assertEquals(ranges.size(), Set.copyOf(ranges).size(), ranges.toString());
    }
    assertTrue(
        registry.bytesServed() <= image.size() + CUT_SLACK,
        registry.bytesServed() + " of " + image.size());
  }

  @Test
  void aServerWithoutRangesSendsAllOfItAgain() {
    Served image = serve(registry, 1);
    registry.misbehave(image.layer(), 1, FixtureFault.until(Limit.END, 200_000));
    byte[] whole = image.blobs().getOrDefault(image.layer(), new byte[0]);
    registry.misbehave(
        image.layer(),
        (request, honest) -> FixtureFault.status(200).instead(request, honest).body(whole));

    assertPulled(image);
    assertTrue(registry.bytesServed() <= image.size() + 200_000 + CUT_SLACK);
  }

  /** At once, since each takes its time: what never gets better, and one that stalls. */
  @Test
  void whatDoesNotPassIsGivenUpAndAStallIsNot() {
    Served stalled = serve(registry, 1);
    registry.misbehave(stalled.layer(), 1, FixtureFault.until(Limit.STALL, 150_000));
    Map<String, FixtureFault> faults =
        Map.of(
            "REGISTRY_UNREACHABLE", FixtureFault.until(Limit.RESET, 0),
            "REGISTRY_FAILED", fault(honest -> honest.undeclared().until(Limit.END, 0)));
    CompletableFuture<Programs.Result> stalling = start(stalled);
    List<Map.Entry<String, CompletableFuture<Programs.Result>>> failing =
        faults.entrySet().stream()
            .map(
                fault -> {
                  Served image = serve(registry, 1);
                  registry.misbehave(image.layer(), fault.getValue());
                  return Map.entry(fault.getKey(), start(image));
                })
            .toList();

    failing.forEach(pull -> assertRefused(pull.getValue().join(), pull.getKey()));

    stalling.join().expect(0);
    assertPulled(stalled);
    assertEquals(2, registry.requests(stalled.layer()).size());
  }

  private CompletableFuture<Programs.Result> start(Served image) {
    return CompletableFuture.supplyAsync(
        () -> pull(image.name()), work -> new Thread(work, "pull").start());
  }
}
