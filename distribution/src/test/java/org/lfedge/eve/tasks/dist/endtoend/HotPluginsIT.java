package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.api.v1.ExecutorEntry;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsRequest;
import org.lfedge.eve.tasks.core.api.v1.RejectedPlugin;

/** Executors of a vendor that come, change and go while the daemon and their tasks run. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HotPluginsIT {

  private static final String SERVICE =
      """
      [sh, -c, "trap 'exit 0' TERM; echo version $VERSION; while :; do sleep 1000 & wait $!; done"]""";

  private final VendorJar first = VendorExecutor.jar("1.0.0");
  private final VendorJar second = VendorExecutor.jar("2.0.0");
  private final VendorJar greedy =
      VendorExecutor.jar(
          "3.0.0",
          "List<byte[]> all = new ArrayList<>(); while (all.size() >= 0) all.add(new byte[8 << 20]);");
  private final PackagedNode node;
  private final Api api;

  HotPluginsIT() {
    node = new PackagedNode(List.of(first.digest(), second.digest(), greedy.digest()));
    api = new Api(node);
  }

  @AfterAll
  void close() {
    api.close();
    node.close();
  }

  private String document(String task) {
    return node.document(task, SERVICE, "executor: " + VendorExecutor.NAME + "\nstop: {grace: 9s}");
  }

  /** Waits until new tasks get a version of the executor, or none. */
  private void awaitVersion(Optional<String> version) {
    Programs.await(
        VendorExecutor.NAME + " to have version " + version,
        () ->
            api
                .stub()
                .listExecutors(ListExecutorsRequest.getDefaultInstance())
                .getExecutorsList()
                .stream()
                .filter(entry -> entry.getName().equals(VendorExecutor.NAME))
                .map(ExecutorEntry::getVersion)
                .findFirst()
                .equals(version));
  }

  private List<RejectedPlugin> rejected() {
    return api.stub().listExecutors(ListExecutorsRequest.getDefaultInstance()).getRejectedList();
  }

  private Programs.Result inspect() {
    return node.taskctl("-o", "json", "executors", "inspect", VendorExecutor.NAME);
  }

  @Test
  void anExecutorIsAddedReplacedAndRemovedWhileItsTasksGoOn() throws IOException {
    long daemon = node.pid();
    Path plugins = Files.createDirectories(node.pluginsDirectory());
    assertEquals(3, inspect().status());
    first.copyTo(plugins.resolve("vendor.jar"));
    awaitVersion(Optional.of("1.0.0"));
    Anchor one = Anchor.of(node.json("run", "-d", document("one")));
    node.awaitOutput("one", "version 1.0.0");

    second.moveTo(plugins.resolve("vendor.jar"));
    awaitVersion(Optional.of("2.0.0"));
    Anchor two = Anchor.of(node.json("run", "-d", document("two")));
    node.awaitOutput("two", "version 2.0.0");
    assertTrue(one.isAlive());
    assertEquals("1.0.0", node.json("inspect", "one").path("executorVersion").asText());
    JsonNode task = node.json("inspect", "two");
    assertEquals("2.0.0", task.path("executorVersion").asText());
    assertEquals(second.digest(), task.path("executorDigest").asText());

    first.copyTo(plugins.resolve("old.jar"));
    Programs.await(
        "the older one to be seen",
        () -> rejected().stream().anyMatch(plugin -> plugin.getCode().equals("SUPERSEDED")));
    JsonNode shown = inspect().expect(0).json();
    assertEquals("2.0.0", shown.path("version").asText());
    assertEquals("vendor.jar", shown.path("file").asText());
    assertEquals(second.digest(), shown.path("digest").asText());
    assertEquals("trusted-digest", shown.path("trust").asText());
    assertEquals("old.jar", shown.at("/others/0/file").asText());
    assertEquals("SUPERSEDED", shown.at("/others/0/code").asText());
    Files.delete(plugins.resolve("vendor.jar"));
    awaitVersion(Optional.of("1.0.0"));

    Files.delete(plugins.resolve("old.jar"));
    awaitVersion(Optional.empty());
    assertEquals(3, inspect().status());
    Programs.Result refused = node.taskctl("-o", "json", "create", document("three")).expect(1);
    assertEquals(List.of("EXECUTOR_NOT_FOUND"), refused.errorCodes());
    // Its seed is on record, so a task can be started again without its executor.
    node.taskctl("stop", "two").expect(0);
    node.taskctl("start", "two").expect(0);
    assertTrue(!two.isAlive() && one.isAlive());
    assertEquals(one, api.anchor("one"));
    assertEquals(daemon, node.pid());

    String log = node.daemonLog();
    for (String line :
        List.of(
            "executor vendor 1.0.0 of vendor.jar serves",
            "executor vendor 2.0.0 of vendor.jar serves instead of 1.0.0 of vendor.jar",
            "old.jar is not used: SUPERSEDED",
            "executor vendor 1.0.0 of old.jar serves no more")) {
      assertTrue(log.contains(line), line + " in " + log);
    }
  }

  @Tag("long")
  @Test
  void oneThatTakesAllMemoryFailsItsTaskAndNotTheDaemon() throws IOException {
    Path plugins = Files.createDirectories(node.pluginsDirectory());
    greedy.moveTo(plugins.resolve("greedy.jar"));
    awaitVersion(Optional.of("3.0.0"));
    String document = document("greedy");
    for (int i = 0; i < 2; i++) {
      Programs.Result result = node.taskctl("-o", "json", "create", document).expect(1);
      assertEquals(List.of("EXECUTOR_FAILED"), result.errorCodes(), result.err());
      assertTrue(result.err().contains("OutOfMemoryError"), result.err());
    }
    assertTrue(node.taskctl("list").expect(0).err().isEmpty());
    Files.delete(plugins.resolve("greedy.jar"));
    awaitVersion(Optional.empty());
  }

  /** No digest of theirs is named anywhere. */
  @Tag("long")
  @Test
  void oneThatNobodyTrustsRunsInASandbox() throws IOException {
    long daemon = node.pid();
    Path plugins = Files.createDirectories(node.pluginsDirectory());
    VendorExecutor.jar("4.0.0").moveTo(plugins.resolve("stranger.jar"));
    awaitVersion(Optional.of("4.0.0"));
    assertEquals("plugins-directory", inspect().expect(0).json().path("trust").asText());
    Anchor anchor = Anchor.of(node.json("run", "-d", document("strange")));
    node.awaitOutput("strange", "version 4.0.0");
    assertEquals("plugins-directory", node.json("inspect", "strange").path("trust").asText());

    VendorExecutor.jar("5.0.0", "System.exit(0);").moveTo(plugins.resolve("stranger.jar"));
    awaitVersion(Optional.of("5.0.0"));
    Programs.Result refused = node.taskctl("-o", "json", "create", document("exits")).expect(1);
    assertEquals(List.of("ANSWER_INVALID"), refused.errorCodes(), refused.err());
    assertEquals(daemon, node.pid());
    assertTrue(anchor.isAlive());

    // A name that policy trusts somebody with is not for others, whatever their version is.
    first.moveTo(plugins.resolve("vendor.jar"));
    awaitVersion(Optional.of("1.0.0"));
    assertEquals("NAME_RESERVED", inspect().json().at("/others/0/code").asText());
    Files.delete(plugins.resolve("vendor.jar"));
    Files.delete(plugins.resolve("stranger.jar"));
    awaitVersion(Optional.empty());
    node.taskctl("delete", "--force", "strange").expect(0);
  }
}
