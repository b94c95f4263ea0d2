package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.MINIMAL;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.code;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.only;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.parse;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.parseOne;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.problems;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.lifecycle.Dependency;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;

class TaskDocumentsTest {

  @Test
  void aDocumentWithEveryKeyIsReadInFull() {
    TaskDocument task =
        parseOne(
            """
            version: 1
            name: web
            displayName: The web
            executor: native-container
            root: {image: registry.example/web:1.27, pull: always, readOnly: true}
            command: [nginx, -g, daemon off;]
            user: www-data
            workingDir: /srv
            env:
              GREETING: hello
              PORT: 8080
              RATIO: 1.50
              DEBUG: true
              ANSWER: NO
              TOKEN_FILE: {secret: {file: web.token}}
            init: true
            resources: {memory: 1.5GiB, cpus: 1.5, pin: [3, 0], tax: {memory: 16MiB}}
            terminal: true
            stop: {grace: 1m30s}
            restart: {policy: always, backoff: 2s, maxBackoff: 1h, bootDelay: 90s}
            health: {exec: [wget, -q, 8080], interval: 1m, timeout: 2s, retries: 5, start: 30s}
            after: [{task: db, on: healthy}, {task: cache}]
            options: {b: 2, a: [1, x]}
            """);
    assertEquals(
        new TaskDocument(
            "web",
            Optional.of("The web"),
            Optional.of("native-container"),
            Optional.empty(),
            new RootSource.Image("registry.example/web:1.27", TaskDocument.Pull.ALWAYS),
            true,
            OptionalLong.empty(),
            List.of("nginx", "-g", "daemon off;"),
            Optional.of("www-data"),
            Optional.of("/srv"),
            new TreeMap<>(
                Map.of(
                    "GREETING", new EnvValue.Text("hello"),
                    "PORT", new EnvValue.Text("8080"),
                    "RATIO", new EnvValue.Text("1.50"),
                    "DEBUG", new EnvValue.Text("true"),
                    "ANSWER", new EnvValue.Text("NO"),
                    "TOKEN_FILE", new EnvValue.Secret("/base/dir/web.token"))),
            true,
            3L << 29,
            1500,
            OptionalLong.of(16 << 20),
            List.of(0, 3),
            true,
            Duration.ofSeconds(90),
            new RestartPolicy(
                RestartPolicy.Mode.ALWAYS,
                Duration.ofSeconds(2),
                Duration.ofHours(1),
                Duration.ofSeconds(90)),
            Optional.of(
                new HealthCheck(
                    new HealthCheck.Probe.Exec(List.of("wget", "-q", "8080")),
                    Duration.ofMinutes(1),
                    Duration.ofSeconds(2),
                    5,
                    Duration.ofSeconds(30))),
            List.of(
                new Dependency("cache", Dependency.Condition.STARTED),
                new Dependency("db", Dependency.Condition.HEALTHY)),
            List.of(),
            List.of(),
            false,
            List.of(),
            task.options()),
        task);
    assertEquals("{\"a\":[1,\"x\"],\"b\":2}", task.options().toString());
  }

  @Test
  void whatIsLeftOutHasTheDefaultOfTheContract() {
    assertEquals(
        new TaskDocument(
            "web",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            new RootSource.Unsaid(),
            false,
            OptionalLong.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            new TreeMap<>(),
            false,
            64L << 20,
            1000,
            OptionalLong.empty(),
            List.of(),
            false,
            Duration.ofSeconds(30),
            RestartPolicy.DEFAULT,
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            false,
            List.of(),
            JsonNodeFactory.instance.objectNode()),
        parseOne(MINIMAL));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{disk: {source: a, format: qcow2}} | QCOW2 | disk",
        "{file: {source: a, format: qcow2}} | QCOW2 | disk",
        "{jar: a} | JAR | jar",
        "{file: {source: a, format: jar}} | JAR | jar",
        "{file: {source: a, format: file}} | FILE | file"
      })
  void diskAndJarAreShorterWaysToWriteFile(String root, Format format, String key) {
    TaskDocument task = parseOne(MINIMAL + "root: " + root + "\ntools: tools:1\n");
    RootSource.File file = new RootSource.File("/base/dir/a", format);
    assertEquals(file, task.root());
    assertEquals(key, file.key());
    assertEquals(Optional.of("tools:1"), task.tools());
    assertEquals(task, TaskDocuments.fromJson(TaskDocuments.toJson(task)));
  }

  @Test
  void aVolumeOfTheNodeMayBeTheRoot() {
    TaskDocument task = parseOne(MINIMAL + "root: {volume: task.data, readOnly: true}\n");
    assertEquals(new RootSource.Volume("task.data"), task.root());
    assertTrue(task.readOnlyRoot());
    assertEquals(task, TaskDocuments.fromJson(TaskDocuments.toJson(task)));
  }

  private static final String HEX = "0f".repeat(32);

  @Test
  void aFileMayBeFetchedByUrlAndDigest() {
    TaskDocument task =
        parseOne(
            MINIMAL
                + "root: {jar: {url: \"https://repo.example/a.jar\", digest: \"sha256:"
                + HEX
                + "\"}}\n");
    RootSource.Fetched root = (RootSource.Fetched) task.root();
    assertEquals(
        new RootSource.Fetched(
            new FileOrigin.Url("https://repo.example/a.jar", "sha256:" + HEX),
            Format.JAR,
            Optional.of("sha256:" + HEX)),
        root);
    assertEquals("jar.url", root.key());
    assertEquals(task, TaskDocuments.fromJson(TaskDocuments.toJson(task)));
  }

  @Test
  void aFileMayBeAnArtifactWhichIsPulledAsImagesAre() {
    TaskDocument task =
        parseOne(
            MINIMAL
                + "root: {disk: {artifact: \"app:1\", format: qcow2}, pull: never,"
                + " readOnly: true}\n");
    RootSource.Fetched root = (RootSource.Fetched) task.root();
    assertEquals(
        new RootSource.Fetched(
            new FileOrigin.Artifact("app:1", TaskDocument.Pull.NEVER),
            Format.QCOW2,
            Optional.empty()),
        root);
    assertEquals("disk.artifact", root.key());
    assertEquals(task, TaskDocuments.fromJson(TaskDocuments.toJson(task)));
    assertEquals(Optional.of("sha256:" + HEX), root.as("sha256:" + HEX).digest());
  }

  @ParameterizedTest
  @CsvSource({
    "https://me:hunter2@repo.example/a.jar",
    "https://repo.example/a.jar?token=hunter2",
    "https://repo.example/a.jar#hunter2",
  })
  void whatMayBeASecretInAUrlIsNotAmongTheValuesOfProblems(String url) {
    List<Problem> problems = problems(MINIMAL + "root: {jar: {url: \"" + url + "\", digest: x}}\n");
    assertEquals(
        List.of("root.jar.url", "root.jar.digest"), problems.stream().map(Problem::path).toList());
    assertFalse(problems.toString().contains("hunter2"), problems.toString());
  }

  @Test
  void thatNoRootIsNamedIsNotTheSameAsTheRootOfTheNode() {
    TaskDocument unsaid = parseOne(MINIMAL);
    TaskDocument host = parseOne(MINIMAL + "root: {host: true}\n");
    assertEquals(unsaid.withRoot(new RootSource.Host()), host);
    assertEquals(unsaid, TaskDocuments.fromJson(TaskDocuments.toJson(unsaid)));
    assertFalse(TaskDocuments.toJson(unsaid).has("root"));
  }

  @ParameterizedTest
  @CsvSource({
    "a.tar, /base/dir/a.tar",
    "./x/../a, /base/dir/a",
    "../a/, /base/a",
    "/srv//a/., /srv/a",
    "../../../../.., /"
  })
  void relativePathsStartAtTheBaseDirectoryAndBecomeAbsolute(String given, String absolute) {
    assertEquals(
        new RootSource.Layout(absolute),
        parseOne(MINIMAL + "root: {layout: " + given + "}").root());
    assertEquals(
        new RootSource.Bundle(absolute),
        parseOne(MINIMAL + "root: {bundle: " + given + "}").root());
  }

  @Test
  void theNodesRootCannotBePassedOffAsADirectory() {
    Problem problem = only(MINIMAL + "root: {directory: /srv/..}");
    assertEquals("root.directory BAD_VALUE", problem.path() + " " + problem.code());
    assertTrue(problem.message().contains("host: true"), problem.message());
  }

  @Test
  void anUnknownKeyIsReportedWithTheKeyThatWasMeant() {
    assertEquals(
        new Problem(
            "UNKNOWN_KEY",
            Problem.Kind.USER,
            "resources.cpu",
            "2",
            "is not a key here; did you mean cpus?"),
        only("{name: web, resources: {memory: 1GiB, cpu: 2}}"));
    assertEquals(
        "is not a key here; remove it, or use one of cpus, memory, pin, tax",
        only("{name: web, resources: {memory: 1GiB, disk: 2}}").message());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0MiB", "0.1B", "-1", "9007199254740993", "8193TiB"})
  void memoryIsOneByteTo8192TiB(String memory) {
    Problem problem = only("{name: web, resources: {memory: " + memory + "}}");
    assertEquals("resources.memory", problem.path());
    assertEquals("OUT_OF_RANGE", problem.code());
    assertEquals(memory, problem.value());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "a--b", "..", "a..b", "-a", "a-", "A", "a_b", "a b", "\u00e4"})
  void aNameIsLettersAndDigitsJoinedBySingleDotsOrDashes(String name) {
    Problem problem = only("{name: '" + name + "', resources: {memory: 1GiB}}");
    assertEquals("BAD_NAME name " + name, code(problem) + " " + problem.value());
  }

  @Test
  void aNameHasAtMost63Characters() {
    assertEquals("a".repeat(63), parseOne(named("a".repeat(63))).name());
    assertEquals("BAD_NAME name", code(only(named("a".repeat(64)))));
    Problem problem = only(named("a".repeat(300)));
    assertEquals("BAD_NAME name", code(problem));
    assertTrue(problem.value().length() < 80, "the value is shortened");
  }

  @Test
  void twoDocumentsWithOneNameAreRefused() {
    Problem problem = only(MINIMAL + "---\n" + named("db") + "\n---\n" + MINIMAL);
    assertEquals("CONFLICT document[3].name", code(problem));
    assertTrue(problem.message().contains("document[1]"));
  }

  @Test
  void problemsOfAllDocumentsAreReportedEachWithTheNumberOfItsDocument() {
    assertEquals(
        List.of(
            "BAD_NAME document[1].name",
            "WRONG_TYPE document[2]",
            "DUPLICATE_KEY document[3].name",
            "UNKNOWN_KEY document[3][\"a b\"]"),
        problems(named("A") + "\n---\n- x\n---\nname: c\nname: d\na b: 1\nresources: {memory: 1}")
            .stream()
            .map(DocumentTexts::code)
            .toList());
  }

  @Test
  void documentsBeforeOneThatIsNotYamlAreCheckedToo() {
    assertEquals(
        List.of("BAD_NAME document[1].name", "NOT_YAML "),
        problems(named("A") + "\n---\nname: [\n").stream().map(DocumentTexts::code).toList());
  }

  @Test
  void documentsWithoutContentAreSkipped() {
    List<TaskDocument> tasks =
        parse("---\n# one\n---\n" + MINIMAL + "---\n" + named("b") + "\n---\n");
    assertEquals(List.of("web", "b"), tasks.stream().map(TaskDocument::name).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \n", "# nothing\n", "---\n---\n", "null"})
  void aTextWithoutADocumentIsRefused(String text) {
    assertEquals("MISSING ", code(only(text)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "web", "[]", "[{name: a}]", "true"})
  void aDocumentThatIsNoObjectIsRefused(String text) {
    assertEquals("WRONG_TYPE ", code(only(text)));
  }

  @Test
  void secretsAndVariablesAreNeverAmongTheValuesOfProblems() {
    List<Problem> problems =
        problems(
            MINIMAL
                + """
                env:
                  A: {secret: hunter2}
                  B: {secret: {file: [hunter2], hunter2: 1, value: hunter2}}
                  C: [hunter2]
                  D: {value: hunter2}
                  E: "hunter2\\0"
                  F=: hunter2
                """);
    assertEquals(9, problems.size(), problems::toString);
    for (Problem problem : problems) {
      assertEquals("", problem.value());
      assertFalse(problem.message().contains("hunter2"), problem.message());
    }
    assertFalse(problems("env: [\"TOKEN=hunter2\"]").toString().contains("hunter2"));
    assertFalse(problems("env: {A: hunter2").toString().contains("hunter2"));
    assertFalse(problems("{\"env\": {\"A\": hunter2\"}}").toString().contains("hunter2"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "10m", "600s"})
  void aGraceIsUpTo10Minutes(String grace) {
    assertEquals(
        Durations.parse(grace).orElseThrow(),
        parseOne(MINIMAL + "stop: {grace: " + grace + "}").stopGrace());
    assertEquals("OUT_OF_RANGE stop.grace", code(only(MINIMAL + "stop: {grace: 10m1ms}")));
  }

  @Test
  void jsonIsReadWithItsTabsAndEscapes() {
    TaskDocument task =
        parseOne(
            """
            \ufeff
            {
            \t"name": "web",
            \t"displayName": "a\\/\\ud83d\\ude00",
            \t"resources": {"memory": 1e6, "cpus": 1.0}
            }
            """);
    assertEquals(Optional.of("a/\ud83d\ude00"), task.displayName());
    assertEquals(1_000_000, task.memoryBytes());
    assertEquals(1000, task.milliCpus());
  }

  @Test
  void theCanonicalFormHasAllDefaultsAndOneOrder() {
    assertEquals(
        "{\"version\":1,\"name\":\"web\","
            + "\"command\":[],\"env\":{},\"init\":false,"
            + "\"resources\":{\"memory\":\"64MiB\",\"cpus\":0.25,\"pin\":[]},"
            + "\"terminal\":false,\"stop\":{\"grace\":\"30s\"},"
            + "\"restart\":{\"policy\":\"on-failure\",\"backoff\":\"1s\",\"maxBackoff\":\"5m\"},"
            + "\"after\":[],\"options\":{}}",
        TaskDocuments.toJson(parseOne("{resources: {cpus: 0.250, memory: 65536KiB}, name: web}"))
            .toString());
  }

  private static String named(String name) {
    return "{name: " + name + ", resources: {memory: 64MiB}}";
  }
}
