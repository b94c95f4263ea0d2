package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
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
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

class TaskDocumentsTest {

  private static final Path BASE = Path.of("/base/dir");

  private static final String MINIMAL = "name: web\nresources: {memory: 64MiB}\n";

  @Test
  void aDocumentWithEveryKeyIsReadInFull() {
    TaskDocument task =
        parseOne(
            """
            version: 1
            name: web
            displayName: The web
            executor: native-container
            root: {image: registry.example/web:1.27, readOnly: true}
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
            resources: {memory: 1.5GiB, cpus: 1.5, tax: {memory: 16MiB}}
            stop: {grace: 1m30s}
            options: {b: 2, a: [1, x]}
            """);
    assertEquals(
        new TaskDocument(
            "web",
            Optional.of("The web"),
            Optional.of("native-container"),
            new RootSource.Image("registry.example/web:1.27"),
            true,
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
            Duration.ofSeconds(90),
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
            new RootSource.Host(),
            false,
            List.of(),
            Optional.empty(),
            Optional.empty(),
            new TreeMap<>(),
            false,
            64L << 20,
            1000,
            OptionalLong.empty(),
            Duration.ofSeconds(30),
            JsonNodeFactory.instance.objectNode()),
        parseOne(MINIMAL));
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
        "is not a key here; remove it, or use one of cpus, memory, tax",
        only("{name: web, resources: {memory: 1GiB, disk: 2}}").message());
  }

  @Test
  void aKeyOfALaterVersionIsRefusedByName() {
    Problem problem = only(MINIMAL + "volumes: [{name: data}]");
    assertEquals("UNSUPPORTED volumes", problem.code() + " " + problem.path());
    assertTrue(problem.message().contains("is not supported by this version"));
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
            .map(TaskDocumentsTest::code)
            .toList());
  }

  @Test
  void documentsBeforeOneThatIsNotYamlAreCheckedToo() {
    assertEquals(
        List.of("BAD_NAME document[1].name", "NOT_YAML "),
        problems(named("A") + "\n---\nname: [\n").stream().map(TaskDocumentsTest::code).toList());
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
  void aDocumentOf50MegabytesIsRefusedWithoutBeingRead() {
    byte[] text = new byte[50_000_000];
    Arrays.fill(text, (byte) '[');
    Problem problem =
        assertThrows(TaskException.class, () -> TaskDocuments.parse(text, BASE)).first();
    assertEquals("TOO_LARGE ", code(problem));
    assertTrue(problem.message().contains("50000000"));
  }

  @Test
  void aTextOfExactlyTheLargestSizeIsRead() {
    String padded = MINIMAL + "#".repeat(TaskDocuments.MAX_BYTES - MINIMAL.length());
    assertEquals("web", parseOne(padded).name());
    assertEquals("TOO_LARGE ", code(only(padded + "#")));
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

  @Test
  void whatProblemsShowIsShortAndFreeOfControlCharacters() {
    String long1 = "\\e[31m\\n\\t" + "x".repeat(100_000);
    for (Problem problem : problems("{name: \"" + long1 + "\", \"" + long1 + "\": 1}")) {
      String shown = problem.path() + problem.value() + problem.message();
      assertTrue(shown.length() < 400, shown);
      assertTrue(shown.chars().noneMatch(Character::isISOControl), shown);
    }
  }

  @Test
  void after200ProblemsOnlyTheirNumberIsTold() {
    StringBuilder text = new StringBuilder(MINIMAL);
    for (int i = 0; i < 1000; i++) {
      text.append("k").append(i).append(": 1\n");
    }
    List<Problem> problems = problems(text.toString());
    assertEquals(201, problems.size());
    assertEquals("MORE_PROBLEMS ", code(problems.get(200)));
    assertTrue(problems.get(200).message().contains("800 more"));
  }

  @Test
  void listsAndTextsHaveBounds() {
    String many = "x, ".repeat(1001);
    assertEquals("OUT_OF_RANGE command", code(only(MINIMAL + "command: [" + many + "]")));
    String longest = "x".repeat(128 * 1024 - 1);
    assertEquals(longest, parseOne(MINIMAL + "command: [" + longest + "]").command().get(0));
    assertEquals("OUT_OF_RANGE command[0]", code(only(MINIMAL + "command: [" + longest + "x]")));
    assertEquals("OUT_OF_RANGE env.A", code(only(MINIMAL + "env: {A: " + longest + "}")));
    StringBuilder env = new StringBuilder(MINIMAL + "env:\n");
    for (int i = 0; i < 1001; i++) {
      env.append("  V").append(i).append(": 1\n");
    }
    assertEquals("OUT_OF_RANGE env", code(only(env.toString())));
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
  void numbersOfExtremeSizeCostNothing() {
    String json =
        """
        {"name": "a", "resources": {"memory": 1e999999999, "cpus": 1e-999999999},
         "env": {"A": 1e999999999, "B": 1e3}, "options": {"x": 1e999999999}}
        """;
    assertEquals(
        List.of("OUT_OF_RANGE resources.memory", "OUT_OF_RANGE resources.cpus"),
        problems(json).stream().map(TaskDocumentsTest::code).toList());
    TaskDocument task =
        parseOne(json.replace("\"memory\": 1e999999999, \"cpus\": 1e-999999999", "\"memory\": 1"));
    assertEquals(new EnvValue.Text("1E+999999999"), task.env().get("A"));
    assertEquals(new EnvValue.Text("1000"), task.env().get("B"));
    assertEquals(task, parseOne(TaskDocuments.toJson(task).toString()));
    assertEquals(
        "BAD_VALUE resources.memory",
        code(only("{\"name\": \"a\", \"resources\": {\"memory\": 1e9999999999}}")));
  }

  @Test
  void theCanonicalFormHasAllDefaultsAndOneOrder() {
    assertEquals(
        "{\"version\":1,\"name\":\"web\",\"root\":{\"host\":true,\"readOnly\":false},"
            + "\"command\":[],\"env\":{},\"init\":false,"
            + "\"resources\":{\"memory\":\"64MiB\",\"cpus\":0.25},"
            + "\"stop\":{\"grace\":\"30s\"},\"options\":{}}",
        TaskDocuments.toJson(parseOne("{resources: {cpus: 0.250, memory: 65536KiB}, name: web}"))
            .toString());
  }

  private static String named(String name) {
    return "{name: " + name + ", resources: {memory: 64MiB}}";
  }

  private static String code(Problem problem) {
    return problem.code() + " " + problem.path();
  }

  private static Problem only(String text) {
    List<Problem> problems = problems(text);
    assertEquals(1, problems.size(), problems::toString);
    return problems.get(0);
  }

  private static List<Problem> problems(String text) {
    return assertThrows(TaskException.class, () -> parse(text)).problems();
  }

  private static TaskDocument parseOne(String text) {
    List<TaskDocument> tasks = parse(text);
    assertEquals(1, tasks.size());
    return tasks.get(0);
  }

  private static List<TaskDocument> parse(String text) {
    return TaskDocuments.parse(text.getBytes(StandardCharsets.UTF_8), BASE);
  }
}
