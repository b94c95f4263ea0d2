package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What tasks use, as taskctl and the metrics show it, and what the daemon writes of itself. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MeasuredIT {

  private static final long MIB = 1 << 20;

  /** Holds 4 MiB and keeps one CPU busy. */
  private static final String BUSY =
      """
      [sh, -c, "x=aaaaaaaaaaaaaaaa; for i in 1 2 3; do for j in 1 2 3 4 5 6; do x=$x$x; done; done;\
       echo full; while :; do :; done"]""";

  private final PackagedNode node = new PackagedNode();
  private final int port;

  MeasuredIT() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    node.kill();
    Files.writeString(
        node.config(),
        "metrics: {listen: '127.0.0.1:" + port + "'}\nlog: {format: json}\n",
        StandardOpenOption.APPEND);
    Files.delete(node.directory().resolve("taskd.log"));
    node.start();
  }

  @AfterAll
  void close() {
    node.close();
  }

  private void run(String task, String command, String more) {
    node.taskctl("run", "-d", node.document(task, command, more)).expect(0);
  }

  @Test
  void statsShowWhatATaskUsesAndWhatItIsCharged() {
    run("busy", BUSY, "");
    node.awaitOutput("busy", "full\n");
    JsonNode busy = node.json("stats", "busy").get(0);
    assertEquals("busy", busy.path("name").textValue());
    assertEquals("RUNNING", busy.path("state").textValue());
    // It may use half a CPU, and the node may be busy with others.
    assertTrue(busy.path("cpuPercent").doubleValue() > 1, busy.toString());
    assertTrue(busy.path("cpuNanos").longValue() > 0, busy.toString());
    assertTrue(busy.path("throttledNanos").longValue() > 0, busy.toString());
    assertEquals(1, busy.path("pids").intValue());
    assertEquals(0, busy.path("oomKills").intValue());
    assertTrue(busy.path("ioReadBytes").isIntegralNumber(), busy.toString());
    JsonNode memory = busy.path("memory");
    assertEquals(32 * MIB, memory.path("askedBytes").longValue());
    assertEquals(0, memory.path("taxBytes").longValue());
    assertEquals(32 * MIB, memory.path("limitBytes").longValue());
    assertTrue(memory.path("anonBytes").longValue() >= 4 * MIB, busy.toString());
    assertTrue(
        memory.path("usageBytes").longValue() >= memory.path("anonBytes").longValue(),
        busy.toString());
    assertTrue(memory.path("cacheBytes").isIntegralNumber(), busy.toString());
    assertTrue(memory.path("taxObservedBytes").isNull(), "the task is its own anchor");

    String table = node.taskctl("stats").expect(0).out();
    assertTrue(table.startsWith("NAME"), table);
    assertTrue(
        table.lines().anyMatch(line -> line.matches("busy +RUNNING +[0-9.]+% .* 32MiB + 0B .*")),
        table);
    node.taskctl("delete", "--force", "busy").expect(0);
  }

  @Test
  void theTaxOfAnInitIsObserved() {
    run("quiet", PackagedNode.SERVICE, "init: true");
    Programs.await(
        "the tax to be observed",
        () -> !node.json("inspect", "quiet").at("/memory/taxObservedBytes").isNull());
    JsonNode memory = node.json("inspect", "quiet").path("memory");
    assertEquals(MIB, memory.path("taxBytes").longValue());
    long observed = memory.path("taxObservedBytes").longValue();
    assertTrue(observed > 0 && observed < MIB, memory.toString());
    assertTrue(memory.path("taxAdvice").isNull(), memory.toString());
    assertEquals(
        memory.path("taxObservedBytes"),
        node.json("stats", "quiet").at("/0/memory/taxObservedBytes"));
    assertTrue(node.taskctl("inspect", "quiet").expect(0).out().contains("Tax seen:"));
    node.taskctl("delete", "--force", "quiet").expect(0);
  }

  @Test
  void aStoppedTaskUsesNothingAndIsShownIfItIsNamed() {
    node.taskctl("run", node.document("once", "[sh, -c, exit 0]", "")).expect(0);
    assertFalse(node.taskctl("stats").expect(0).out().contains("once"));
    JsonNode once = node.json("stats", "once").get(0);
    assertEquals("STOPPED", once.path("state").textValue());
    assertTrue(once.path("cpuPercent").isNull() && once.path("pids").isNull(), once.toString());
    node.taskctl("stats", "nobody").expect(3);
    node.taskctl("stats", "--interval", "1ms").expect(1);
    node.taskctl("delete", "once").expect(0);
  }

  @Test
  void aWatchGoesOnWhileTasksComeAndGo() throws IOException, InterruptedException {
    List<String> command = PackagedNode.taskctlAt(node.socket());
    command.addAll(List.of("-o", "json", "stats", "--watch", "--interval", "500ms"));
    Process watch = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader lines = watch.inputReader(StandardCharsets.UTF_8)) {
      assertTrue(sample(lines).isArray());
      run("comes", PackagedNode.SERVICE, "");
      while (!sample(lines).findValuesAsText("name").contains("comes")) {
        assertTrue(watch.isAlive());
      }
      node.taskctl("delete", "--force", "comes").expect(0);
      while (sample(lines).findValuesAsText("name").contains("comes")) {
        assertTrue(watch.isAlive());
      }
    } finally {
      watch.destroy();
      assertTrue(watch.waitFor(60, TimeUnit.SECONDS));
    }
  }

  private static JsonNode sample(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    return new JsonMapper().readTree(line == null ? "" : line);
  }

  @Test
  void metricsAreServedWhereTheConfigSays() throws IOException {
    run("measured", PackagedNode.SERVICE, "init: true");
    String text;
    try (InputStream in =
        URI.create("http://127.0.0.1:" + port + "/metrics").toURL().openStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    for (String beginning :
        List.of(
            "taskmanager_containerd_up 1.0",
            "taskmanager_task_state{state=\"RUNNING\",task=\"measured\"} 1.0",
            "taskmanager_task_memory_limit_bytes{task=\"measured\"} " + 33.0 * MIB,
            "taskmanager_task_memory_usage_bytes{task=\"measured\"} ",
            "taskmanager_task_cpu_seconds_total{task=\"measured\"} ",
            "taskmanager_task_pids{task=\"measured\"} 3.0",
            "process_resident_memory_bytes ")) {
      assertTrue(
          text.lines().anyMatch(line -> line.startsWith(beginning)), beginning + "\n" + text);
    }
    node.taskctl("delete", "--force", "measured").expect(0);
  }

  @Test
  void everyLogMessageIsAnObjectOnALineOfItsOwn() throws IOException {
    for (String line : node.daemonLog().lines().toList()) {
      JsonNode message = new JsonMapper().readTree(line);
      assertTrue(message.path("time").isTextual(), line);
      assertTrue(message.path("message").isTextual(), line);
    }
    assertTrue(node.daemonLog().contains("is ready after"), node.daemonLog());
  }
}
