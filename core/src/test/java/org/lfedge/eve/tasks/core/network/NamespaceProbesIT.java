package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces.Kind;
import org.lfedge.eve.tasks.core.port.ProbeResult;

class NamespaceProbesIT {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path temporary;
  private PinnedNetworkNamespaces namespaces;
  private NamespaceProbes probes;
  private final List<Process> servers = new ArrayList<>();

  @BeforeEach
  void make() {
    namespaces =
        new PinnedNetworkNamespaces(
            temporary.resolve("netns"), new LockedHelperCommand(temporary.resolve("locks"), LONG));
    namespaces.isolate();
    namespaces.pin("web", Kind.OWN);
    probes = new NamespaceProbes(namespaces);
  }

  @AfterEach
  void remove() throws InterruptedException {
    for (Process server : servers) {
      server.descendants().forEach(ProcessHandle::destroyForcibly);
      server.destroyForcibly().waitFor();
    }
    namespaces.release();
  }

  /** Answers each connection in {@code web} with what a script prints. */
  private void serve(int port, String script) throws IOException {
    servers.add(
        inWeb(
            "/bin/busybox",
            "nc",
            "-ll",
            "-p",
            Integer.toString(port),
            "-e",
            "/bin/sh",
            "-c",
            script));
  }

  private Process inWeb(String... command) throws IOException {
    List<String> line = new ArrayList<>(List.of("nsenter", "--net=" + namespaces.path("web")));
    line.addAll(List.of(command));
    return new ProcessBuilder(line)
        .redirectErrorStream(true)
        .redirectOutput(temporary.resolve("server").toFile())
        .start();
  }

  /** Reads the whole request first: a reset connection would be no answer. */
  private static final String READ = "while read -r line && [ ${#line} -gt 1 ]; do :; done; ";

  private static String answer(String status) {
    return READ + "printf 'HTTP/1.0 " + status + "\\r\\nLocation: http://no.such/\\r\\n\\r\\nhi'";
  }

  private ProbeResult http(String url) {
    return get(probes.http("web", url, LONG));
  }

  private static ProbeResult get(CompletableFuture<ProbeResult> probe) {
    return probe.orTimeout(120, TimeUnit.SECONDS).join();
  }

  /** Waits for a server to be there: until then, connections are refused. */
  private ProbeResult once(Supplier<ProbeResult> probe) {
    long deadline = System.nanoTime() + LONG.toNanos();
    ProbeResult result = probe.get();
    while (result.reason().contains("onnect") && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      result = probe.get();
    }
    return result;
  }

  @Test
  void aStatusBelow400Passes() throws IOException {
    serve(8080, answer("200 OK"));
    assertEquals(ProbeResult.PASSED, once(() -> http("http://127.0.0.1:8080/")));
    assertEquals(ProbeResult.PASSED, http("http://localhost:8080/[a-z]{1,2}"));
    serve(8081, answer("302 Found"));
    assertEquals(ProbeResult.PASSED, once(() -> http("http://127.0.0.1:8081/")), "not followed");
    serve(8082, answer("404 Not Found"));
    assertEquals(ProbeResult.failed("status 404"), once(() -> http("http://127.0.0.1:8082/")));
    serve(8083, answer("503 Busy"));
    assertEquals(ProbeResult.failed("status 503"), once(() -> http("http://127.0.0.1:8083/")));
  }

  @Test
  void whatIsNoHttpFailsAndSaysSo() throws IOException {
    serve(8080, READ + "echo hello; sleep 1");
    ProbeResult result = once(() -> http("http://127.0.0.1:8080/"));
    assertFalse(result.passed());
    assertTrue(result.reason().contains("HTTP/0.9"), result.reason());
    assertTrue(http("file:///etc/passwd").reason().contains("rotocol"));
  }

  @Test
  void nobodyThereIsSaidInOneLine() {
    ProbeResult http = http("http://127.0.0.1:9/");
    assertFalse(http.passed());
    assertTrue(http.reason().startsWith("Failed to connect to 127.0.0.1 port 9"), http.reason());
    assertEquals(ProbeResult.failed("port 9: Connection refused"), get(probes.tcp("web", 9, LONG)));
  }

  @Test
  void theNodesOwnLoopbackIsNotProbed() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertFalse(get(probes.tcp("web", server.getLocalPort(), LONG)).passed());
    }
  }

  @Test
  void aPortThatIsListenedToPassesOverEitherProtocol() throws Exception {
    serve(8080, "true");
    assertEquals(ProbeResult.PASSED, once(() -> get(probes.tcp("web", 8080, LONG))));
    inWeb("sh", "-c", "echo 1 > /proc/sys/net/ipv6/bindv6only").waitFor();
    serve(8081, "true");
    assertEquals(ProbeResult.PASSED, once(() -> get(probes.tcp("web", 8081, LONG))));
    assertFalse(http("http://127.0.0.1:8081/").passed(), "it listens to IPv6 alone");
  }

  @Test
  void silenceEndsAtTheTimeout() throws IOException {
    serve(8080, "sleep 1000");
    once(() -> get(probes.tcp("web", 8080, LONG)));
    assertEquals(
        ProbeResult.failed("no answer within 300 ms"),
        get(probes.http("web", "http://127.0.0.1:8080/", Duration.ofMillis(300))));
  }

  @Test
  void aBodyWithoutEndHarmsNobody() throws IOException {
    serve(8080, READ + "printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'; exec cat /dev/zero");
    ProbeResult result =
        once(() -> get(probes.http("web", "http://127.0.0.1:8080/", Duration.ofSeconds(2))));
    assertEquals(ProbeResult.failed("no answer within 2 s"), result);
  }

  @Test
  void manyAtOnceAllGetTheirAnswer() {
    List<CompletableFuture<ProbeResult>> all =
        IntStream.range(0, 50).mapToObj(i -> probes.tcp("web", 9, LONG)).toList();
    all.forEach(probe -> assertFalse(get(probe).passed()));
  }

  @Test
  void aTaskWithoutANamespaceFailsAndSaysSo() {
    ProbeResult result = get(probes.tcp("absent", 80, LONG));
    assertFalse(result.passed());
    assertTrue(result.reason().contains("netns/absent"), result.reason());
  }
}
