package org.lfedge.eve.tasks.dist.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.Timestamp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.api.ApiServer;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.dist.cli.CommandRun.Result;

class CommandLineClientTest {

  private static final String DOCUMENT =
      """
      name: web
      root: {directory: root}
      command: [nginx]
      resources: {memory: 64MiB, cpus: 1}
      """;

  @TempDir private Path directory;
  private final FakeDaemon daemon = new FakeDaemon();
  private final List<ApiServer> servers = new ArrayList<>();

  @BeforeEach
  void serve() {
    servers.add(ApiServer.start(socket(), daemon));
  }

  @AfterEach
  void end() {
    servers.forEach(ApiServer::close);
  }

  private Path socket() {
    return directory.resolve("taskd.sock");
  }

  private CommandRun command() {
    return new CommandRun(socket(), directory.resolve("executors"));
  }

  private Result run(String... args) {
    return command().run(args);
  }

  private Path document(String name, String text) throws IOException {
    return Files.writeString(
        Files.createDirectories(directory.resolve(name)).resolve("t.yaml"), text);
  }

  private static JsonNode json(String text) {
    try {
      return new JsonMapper().readTree(text);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
  }

  private static List<String> keys(JsonNode object) {
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  @Test
  void listAsJsonIsAnArrayWithEveryPromisedKey() {
    Result result = run("list", "-o", "json");

    assertEquals(0, result.status());
    JsonNode tasks = json(result.out());
    assertTrue(tasks.isArray());
    JsonNode once = tasks.get(0);
    JsonNode web = tasks.get(1);
    assertTrue(
        keys(web)
            .containsAll(
                List.of(
                    "name",
                    "executor",
                    "state",
                    "desired",
                    "pid",
                    "pidStartTime",
                    "exitCode",
                    "exitSignal",
                    "exitOutcome",
                    "exitMeaning",
                    "oomKilled",
                    "failure",
                    "restarts",
                    "nextStart",
                    "startedAt",
                    "exitedAt",
                    "memory",
                    "interfaces")),
        result.out());
    assertEquals(
        List.of(
            "askedBytes",
            "taxBytes",
            "limitBytes",
            "hypervisorBytes",
            "usageBytes",
            "taxObservedBytes",
            "taxAdvice"),
        keys(web.get("memory")));
    assertEquals(4711, web.get("pid").intValue());
    assertEquals("2027-01-15T08:00:01Z", web.get("startedAt").textValue());
    assertTrue(web.get("exitCode").isNull());
    assertTrue(once.get("pid").isNull());
    assertEquals(137, once.get("exitCode").intValue());
    assertEquals(9, once.get("exitSignal").intValue());
    assertTrue(once.get("oomKilled").booleanValue());
  }

  @ParameterizedTest
  @CsvSource({
    "'', 0, code 0, 0",
    "'', 7, code 7, 7",
    "success, 0, code 0, 0",
    "success, 7, success (code 7), 0",
    "failure, 0, failure (code 0), 1",
    "failure, 137, SIGKILL, 137",
    "crash, 0, crashed, 1",
    "reboot, 1, rebooted, 0",
    "out-of-memory, 0, out of memory, 1"
  })
  void anEndIsShownByWhatItMeans(String outcome, int code, String shown, int status) {
    Task.Builder task =
        Task.newBuilder()
            .setExitedAt(Timestamp.getDefaultInstance())
            .setExitCode(code)
            .setExitOutcome(outcome);
    if (code > 128) {
      task.setExitSignal(code - 128);
    }
    String table = TaskTables.tasks(List.of(task.build()), Instant.EPOCH);
    assertTrue(table.contains(" " + shown + " "), table);
    assertEquals(status, ExitStatus.of(code, outcome));
    assertEquals(
        outcome.isEmpty() ? "null" : "\"" + outcome + "\"",
        TaskJson.task(task.build()).get("exitOutcome").toString());
  }

  @Test
  void listAsTableShowsMemoryAsAskedAndTax() {
    Result result = run("list");

    assertEquals(
        """
        NAME   EXECUTOR           STATE     PID    MEMORY          USED     RESTARTS   EXIT                      AGE
        once   native-container   STOPPED   -      256MiB + 2MiB   1.5MiB   -          SIGKILL (out of memory)   10m
        web    native-container   RUNNING   4711   256MiB + 2MiB   1.5MiB   -          -                         10m
        """,
        result.out());
  }

  @Test
  void statsAsTableShowUsageChargesAndAdvice() {
    assertEquals(
        """
        NAME   STATE     CPU     USED     LIMIT    CACHE    ASKED + TAX     TAX SEEN   PIDS   READ   WRITTEN   OOM
        once   STOPPED   -       -        0B       -        0B + 0B         -          -      -      -         -
        web    RUNNING   12.3%   1.5MiB   258MiB   512KiB   256MiB + 2MiB   64MiB      3      4KiB   0B        1
        web: set more
        """,
        run("stats").out());
  }

  @Test
  void statsAsJsonHaveEveryKeyAndNullForWhatIsNotCounted() {
    JsonNode tasks = json(run("stats", "-o", "json").out());
    assertEquals(
        List.of(
            "name",
            "state",
            "cpuPercent",
            "cpuNanos",
            "throttledPeriods",
            "throttledNanos",
            "memory",
            "oomKills",
            "pids",
            "ioReadBytes",
            "ioWrittenBytes",
            "writableBytes",
            "writableLimitBytes"),
        keys(tasks.get(0)));
    assertEquals(keys(tasks.get(0)), keys(tasks.get(1)));
    assertTrue(tasks.at("/0/cpuPercent").isNull() && tasks.at("/0/ioWrittenBytes").isNull());
    assertEquals(12.35, tasks.at("/1/cpuPercent").doubleValue());
    assertEquals(0, tasks.at("/1/ioWrittenBytes").intValue());
    assertEquals(64 << 20, tasks.at("/1/memory/taxObservedBytes").intValue());
    assertEquals(512 << 10, tasks.at("/1/memory/cacheBytes").intValue());
    assertTrue(tasks.at("/1/memory/anonBytes").isNull());
  }

  @Test
  void aWatchOfStatsGivesOneArrayOnEachLine() {
    Result result = run("stats", "--watch", "--interval", "1m", "web", "db", "-o", "json");
    assertEquals(2, result.out().lines().count(), result.out());
    result.out().lines().forEach(line -> assertEquals(2, json(line).size()));
    assertEquals(List.of("stats [web, db] every 60000"), daemon.calls);
    assertEquals(1, run("stats", "--interval", "soon").status());
  }

  @Test
  void inspectAsJsonHoldsConfigSeedSpecAndLimits() {
    Result result = run("inspect", "web", "-o", "json");

    JsonNode web = json(result.out());
    assertTrue(
        keys(web)
            .containsAll(
                List.of(
                    "config",
                    "executorVersion",
                    "executorDigest",
                    "toolsDigest",
                    "trust",
                    "seed",
                    "spec",
                    "cgroup",
                    "limits",
                    "logs",
                    "tax")),
        result.out());
    assertEquals("1.0.2", web.at("/spec/ociVersion").textValue());
    assertEquals(
        json(
            """
            {"requirement": "signature", "rule": "*/vendor/*", "digest": "sha256:ef",
             "key": "vendor.pub SHA256:k"}
            """),
        web.get("imageTrust"));
    assertEquals("root", web.at("/seed/base").textValue());
    assertEquals("270532608", web.get("limits").get("memory.max").textValue());
    assertEquals(2 << 20, web.at("/tax/0/bytes").intValue());
    assertEquals("/logs/web/stdout", web.at("/logs/stdout").textValue());
  }

  @Test
  void inspectAsTextNamesStateAndCgroup() {
    Result result = run("inspect", "web");
    assertTrue(
        result.out().contains("State:                        RUNNING (desired: running)"),
        result.out());
    assertTrue(
        result.out().contains("Cgroup:                       /taskmanager/web"), result.out());
  }

  @Test
  void inspectShowsBothPoolsOfMemory() {
    String people = run("inspect", "guest").out();
    assertTrue(people.contains("512MiB + 40MiB, limit 40MiB, of the hypervisor 514MiB\n"), people);
    assertTrue(run("inspect", "web").out().contains("limit 258MiB, used 1.5MiB\n"));
    JsonNode memory = json(run("inspect", "guest", "-o", "json").out()).get("memory");
    assertEquals(514 << 20, memory.get("hypervisorBytes").intValue());
    assertEquals(40 << 20, memory.get("limitBytes").intValue());
  }

  @Test
  void nodeImagesAndExecutorsAsJsonHaveTheirPromisedKeys() {
    JsonNode node = json(run("node", "-o", "json").out());
    assertEquals("/plugins", node.get("pluginsDirectory").textValue());
    assertEquals("no such device", node.at("/accelerators/kvm").textValue());
    assertTrue(node.get("networks").isArray());
    JsonNode hypervisor = node.get("hypervisor");
    assertEquals(
        List.of("name", "version", "capabilities", "memoryBytes", "freeBytes", "problem"),
        keys(hypervisor));
    assertEquals("hvm", hypervisor.at("/capabilities/1").textValue());
    assertEquals(1502L << 20, hypervisor.get("freeBytes").longValue());
    String people = run("node").out();
    assertTrue(people.contains("xen 4.17.7 (hap, hvm, pv)"), people);
    assertTrue(people.contains("3GiB, 1.5GiB free"), people);

    JsonNode image = json(run("images", "list", "-o", "json").out()).get(0);
    assertEquals(List.of("name", "digest", "sizeBytes", "platforms"), keys(image));
    assertEquals("linux/arm64", image.at("/platforms/1").textValue());
    String table = run("images", "list").out();
    assertTrue(table.contains("linux/amd64,linux/arm64"), table);

    JsonNode executors = json(run("executors", "list", "-o", "json").out());
    assertEquals("native-container", executors.at("/0/name").textValue());
    assertEquals("NOT_TRUSTED", executors.at("/1/rejected/code").textValue());
  }

  @Test
  void anExecutorIsShownWithItsFileAndWhoItSupersedes() {
    JsonNode shown = json(run("executors", "inspect", "native-container", "-o", "json").out());
    assertEquals("1.2.3", shown.path("version").textValue());
    assertEquals("sha256:ab", shown.path("digest").textValue());
    assertEquals("bundled", shown.path("trust").textValue());
    assertEquals("native-container.jar", shown.path("file").textValue());
    assertEquals("image", shown.at("/roots/0").textValue());
    assertEquals("gc", shown.at("/options/0/name").textValue());
    assertEquals(1, shown.path("others").size());
    assertEquals("old.jar", shown.at("/others/0/file").textValue());
    assertEquals("SUPERSEDED", shown.at("/others/0/code").textValue());
    String text = run("executors", "inspect", "native-container").out();
    for (String part : List.of("1.2.3", "sha256:ab", "native-container.jar", "old.jar", "1.0.0")) {
      assertTrue(text.contains(part), text);
    }
    assertEquals(3, run("executors", "inspect", "none").status());
    Result conflict = run("executors", "inspect", "twice");
    assertEquals(3, conflict.status());
    assertTrue(conflict.err().contains("EXECUTOR_NOT_FOUND"), conflict.err());
    assertTrue(conflict.err().contains("other.jar"), conflict.err());
  }

  @Test
  void anOptionOfAllCommandsMayStandBeforeTheCommand() {
    assertTrue(json(run("-o", "json", "list").out()).isArray());
  }

  @Test
  void statusesTellNotFoundFromRefusedFromWrongUsage() {
    assertEquals(0, run("start", "web").status());
    assertEquals(3, run("start", "nobody").status());
    assertEquals(4, run("start", "stuck").status());
    assertEquals(2, run("start").status());
    assertEquals(2, run("no-such-command").status());
    assertEquals(2, run("list", "-o", "xml").status());
    assertEquals(2, run().status());
    assertEquals(2, run("images").status());
  }

  @Test
  void anErrorIsOneLineOnStandardError() {
    Result result = run("start", "nobody");
    assertEquals("", result.out());
    assertEquals("taskctl: TASK_NOT_FOUND: name (a value): what is wrong\n", result.err());
  }

  @Test
  void errorsAsJsonHaveCodeKindPathValueAndMessage() {
    Result result = run("start", "nobody", "-o", "json");
    JsonNode error = json(result.err()).at("/errors/0");
    assertEquals(List.of("code", "kind", "path", "value", "message"), keys(error));
    assertEquals("TASK_NOT_FOUND", error.get("code").textValue());
    assertEquals("user", error.get("kind").textValue());
  }

  @Test
  void oneNameThatFailsDoesNotKeepTheOthersFromTheirTurn() {
    Result result = run("stop", "--force", "nobody", "web");
    assertEquals(3, result.status());
    assertEquals(List.of("stop by force nobody", "stop by force web"), daemon.calls);
    assertEquals("web: RUNNING, pid 4711\n", result.out());
  }

  @Test
  void aDaemonThatIsNotThereIsNamedByItsSocketWithAnAdvice() {
    end();
    Result result = run("list");
    assertEquals(1, result.status());
    assertTrue(
        result.err().startsWith("taskctl: DAEMON_NOT_THERE: taskd does not answer at " + socket()),
        result.err());
    assertTrue(result.err().contains("start it with"), result.err());
  }

  @Test
  void aSocketPathThatIsTooLongIsSaid() {
    Result result = new CommandRun(directory.resolve("s".repeat(108)), directory).run("list");
    assertEquals(1, result.status());
    assertTrue(result.err().contains("SOCKET_PATH_TOO_LONG"), result.err());
  }

  @Test
  void runPassesStreamsAndExitCodeOfTheProgramOn() throws IOException {
    Result result = run("run", document("a", DOCUMENT).toString());
    assertEquals(7, result.status());
    assertEquals("to out\n", result.out());
    assertEquals("to err\n", result.err());
    assertEquals(List.of("create in " + directory.resolve("a"), "start web"), daemon.calls);
  }

  @Test
  void runDetachedReturnsWhenTheTaskRuns() throws IOException {
    Result result = run("run", "-d", document("a", DOCUMENT).toString());
    assertEquals(0, result.status());
    assertEquals("web: RUNNING, pid 4711\n", result.out());
  }

  @Test
  void runAttachedHasAStatusOfItsOwnForFailuresOfOurs() {
    assertEquals(125, run("run", directory.resolve("absent.yaml").toString()).status());
    assertEquals(1, run("run", "-d", directory.resolve("absent.yaml").toString()).status());
    end();
    assertEquals(125, command().standardInput(DOCUMENT).run("run", "-").status());
  }

  @Test
  void anInterruptStopsTheTaskAndItsLastWordsAndCodeAreStillSeen() throws Exception {
    CommandRun command = command().standardInput(DOCUMENT + "displayName: forever\n");
    CompletableFuture<Result> running =
        CompletableFuture.supplyAsync(() -> command.run("run", "-"));
    IntSupplier interrupt = command.interruptible().get(20, TimeUnit.SECONDS);

    assertEquals(7, interrupt.getAsInt());

    Result result = running.get(20, TimeUnit.SECONDS);
    assertEquals(7, result.status());
    assertEquals("to out\nbye\n", result.out());
    assertTrue(daemon.calls.contains("stop web"), daemon.calls.toString());
  }

  @Test
  void applySendsTheDocumentsOfAllFilesWithTheirPathsResolved() throws IOException {
    Path web = document("a", DOCUMENT);
    Path db = document("b", DOCUMENT.replace("name: web", "name: db\ndisplayName: \"\\u2028 x\""));

    Result result = run("apply", web.toString(), db.toString());

    assertEquals(0, result.status(), result.err());
    assertEquals(
        "db: none\nweb: replace\n  resources.memory: \"64MiB\" -> \"128MiB\"\n", result.out());
    String sent = daemon.calls.get(0);
    assertTrue(sent.contains(directory.resolve("a/root").toString()), sent);
    assertTrue(sent.contains(directory.resolve("b/root").toString()), sent);
    assertFalse(sent.contains("\u2028"), "YAML takes it for a line break");
  }

  @Test
  void applySendsNothingIfAnyFileIsWrong() throws IOException {
    Path good = document("a", DOCUMENT);
    Path bad = document("b", "name: -x-\n");

    Result result = run("apply", good.toString(), bad.toString());

    assertEquals(1, result.status());
    assertEquals(List.of(), daemon.calls);
    assertTrue(result.err().contains("in " + bad), result.err());
    assertFalse(result.err().contains("in " + good), result.err());
  }

  @Test
  void renderPrintsTheSpecAloneAndNotesWhatWasWithheld() throws IOException {
    Result result = run("render", document("a", DOCUMENT).toString());
    assertEquals(List.of("ociVersion"), keys(json(result.out())));
    assertEquals(
        """
        taskctl: withheld: capability CAP_X: not granted
        taskctl: known only at create: /linux/x
        """,
        result.err());

    JsonNode explained = json(run("render", "--explain", document("a", DOCUMENT).toString()).out());
    assertEquals(List.of("executor", "spec", "withheld", "atCreate"), keys(explained));
  }

  @Test
  void validateNeedsNoDaemonToFindEveryFault() throws IOException {
    end();
    Result result = run("validate", document("a", "name: -x-\nnope: 1\n").toString());
    assertEquals(1, result.status());
    assertTrue(result.err().contains("UNKNOWN_KEY: nope"), result.err());
    assertTrue(result.err().contains("resources"), result.err());
  }

  @Test
  void validateAsksTheDaemonWhereThereIsOne() throws IOException {
    Result result = run("validate", document("a", DOCUMENT).toString());
    assertEquals("valid\n", result.out());
    assertEquals(List.of("validate"), daemon.calls);
  }

  @Test
  void validateSaysWhatItCouldNotCheckWithoutTheDaemon() throws IOException {
    end();
    Result result = run("validate", document("a", DOCUMENT + "executor: vendor\n").toString());
    assertEquals(0, result.status(), result.err());
    assertTrue(result.err().contains("options of executor vendor were not checked"), result.err());
  }

  @Test
  void aDocumentThatIsTooLargeOrNoFileIsRefusedBeforeItIsSent() throws IOException {
    Path large = document("a", "#".repeat((1 << 20) + 1));
    assertTrue(run("create", large.toString()).err().contains("TOO_LARGE"));
    assertTrue(run("create", directory.toString()).err().contains("it is a directory"));
    assertEquals(List.of(), daemon.calls);
  }

  @Test
  void everyCommandHasHelpWithAnExampleAndItsExitStatuses() {
    for (String command :
        List.of(
            "run",
            "apply",
            "create",
            "start",
            "stop",
            "delete",
            "list",
            "inspect",
            "render",
            "validate",
            "logs",
            "signal",
            "node",
            "version",
            "completion",
            "executors",
            "images")) {
      Result result = run(command, "--help");
      assertEquals(0, result.status(), command);
      assertTrue(result.out().contains("EXAMPLES\n  "), command + ": " + result.out());
      assertTrue(result.out().contains("EXIT STATUS"), command);
      assertTrue(result.out().lines().allMatch(line -> line.length() <= 100), command);
    }
  }

  @Test
  void theScriptForCompletionIsOneThatBashCanRead() throws Exception {
    Result result = run("completion", "bash");
    Path script = Files.writeString(directory.resolve("completion"), result.out());
    Process bash =
        new ProcessBuilder("bash", "-n", script.toString()).redirectErrorStream(true).start();
    assertEquals(
        "",
        new String(bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
    assertEquals(0, bash.waitFor());
    assertTrue(result.out().contains("inspect"));
  }

  @Test
  void theVersionNeedsNoDaemon() {
    end();
    assertEquals("taskctl 1.2.3\n", run("version").out());
    assertEquals("1.2.3", json(run("version", "-o", "json").out()).get("version").textValue());
  }
}
