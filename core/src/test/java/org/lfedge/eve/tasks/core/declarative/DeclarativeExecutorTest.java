package org.lfedge.eve.tasks.core.declarative;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.declarative.Declarations.args;
import static org.lfedge.eve.tasks.core.declarative.Declarations.executor;
import static org.lfedge.eve.tasks.core.declarative.Declarations.json;
import static org.lfedge.eve.tasks.core.declarative.Declarations.request;
import static org.lfedge.eve.tasks.core.declarative.Declarations.withArgs;
import static org.lfedge.eve.tasks.core.declarative.Declarations.withSeed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/** What a seed.json becomes for a task. */
class DeclarativeExecutorTest {

  private static final DeclarativeExecutor EXAMPLE = executor(Declarations.example());

  private static Seed seed(ObjectNode request) throws SeedException {
    return EXAMPLE.seed(request(request, EXAMPLE.info().options()));
  }

  private static ObjectNode options(String options) {
    ObjectNode request = request();
    ((ObjectNode) request.get("task")).set("options", json(options));
    return request;
  }

  @Test
  void theExampleOfTheGuideSaysWhatItIs() {
    assertEquals("sample", EXAMPLE.info().name());
    assertEquals("Runs a JAR on the Java runtime of the tools", EXAMPLE.info().summary());
    assertEquals(List.of(Root.Kind.FILE), List.copyOf(EXAMPLE.info().rootKinds()));
    assertEquals(
        List.of("gc", "heapPercent", "stack", "jvmArgs", "debug"),
        EXAMPLE.info().options().stream().map(Option::name).toList());
    assertEquals(List.of("serial", "g1"), EXAMPLE.info().options().get(0).choices());
  }

  @Test
  void theExampleOfTheGuideSeedsATaskThatSaysLittle() throws SeedException {
    Seed seed = seed(request());
    assertEquals(
        List.of(
            "/usr/bin/java", "-Xmx183500k", "-XX:+UseSerialGC", "-jar", "/app.jar", "--port", "80"),
        seed.process().args());
    assertEquals(List.of("A=1", "B=two words"), seed.process().env());
    assertEquals("/", seed.process().workingDir());
    assertEquals(User.ROOT, seed.process().user());
    assertEquals(
        List.of(
            new Mount(new Source.OfRoot(View.FILE), "/app.jar", true),
            new Mount(new Source.Tmpfs(16 << 20), "/tmp", false),
            new Mount(new Source.OfVolume("data", View.FILESYSTEM), "/data", false),
            new Mount(new Source.OfVolume("etc", View.FILESYSTEM), "/conf", true)),
        seed.mounts());
    assertEquals(
        List.of(new StopStep.Signal("SIGTERM", Duration.ofSeconds(10))), seed.stop().steps());
  }

  @Test
  void theExampleOfTheGuideSeedsATaskThatSaysMuch() throws SeedException {
    ObjectNode request =
        options(
            """
            {"gc": "g1", "heapPercent": 50, "stack": 1048576, "jvmArgs": ["-Da=b c", "-ea"],
             "debug": true}
            """);
    request.set("user", json("{\"uid\": 1000, \"gid\": 100, \"additionalGids\": [7]}"));
    ((ObjectNode) request.get("task")).put("workingDir", "/srv");
    request
        .withArray("/task/volumes")
        .add(
            json(
                "{\"name\":\"seed\",\"readOnly\":true,\"views\":[\"iso9660\"],"
                    + "\"mayBeLeftOut\":true}"));
    Seed seed = seed(request);
    assertEquals(
        List.of(
            "/usr/bin/java",
            "-Xmx131072k",
            "-Xss1024k",
            "-XX:+UseG1GC",
            "-Xlog:class+load",
            "-Xlog:gc",
            "-Da=b c",
            "-ea",
            "-jar",
            "/app.jar",
            "--port",
            "80"),
        seed.process().args());
    assertEquals(new User(1000, 100, List.of(7)), seed.process().user());
    assertEquals("/srv", seed.process().workingDir());
    assertEquals(4, seed.mounts().size());
  }

  @Test
  void whatTheDocumentSaysIsNotLost() {
    ObjectNode device = request();
    device.withArray("/task/devices").add(json("{\"usb\": {\"id\": \"1-2\"}}"));
    ObjectNode file = withArgs("[\"/bin/true\"]");
    assertRefused("SEED_NOT_ALLOWED", "env", file, request());
    ObjectNode withEnv =
        withSeed(
            """
            {"base": "tools", "process": {"args": ["/bin/true"]},
             "mounts": [{"source": {"root": {"view": "file"}}, "target": "/a", "readOnly": true}]}
            """);
    assertRefused("SEED_NOT_ALLOWED", "volumes", withEnv, request());
    ((ObjectNode) device.get("task")).putArray("volumes");
    assertRefused("SEED_NOT_ALLOWED", "devices", withEnv, device);
    ObjectNode withoutTools = request();
    withoutTools.remove("tools");
    assertRefused("SEED_NOT_ALLOWED", "tools", withEnv, withoutTools);
  }

  @Test
  void anotherKindOfRootIsRefused() {
    ObjectNode request = request();
    ((ObjectNode) request.get("task")).set("root", json("{\"host\": {\"readOnly\": true}}"));
    assertRefused("ROOT_NOT_SUPPORTED", "root", withArgs("[\"/bin/true\"]"), request);
  }

  @Test
  void whatIsNoSeedIsRefusedWithItsPlace() {
    ObjectNode request = options("{\"text\": \"relative\"}");
    ObjectNode file =
        withSeed(
            """
            {"base": "tools", "process": {"args": ["/bin/true"], "cwd": "${options.text}"}}
            """);
    SeedException refusal = assertRefused("SEED_INVALID", "", file, request);
    assertTrue(refusal.getMessage().contains("process"), refusal.getMessage());
  }

  private static SeedException assertRefused(
      String code, String path, ObjectNode file, ObjectNode request) {
    DeclarativeExecutor executor = executor(file);
    SeedException refusal =
        assertThrows(
            SeedException.class, () -> executor.seed(request(request, executor.info().options())));
    assertEquals(code + " " + path, refusal.code() + " " + refusal.path(), refusal.getMessage());
    return refusal;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // A placeholder stands for its value, of whatever type.
        "'[\"${task.name}\"]' | '[\"web\"]'",
        "'[\"${task.command.1}\"]' | '[\"80\"]'",
        "'[\"${tools.labels.org.example.port}\"]' | '[\"8080\"]'",
        "'\"${task.command}\"' | '[\"--port\",\"80\"]'",
        // What is absent and may be is left out.
        "'[\"a\", \"${task.workingDir?}\", \"b\"]' | '[\"a\",\"b\"]'",
        "'[\"${task.command.2?}\", \"${tools.labels.none?}\"]' | '[]'",
        "'[{\"$splice\": \"${image.command?}\"}]' | '[]'",
        "'[{\"$each\": \"${image.labels?}\", \"as\": \"l\", \"value\": \"${l.key}\"}]' | '[]'",
        // Elements in place.
        "'[\"a\", {\"$splice\": \"${task.command}\"}, \"b\"]' | '[\"a\",\"--port\",\"80\",\"b\"]'",
        "'[{\"$splice\": [\"a\", {\"$splice\": []}, \"b\"]}]' | '[\"a\",\"b\"]'",
        "'[{\"$each\": \"${task.volumes}\", \"as\": \"v\", \"value\": \"${v.name}\"}]'"
            + " | '[\"data\",\"etc\"]'",
        "'[{\"$each\": \"${task.volumes}\", \"as\": \"v\", \"value\":"
            + " {\"$splice\": [\"-v\", \"${v.target}\"]}}]' | '[\"-v\",\"/data\",\"-v\",\"/conf\"]'",
        "'[{\"$each\": \"${task.volumes}\", \"as\": \"v\", \"value\": {\"$each\": \"${v.views}\","
            + " \"as\": \"w\", \"value\": {\"$join\": [\"${v.name}\", \":\", \"${w}\"]}}}]'"
            + " | '[\"data:filesystem\",\"etc:filesystem\",\"etc:file\"]'",
        "'[{\"$each\": \"${task.env}\", \"as\": \"e\", \"value\":"
            + " {\"$join\": [\"${e.key}\", \"=\", \"${e.value}\"]}}]' | '[\"A=1\",\"B=two words\"]'",
        // Choices.
        "'[{\"$choose\": \"${task.name}\", \"web\": \"a\", \"$default\": \"b\"}]' | '[\"a\"]'",
        "'[{\"$choose\": \"${host.cpus}\", \"4\": \"four\"}]' | '[\"four\"]'",
        "'[{\"$choose\": \"${root.kind}\", \"file\": \"f\", \"image\": \"i\"}]' | '[\"f\"]'",
        "'[{\"$choose\": \"${root.readOnly}\", \"true\": \"ro\", \"false\": \"rw\"}]' | '[\"ro\"]'",
        "'[{\"$choose\": \"${options.text?}\", \"a\": \"a\", \"$default\": \"b\"}]' | '[\"b\"]'",
        "'[{\"$choose\": \"${options.text?}\", \"a\": \"a\"}, \"c\"]' | '[\"c\"]'",
        "'{\"$choose\": \"${task.init}\", \"true\": [\"a\"], \"false\": [\"b\"]}' | '[\"b\"]'",
        // Texts and shares.
        "'[{\"$join\": []}, {\"$join\": [1, \"a\", true, \"${host.cpus}\"]}]' | '[\"\",\"1atrue4\"]'",
        "'[{\"$join\": [\"$\", \"{task.name}\"]}]' | '[\"${task.name}\"]'",
        "'[{\"$join\": [\"-w\", \"${task.workingDir?}\"]}, \"x\"]' | '[\"x\"]'",
        "'[{\"$join\": [{\"$splice\": \"${task.command}\"}, {\"$splice\": []}]}]' | '[\"--port80\"]'",
        "'[{\"$join\": [{\"$percent\": [1000, 33, \"B\"]}]}]' | '[\"330\"]'",
        "'[{\"$join\": [{\"$percent\": [\"${task.resources.memoryBytes}\", 99, \"MiB\"]}]}]'"
            + " | '[\"253\"]'",
        "'[{\"$join\": [{\"$percent\": [9223372036854775807, 100, \"B\"]}]}]'"
            + " | '[\"9223372036854775807\"]'",
        "'[{\"$join\": [{\"$percent\": [\"${options.number?}\", 1, \"B\"]}]}, \"x\"]' | '[\"x\"]'",
      })
  void expressionsGiveWhatTheGuideSays(String expression, String expected) throws SeedException {
    assertEquals(json(expected), args(expression, request()));
    assertEquals(Set.of(), SeedJsonSchema.validate(withArgs(expression)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "VALUE_ABSENT | workingDir | '[\"${task.workingDir}\"]'",
        "VALUE_ABSENT | options.text | '[\"${options.text}\"]'",
        "VALUE_ABSENT | options.text | '[{\"$choose\": \"${options.text}\", \"$default\": \"a\","
            + " \"b\": \"b\"}]'",
        "VALUE_ABSENT | command[2] | '[\"${task.command.2}\"]'",
        "VALUE_ABSENT | volumes[0].format | '[{\"$each\": \"${task.volumes}\", \"as\": \"v\","
            + " \"value\": \"${v.format}\"}]'",
        "VALUE_ABSENT | user | '[{\"$join\": [\"${user.uid}\"]}]'",
        "VALUE_ABSENT | tools | '[\"${tools.stopSignal}\"]'",
        "VALUE_ABSENT | root.image | '[\"${image.digest}\"]'",
        "NO_CASE | name | '[{\"$choose\": \"${task.name}\", \"db\": \"a\"}]'",
        "OUT_OF_RANGE | '' | '[{\"$join\": [{\"$percent\": [1, \"${host.memoryBytes}\","
            + " \"B\"]}]}]'",
      })
  void whatAValueDoesNotDoForIsRefused(String code, String path, String expression) {
    SeedException refusal = assertThrows(SeedException.class, () -> args(expression, request()));
    assertEquals(code, refusal.code(), refusal.getMessage());
    assertEquals(path, refusal.path());
    assertTrue(refusal.getMessage().contains("seed.process.args"), refusal.getMessage());
  }

  @Test
  void questionsAreAskedAndTheirAnswersUsed() throws SeedException {
    ObjectNode file =
        withArgs(
            """
            [{"$choose": "${facts.0.present}", "true": "${facts.0.values.driver?}", "false": "none"},
             "${facts.1.values./process/args/0}", "${facts.2.values.bytes?}", "/run"]
            """);
    file.set(
        "facts",
        json(
            """
            [{"pciDevice": {"address": "${options.text}"}}, {"jsonFile": {"path": "a.json"}},
             {"diskImage": {"volume": "${task.volumes.0.name}"}}]
            """));
    ObjectNode request = options("{\"text\": \"0000:03:00.0\"}");
    request
        .withArray("/facts")
        .addAll(
            (com.fasterxml.jackson.databind.node.ArrayNode)
                json(
                    """
            [{"query": {"pciDevice": {"address": "0000:03:00.0"}}, "present": true,
              "values": {"driver": "vfio-pci"}},
             {"query": {"jsonFile": {"path": "a.json"}}, "present": true,
              "values": {"/process/args/0": "sh"}},
             {"query": {"diskImage": {"volume": "data"}}, "present": false, "values": {}}]
            """));
    Declaration declaration = Declarations.read(file);
    DeclarativeExecutor executor = executor(file);
    var given = request(request, executor.info().options());
    List<FactQuery> asked = executor.facts(given.task(), List.of());
    assertEquals(
        List.of(
            new FactQuery.PciDevice("0000:03:00.0"),
            new FactQuery.JsonFile("a.json"),
            new FactQuery.DiskImage(Optional.of("data"))),
        asked);
    JsonNode seed =
        Expansion.expand(declaration.seed(), Contexts.of(given, declaration, asked)).orElseThrow();
    assertEquals(json("[\"vfio-pci\", \"sh\", \"/run\"]"), seed.at("/process/args"));
  }

  @Test
  void aQuestionThatCannotBePutIsRefused() {
    ObjectNode file = withArgs("[\"/bin/true\"]");
    file.set("facts", json("[{\"pciDevice\": {\"address\": \"${options.text}\"}}]"));
    assertRefused("BAD_QUESTION", "", file, options("{\"text\": \"nonsense\"}"));
    assertRefused("VALUE_ABSENT", "options.text", file, request());
  }

  @Test
  void twoQuestionsThatBecomeTheSameKeepTheirNumbers() throws SeedException {
    ObjectNode file = withArgs("[\"${facts.2.values.vendor}\", \"${facts.1.values.vendor}\"]");
    file.set(
        "facts",
        json(
            """
            [{"usbDevice": {"id": "1-1"}}, {"usbDevice": {"id": "${options.text}"}},
             {"usbDevice": {"id": "1-2"}}]
            """));
    ObjectNode request = options("{\"text\": \"1-1\"}");
    request
        .withArray("/facts")
        .add(
            json(
                """
                {"query": {"usbDevice": {"id": "1-1"}}, "present": true,
                 "values": {"vendor": "one"}}
                """))
        .add(
            json(
                """
                {"query": {"usbDevice": {"id": "1-2"}}, "present": true,
                 "values": {"vendor": "two"}}
                """));
    Declaration declaration = Declarations.read(file);
    var given = request(request, declaration.info().options());
    List<FactQuery> asked = executor(file).facts(given.task(), List.of());
    JsonNode seed =
        Expansion.expand(declaration.seed(), Contexts.of(given, declaration, asked)).orElseThrow();
    assertEquals(json("[\"two\", \"one\"]"), seed.at("/process/args"));
  }
}
