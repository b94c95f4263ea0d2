package org.lfedge.eve.tasks.core.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;

class FileDownloadsTest {

  private static final int SIZE = 300_000;

  private final FixtureRegistry server = FixtureRegistry.plain();
  private final HttpRegistries downloads =
      registries(QuickTiming.QUICK, Map.of(server.host(), TestHosts.plain()));
  private final byte[] bytes = bytes();
  private final String path = "/storage/" + server.blob(bytes);

  @AfterEach
  @AfterProperty
  void close() {
    downloads.close();
    server.close();
  }

  private static HttpRegistries registries(Timing timing, Map<String, RegistryConfig.Host> hosts) {
    return new HttpRegistries(
        new RegistryConfig(
            Path.of("/nonexistent/config.json"),
            RegistryConfig.Proxy.OF_ENVIRONMENT,
            new TreeMap<>(hosts)),
        Map.of(),
        timing);
  }

  private static byte[] bytes() {
    byte[] bytes = new byte[SIZE];
    new Random(SIZE).nextBytes(bytes);
    return bytes;
  }

  private static byte[] read(HttpRegistries from, String url, long max) throws IOException {
    try (InputStream in = from.open(url, max)) {
      return in.readAllBytes();
    }
  }

  private byte[] read() throws IOException {
    return read(downloads, server.url(path), SIZE);
  }

  private TaskException failure(long max) {
    return assertThrows(TaskException.class, () -> read(downloads, server.url(path), max));
  }

  private void assertFails(String code, String words) {
    TaskException failure = failure(SIZE);
    assertEquals(code, failure.first().code(), failure.getMessage());
    assertTrue(failure.first().message().contains(words), failure.getMessage());
    assertTrue(failure.first().message().contains(server.url(path)), failure.getMessage());
  }

  private List<String> ranges() {
    return server.requests("/storage/").stream()
        .map(request -> request.header("range").orElse("all"))
        .toList();
  }

  @Test
  void aFileComesWhole() throws IOException {
    assertArrayEquals(bytes, read());
    assertEquals(List.of("all"), ranges());
  }

  @Test
  void aFileWhoseLengthNobodySaysComesWhole() throws IOException {
    server.misbehave(path, (request, honest) -> honest.undeclared());
    assertArrayEquals(bytes, read());
  }

  @Property(tries = 20)
  void whereItBreaksItIsGoneOnWith(
      @ForAll @Size(max = 3) List<@IntRange(min = 1, max = SIZE / 4) Integer> pieces)
      throws IOException {
    server.forget();
    for (int piece : pieces) {
      server.misbehave(path, 1, FixtureFault.until(FixtureReply.Limit.RESET, piece));
    }
    assertArrayEquals(bytes, read());
  }

  @Test
  void whatWasHandedOutIsNotFetchedAgain() throws IOException {
    server.misbehave(path, 1, FixtureFault.until(FixtureReply.Limit.END, 100_000));
    assertArrayEquals(bytes, read());
    assertEquals(List.of("all", "bytes=100000-"), ranges());
  }

  @Test
  void aServerThatKnowsNoRangesSendsItAgain() throws IOException {
    server.misbehave(path, 1, FixtureFault.until(FixtureReply.Limit.END, 100_000));
    server.misbehave(
        path, (request, honest) -> FixtureReply.of(200, "application/octet-stream", bytes));
    assertArrayEquals(bytes, read());
  }

  @Test
  void aLineThatIsDeadIsGivenUp() {
    server.misbehave(path, FixtureFault.until(FixtureReply.Limit.RESET, 0));
    assertFails("DOWNLOAD_UNREACHABLE", "the network and the proxy");
    assertEquals(QuickTiming.QUICK.tries(), server.requests().size());
  }

  @Test
  void aServerThatStallsIsAskedAgain() throws IOException {
    HttpRegistries impatient =
        registries(QuickTiming.impatient(), Map.of(server.host(), TestHosts.plain()));
    server.misbehave(path, 1, FixtureFault.until(FixtureReply.Limit.STALL, 1000));
    assertArrayEquals(bytes, read(impatient, server.url(path), SIZE));
    impatient.close();
  }

  @Test
  void aFileThatChangesItsLengthMeanwhileIsRefused() {
    server.misbehave(path, 1, FixtureFault.until(FixtureReply.Limit.END, 100));
    server.misbehave(
        path, (request, honest) -> FixtureReply.of(200, "application/octet-stream", new byte[200]));
    assertFails("DOWNLOAD_FAILED", "it had 300000 bytes at first, and 200 now");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes 0-299999/300000", "bytes 101-299999/300000", "none"})
  void anotherRangeThanTheOneAskedForIsRefused(String range) {
    server.misbehave(path, 1, FixtureFault.until(FixtureReply.Limit.END, 100));
    server.misbehave(path, (request, honest) -> honest.with("Content-Range", range));
    assertFails("DOWNLOAD_FAILED", "its server sends the range");
  }

  @Test
  void whatIsTooLargeIsRefusedBeforeItComes() {
    TaskException failure = failure(SIZE - 1);
    assertEquals("FILE_TOO_LARGE", failure.first().code());
    assertTrue(failure.getMessage().contains("300000 bytes, more than the 299999"));
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "ENDLESS"})
  void whatIsTooLargeAndDoesNotSaySoIsCutOff(FixtureReply.Limit how) {
    server.misbehave(path, (request, honest) -> honest.undeclared().until(how, SIZE));
    TaskException failure = failure(1000);
    assertEquals("FILE_TOO_LARGE", failure.first().code());
  }

  @Test
  void aFileThatIsNotThereIsAFaultOfWhoeverNamedIt() {
    server.misbehave(path, FixtureFault.status(404));
    assertFails("DOWNLOAD_NOT_FOUND", "answers 404");
    assertEquals(1, server.requests().size());
  }

  @Test
  void theLoginPageOfAProxyIsNoFile() {
    server.misbehave(path, FixtureFault.html());
    assertFails("DOWNLOAD_FAILED", "web page");
  }

  @Test
  void redirectsAreFollowed() throws IOException {
    String other = "/storage/" + server.blob(new byte[] {7});
    server.misbehave(path, 1, FixtureFault.redirect(other));
    assertArrayEquals(new byte[] {7}, read());
  }

  @Test
  void redirectsWithoutEndAreNot() {
    server.misbehave(path, FixtureFault.redirect(server.url(path)));
    assertFails("DOWNLOAD_FAILED", "redirects more than");
  }

  @Test
  void redirectsFromHttpsToHttpAreNotFollowed(@TempDir Path directory) throws IOException {
    FixtureCertificates certificates = new FixtureCertificates(directory);
    try (FixtureRegistry secure = FixtureRegistry.tls(certificates.server(), false);
        HttpRegistries trusting =
            registries(
                QuickTiming.QUICK,
                Map.of(
                    secure.host(),
                    TestHosts.tls(
                        Optional.of(certificates.ca()), Optional.empty(), Optional.empty())))) {
      String there = "/storage/" + secure.blob(bytes);
      assertArrayEquals(bytes, read(trusting, secure.url(there), SIZE));
      secure.misbehave("/storage/", FixtureFault.redirect(server.url(path)));
      TaskException failure =
          assertThrows(TaskException.class, () -> read(trusting, secure.url(there), SIZE));
      assertEquals("DOWNLOAD_FAILED", failure.first().code());
      assertTrue(failure.getMessage().contains("from https to http"), failure.getMessage());
      assertEquals(List.of(), server.requests());
    }
  }

  @Test
  void withoutTlsNothingIsFetchedUnlessTheConfigSaysSo() {
    try (HttpRegistries strict = registries(QuickTiming.QUICK, Map.of())) {
      TaskException failure =
          assertThrows(TaskException.class, () -> read(strict, server.url(path), SIZE));
      assertEquals("PLAIN_HTTP_NOT_ALLOWED", failure.first().code());
      assertTrue(failure.getMessage().contains(server.host()), failure.getMessage());
      assertEquals(List.of(), server.requests());
    }
  }

  @Test
  void thePasswordOfTheConfigIsShownToTheHostThatItIsFor(@TempDir Path directory)
      throws IOException {
    Path password = Files.writeString(directory.resolve("password"), "hunter2\n");
    server.misbehave(
        path,
        (request, honest) ->
            request.header("authorization").equals(Optional.of("Basic bWU6aHVudGVyMg=="))
                ? honest
                : FixtureReply.of(401, "text/plain", new byte[0])
                    .with("WWW-Authenticate", "Basic realm=\"files\""));
    try (HttpRegistries known =
        registries(QuickTiming.QUICK, Map.of(server.host(), TestHosts.login("me", password)))) {
      assertArrayEquals(bytes, read(known, server.url(path), SIZE));
    }
    assertFalse(server.requests().get(0).header("authorization").isPresent());
    TaskException failure = failure(SIZE);
    assertEquals("DOWNLOAD_DENIED", failure.first().code());
  }
}
