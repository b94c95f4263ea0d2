package org.lfedge.eve.tasks.core.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

class RegistryBlobsTest {

  private static final int SIZE = 300_000;
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final FixtureRegistry registry = FixtureRegistry.plain();
  private final HttpRegistries registries = registries(QuickTiming.QUICK);
  private final byte[] bytes = bytes(SIZE);
  private final Descriptor blob = descriptor(bytes);

  @AfterEach
  @AfterProperty
  void close() {
    registries.close();
    registry.close();
  }

  private HttpRegistries registries(Timing timing) {
    return new HttpRegistries(
        new RegistryConfig(
            Path.of("/nonexistent/config.json"),
            RegistryConfig.Proxy.OF_ENVIRONMENT,
            new TreeMap<>(Map.of(registry.host(), TestHosts.plain()))),
        Map.of(),
        timing);
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private Descriptor descriptor(byte[] content) {
    return new Descriptor("application/octet-stream", registry.blob(content), content.length);
  }

  private InputStream open(Descriptor wanted, long offset) throws IOException {
    return registries.repository(registry.host() + "/team/web").open(wanted, offset);
  }

  private byte[] read(Descriptor wanted, long offset) throws IOException {
    try (InputStream in = open(wanted, offset)) {
      return in.readAllBytes();
    }
  }

  private void assertFails(String code, String words) {
    TaskException failure = assertThrows(TaskException.class, () -> read(blob, 0));
    assertEquals(code, failure.first().code(), failure.getMessage());
    assertTrue(failure.first().message().contains(words), failure.getMessage());
    assertTrue(failure.first().message().contains(registry.host()), failure.getMessage());
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "in time");
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private List<String> ranges() {
    return registry.requests("/blobs/").stream()
        .map(request -> request.header("range").orElse("all"))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 150_000, SIZE - 1, SIZE})
  void aBlobComesFromAnyOffsetOn(int offset) throws IOException {
    assertArrayEquals(Arrays.copyOfRange(bytes, offset, SIZE), read(blob, offset));
    assertEquals(offset == SIZE ? 0 : 1, registry.requests().size());
    assertEquals(SIZE - offset, registry.bytesServed());
  }

  @Test
  void anEmptyBlobNeedsNoRequest() throws IOException {
    assertArrayEquals(new byte[0], read(descriptor(new byte[0]), 0));
    assertEquals(List.of(), registry.requests());
  }

  @Test
  void aConnectionServesOneBlobAfterTheOther() throws IOException {
    for (int i = 0; i < 5; i++) {
      read(blob, 0);
    }
    assertEquals(1, registry.connections());
  }

  /** Every answer is cut, and each time the next one goes on where it was. */
  @ParameterizedTest
  @EnumSource(names = {"RESET", "END"})
  void aBlobGoesOnWhereItBroke(FixtureReply.Limit how) throws IOException {
    registry.misbehave("/blobs/", FixtureFault.until(how, 40_000));
    assertArrayEquals(bytes, read(blob, 0));
    assertTrue(ranges().size() >= 8, ranges().toString());
  }

  @Test
  void aBlobThatStallsGoesOn() throws IOException {
    try (HttpRegistries impatient = registries(QuickTiming.impatient());
        InputStream in = impatient.repository(registry.host() + "/team/web").open(blob, 0)) {
      registry.misbehave("/blobs/", FixtureFault.until(FixtureReply.Limit.STALL, 100_000));
      assertArrayEquals(bytes, in.readAllBytes());
    }
  }

  @Test
  void stallsWithoutProgressComeToAnEnd() throws IOException {
    try (HttpRegistries impatient = registries(QuickTiming.impatient())) {
      registry.misbehave("/blobs/", FixtureFault.until(FixtureReply.Limit.STALL, 0));
      InputStream in = impatient.repository(registry.host() + "/team/web").open(blob, 0);
      TaskException failure = assertThrows(TaskException.class, in::read);
      assertEquals("REGISTRY_UNREACHABLE", failure.first().code());
      assertEquals(4, registry.requests().size());
    }
  }

  /** However a transfer is cut, nothing that was handed out is asked for again. */
  @Property(tries = 60)
  void nothingIsFetchedTwice(
      @ForAll @IntRange(min = 1, max = 200_000) int size,
      @ForAll @Size(max = 10) List<@IntRange(min = 0, max = 60_000) Integer> cuts)
      throws IOException {
    registry.forget();
    byte[] content = bytes(size);
    Descriptor wanted = descriptor(content);
    // Those without a byte are no progress, and only so many of them are borne one after another.
    int without = 0;
    for (int cut : cuts) {
      without = cut == 0 ? without + 1 : 0;
      if (without < QuickTiming.QUICK.tries()) {
        registry.misbehave("/blobs/", 1, FixtureFault.until(FixtureReply.Limit.END, cut));
      }
    }
    try (InputStream in = open(wanted, 0)) {
      byte[] buffer = new byte[7_000];
      int handedOut = 0;
      int asked = 1;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        assertEquals(0, Arrays.compare(buffer, 0, count, content, handedOut, handedOut + count));
        List<String> ranges = ranges();
        for (; asked < ranges.size(); asked++) {
          assertEquals(handedOut == 0 ? "all" : "bytes=" + handedOut + "-", ranges.get(asked));
        }
        handedOut += count;
      }
      assertEquals(size, handedOut);
    }
    assertTrue(
        registry.bytesServed() <= size + cuts.size() * 32L * 1024,
        () -> registry.bytesServed() + " bytes for " + size);
  }

  @Test
  void aRegistryThatKnowsNoRangesIsReadAnew() throws IOException {
    registry.misbehave("/blobs/", 1, FixtureFault.until(FixtureReply.Limit.END, 100_000));
    registry.misbehave(
        "/blobs/", (request, honest) -> FixtureReply.of(200, "application/octet-stream", bytes));
    assertArrayEquals(bytes, read(blob, 0));
    assertArrayEquals(Arrays.copyOfRange(bytes, 1234, SIZE), read(blob, 1234));
  }

  @Test
  void toReadAnewIsNoProgress() throws IOException {
    registry.misbehave("/blobs/", 1, FixtureFault.until(FixtureReply.Limit.END, 100_000));
    registry.misbehave(
        "/blobs/",
        (request, honest) ->
            FixtureReply.of(200, "application/octet-stream", bytes)
                .until(FixtureReply.Limit.END, 90_000));
    assertFails("REGISTRY_UNREACHABLE", "broke off at byte 100000");
    assertTrue(registry.requests().size() <= 5, ranges().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bytes 0-299999/300000", "bytes 5-299999/300000", "none", "bytes 7-299999/9"})
  void anotherRangeThanWasAskedForIsRefused(String range) {
    registry.misbehave("/blobs/", (request, honest) -> honest.with("Content-Range", range));
    TaskException failure = assertThrows(TaskException.class, () -> read(blob, 7));
    assertEquals("REGISTRY_FAILED", failure.first().code());
    assertTrue(failure.first().message().contains(range), failure.getMessage());
  }

  @Test
  void aBlobThatIsShorterThanItsDescriptorIsRefused() {
    byte[] half = Arrays.copyOf(bytes, SIZE / 2);
    registry.misbehave("/blobs/", (request, honest) -> honest.body(half));
    assertFails("REGISTRY_FAILED", "sends 150000 bytes");
    Descriptor longer = new Descriptor(blob.mediaType(), blob.digest(), SIZE + 10L);
    registry.misbehave("/blobs/", FixtureFault.status(416));
    TaskException failure = assertThrows(TaskException.class, () -> read(longer, SIZE));
    assertEquals("REGISTRY_FAILED", failure.first().code());
  }

  @Test
  void aRangeBeyondTheEndIsRefused() {
    Descriptor longer = new Descriptor(blob.mediaType(), blob.digest(), SIZE + 10L);
    TaskException failure = assertThrows(TaskException.class, () -> read(longer, SIZE + 5L));
    assertTrue(failure.first().message().contains("shorter there"), failure.getMessage());
  }

  @Test
  void aShortBodyWithoutALengthIsTriedAgainAndRefused() {
    registry.misbehave(
        "/blobs/", (request, honest) -> honest.undeclared().until(FixtureReply.Limit.END, 0));
    assertFails("REGISTRY_FAILED", "ends after 0 of 300000");
    assertEquals(4, registry.requests().size());
  }

  @Test
  void anEndlessBodyIsCut() throws InterruptedException {
    registry.misbehave(
        "/blobs/",
        (request, honest) -> honest.undeclared().until(FixtureReply.Limit.ENDLESS, SIZE));
    assertFails("REGISTRY_FAILED", "more than the 300000 bytes");
    await(() -> registry.openConnections() == 0);
  }

  @Test
  void aBodyOfAnotherLengthIsRefusedAtOnce() {
    registry.misbehave("/blobs/", (request, honest) -> honest.body(bytes(SIZE + 1)));
    assertFails("REGISTRY_FAILED", "more than the 300000 bytes");
  }

  @Test
  void theLoginPageOfAProxyIsNoBlob() {
    registry.misbehave("/blobs/", FixtureFault.html());
    assertFails("REGISTRY_FAILED", "login page");
  }

  @Test
  void aBlobThatIsNotThereIsAFailure() {
    registry.misbehave("/blobs/", FixtureFault.status(404));
    assertFails("REGISTRY_FAILED", "it has no blob " + blob.digest());
  }

  @Test
  void closingEndsTheTransfer() throws Exception {
    registry.misbehave(
        "/blobs/", (request, honest) -> honest.undeclared().until(FixtureReply.Limit.STALL, 1000));
    InputStream in = open(blob, 0);
    assertEquals(bytes[0] & 0xff, in.read());
    in.close();
    await(() -> registry.openConnections() == 0);
    assertThrows(IOException.class, in::read);
  }

  @Test
  void anotherThreadCanCloseAStreamThatWaits() throws Exception {
    registry.misbehave(
        "/blobs/", (request, honest) -> honest.undeclared().until(FixtureReply.Limit.STALL, 1000));
    InputStream in = open(blob, 0);
    CompletableFuture<byte[]> reading =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return in.readAllBytes();
              } catch (IOException e) {
                return new byte[0];
              }
            });
    in.close();
    assertEquals(0, reading.get(DEADLINE.toSeconds(), TimeUnit.SECONDS).length);
    await(() -> registry.openConnections() == 0);
  }

  @Test
  void closingTheRegistriesEndsAllTransfers() throws Exception {
    registry.misbehave(
        "/blobs/", (request, honest) -> honest.undeclared().until(FixtureReply.Limit.STALL, 1000));
    InputStream in = open(blob, 0);
    assertEquals(bytes[0] & 0xff, in.read());
    registries.close();
    await(() -> registry.openConnections() == 0);
    assertThrows(TaskException.class, in::readAllBytes);
  }

  @Test
  void theThreadsEndWhenThereIsNothingToDo() throws Exception {
    read(blob, 0);
    await(
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("registry")));
  }
}
