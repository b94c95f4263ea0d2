package org.lfedge.eve.tasks.core.declarative;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.declarative.Declarations.executor;
import static org.lfedge.eve.tasks.core.declarative.Declarations.json;
import static org.lfedge.eve.tasks.core.declarative.Declarations.withArgs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** What is wrong with a seed.json is said when it is read, each with its place. */
class DeclarationFaultsTest {

  /** What a schema can see, it being blind to what a placeholder names. */
  private static final Set<String> OF_THE_SCHEMA =
      Set.of(
          "MISSING",
          "UNKNOWN_KEY",
          "BAD_NAME",
          "BAD_VALUE",
          "BAD_PLACEHOLDER",
          "UNKNOWN_DIRECTIVE",
          "UNSUPPORTED");

  private static Set<String> problems(JsonNode file) {
    Set<String> found = new TreeSet<>();
    try {
      executor(file);
    } catch (TaskException e) {
      for (Problem problem : e.problems()) {
        assertTrue(!problem.message().isBlank());
        found.add(problem.code() + " " + problem.path());
        assertTrue(
            !OF_THE_SCHEMA.contains(problem.code()) || !SeedJsonSchema.validate(file).isEmpty(),
            () -> "the schema accepts " + problem);
      }
    }
    return found;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BAD_PLACEHOLDER | [0] | '[\"--name=${task.name}\"]'",
        "BAD_PLACEHOLDER | [0] | '[\"${task.name}${task.name}\"]'",
        "BAD_PLACEHOLDER | [0] | '[\"${task.name\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${?}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${task.nmae}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${task..name}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${task.name.x}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${task.command.first}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${task.command.-1}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${options.none}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${facts.0.present}\"]'",
        "UNKNOWN_PLACEHOLDER | [0] | '[\"${v.name}\"]'",
        "UNKNOWN_PLACEHOLDER | [1] | '[{\"$each\": \"${task.volumes}\", \"as\": \"v\", \"value\":"
            + " \"${v.name}\"}, \"${v.name}\"]'",
        "UNKNOWN_DIRECTIVE | [0].$if | '[{\"$if\": true}]'",
        "UNKNOWN_DIRECTIVE | [0].$Join | '[{\"$Join\": []}]'",
        "UNKNOWN_DIRECTIVE | [0].$else | '[{\"$choose\": \"${task.name}\", \"a\": \"\", \"$else\": \"\"}]'",
        "BAD_DIRECTIVE | [0] | '[{\"$join\": [], \"$splice\": []}]'",
        "BAD_DIRECTIVE | '' | '{\"$splice\": []}'",
        "BAD_DIRECTIVE | [0].$splice | '[{\"$splice\": {\"$splice\": []}}]'",
        "BAD_DIRECTIVE | [0].$each | '[{\"$each\": [\"a\"], \"as\": \"v\", \"value\": \"a\"}]'",
        "BAD_DIRECTIVE | [0].$each | '[{\"$each\": \"${task.name}\", \"as\": \"v\", \"value\": \"a\"}]'",
        "BAD_DIRECTIVE | [0].as | '[{\"$each\": \"${task.command}\", \"as\": \"a b\", \"value\": \"a\"}]'",
        "BAD_DIRECTIVE | [0].as | '[{\"$each\": \"${task.command}\", \"as\": \"task\", \"value\": \"a\"}]'",
        "BAD_DIRECTIVE | [0].value.as | '[{\"$each\": \"${task.command}\", \"as\": \"v\", \"value\":"
            + " {\"$each\": \"${task.command}\", \"as\": \"v\", \"value\": \"${v}\"}}]'",
        "MISSING | [0].value | '[{\"$each\": \"${task.command}\", \"as\": \"v\"}]'",
        "MISSING | [0].as | '[{\"$each\": \"${task.command}\", \"value\": \"a\"}]'",
        "UNKNOWN_KEY | [0].if | '[{\"$each\": \"${task.command}\", \"as\": \"v\", \"value\": \"\", \"if\": 1}]'",
        "UNKNOWN_KEY | [0].sep | '[{\"$join\": [], \"sep\": \",\"}]'",
        "UNKNOWN_KEY | [0].x | '[{\"$splice\": [], \"x\": \",\"}]'",
        "BAD_DIRECTIVE | [0] | '[{\"$choose\": \"${task.name}\"}]'",
        "BAD_DIRECTIVE | [0].$choose | '[{\"$choose\": \"web\", \"web\": \"a\"}]'",
        "BAD_DIRECTIVE | [0].$choose | '[{\"$choose\": \"${task.command}\", \"web\": \"a\"}]'",
        "BAD_DIRECTIVE | [0] | '[{\"$choose\": \"${task.init}\", \"true\": \"a\"}]'",
        "BAD_DIRECTIVE | [0].yes | '[{\"$choose\": \"${task.init}\", \"yes\": \"a\", \"$default\": \"\"}]'",
        "BAD_DIRECTIVE | [0] | '[{\"$choose\": \"${root.kind}\", \"file\": \"a\"}]'",
        "BAD_DIRECTIVE | [0].$join | '[{\"$join\": \"a\"}]'",
        "WRONG_TYPE | [0].$join[0] | '[{\"$join\": [[\"a\"]]}]'",
        "WRONG_TYPE | [0].$join[0] | '[{\"$join\": [1.5]}]'",
        "WRONG_TYPE | [0].$join[0] | '[{\"$join\": [null]}]'",
        "WRONG_TYPE | [0].$join[0] | '[{\"$join\": [\"${task.command}\"]}]'",
        "WRONG_TYPE | [0].$splice | '[{\"$splice\": \"${task.name}\"}]'",
        "WRONG_TYPE | [0].$splice | '[{\"$splice\": \"${user.additionalGids?}\"}]'",
        "WRONG_TYPE | [0].$splice | '[{\"$splice\": \"a\"}]'",
        "WRONG_TYPE | [0].$splice | '[{\"$splice\": \"${task.env}\"}]'",
        "BAD_DIRECTIVE | [0].$percent | '[{\"$percent\": [1, 2]}]'",
        "BAD_DIRECTIVE | [0].$percent | '[{\"$percent\": 1}]'",
        "BAD_DIRECTIVE | [0].$percent[2] | '[{\"$percent\": [1, 2, \"GB\"]}]'",
        "BAD_DIRECTIVE | [0].$join[0].$percent[1] | '[{\"$join\": [{\"$percent\": [1, 101, \"B\"]}]}]'",
        "WRONG_TYPE | [0].$join[0].$percent[0] | '[{\"$join\": [{\"$percent\": [\"1\", 1, \"B\"]}]}]'",
        "WRONG_TYPE | [0] | '[{\"$percent\": [1, 1, \"B\"]}]'",
        "WRONG_TYPE | [0] | '[\"${host.cpus}\"]'",
        "WRONG_TYPE | [0] | '[\"${task.command}\"]'",
        "WRONG_TYPE | [0] | '[1]'",
        "WRONG_TYPE | [0] | '[null]'",
        "WRONG_TYPE | [0] | '[{}]'",
        "WRONG_TYPE | '' | '\"/bin/true\"'",
        "WRONG_TYPE | '' | '\"${task.env}\"'",
      })
  void everyMistakeInAnExpressionIsNamed(String code, String place, String args) {
    assertEquals(Set.of(code + " seed.process.args" + place), problems(withArgs(args)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/spi | '1' | WRONG_TYPE spi",
        "/spi | '\"2.0\"' | UNSUPPORTED spi",
        "/summary | '\"two\\nlines\"' | BAD_VALUE summary",
        "/summary | '5' | BAD_VALUE summary",
        "/rootKinds | '[]' | WRONG_TYPE rootKinds",
        "/rootKinds | '\"file\"' | WRONG_TYPE rootKinds",
        "/rootKinds/0 | '\"FILE\"' | BAD_VALUE rootKinds[0]",
        "/seed | '\"${task}\"' | WRONG_TYPE seed",
        "/seed | '[]' | WRONG_TYPE seed",
        "/sede | '{}' | UNKNOWN_KEY sede",
        "/options | '{}' | WRONG_TYPE options",
        "/options/0 | '1' | WRONG_TYPE options[0]",
        "/options/0/name | '\"a.b\"' | BAD_NAME options[0].name",
        "/options/0/name | '\"number\"' | CONFLICT options[1].name",
        "/options/0/type | '\"text\"' | BAD_VALUE options[0].type",
        "/options/0/doc | '1' | WRONG_TYPE options[0].doc",
        "/options/0/required | '1' | WRONG_TYPE options[0].required",
        "/options/0/fallback | '1' | UNKNOWN_KEY options[0].fallback",
        "/options/0/choices | '[]' | WRONG_TYPE options[0].choices",
        "/options/0/choices | '[\"a\",\"a\"]' | WRONG_TYPE options[0].choices",
        "/options/0/choices | '[1]' | WRONG_TYPE options[0].choices",
        "/options/1/choices | '[\"1\"]' | CONFLICT options[1].choices",
        "/options/1/default | '\"many\"' | WRONG_TYPE options[1].default",
        "/facts | '{}' | WRONG_TYPE facts",
        "/facts | '[1]' | WRONG_TYPE facts[0]",
        "/facts | '[{\"clock\": {}}]' | UNKNOWN_KEY facts[0].clock",
        "/facts | '[{\"pciDevice\": {}}]' | MISSING facts[0].pciDevice.address",
        "/facts | '[{\"jsonFile\": {\"path\": \"${host.kernel}\"}}]'"
            + " | UNKNOWN_PLACEHOLDER facts[0].jsonFile.path",
        "/seed/proces | '{}' | UNKNOWN_KEY seed.proces",
        "/seed/base | '\"root\"' | BAD_VALUE seed.base",
        "/seed/process/argz | '[]' | UNKNOWN_KEY seed.process.argz",
        "/seed/process/init | '\"yes\"' | WRONG_TYPE seed.process.init",
        "/seed/mounts | '{}' | WRONG_TYPE seed.mounts",
        "/seed/mounts | '[{\"source\": {}, \"target\": \"/a\"}]' | WRONG_TYPE seed.mounts[0].source",
        "/seed/mounts | '[{\"source\": {\"nfs\": {}}, \"target\": \"/a\"}]'"
            + " | UNKNOWN_KEY seed.mounts[0].source.nfs",
        "/seed/mounts | '[{\"target\": \"/a\"}]' | MISSING seed.mounts[0].source",
        "/seed/devices | '\"${task.volumes}\"' | WRONG_TYPE seed.devices",
        "/seed/annotations | '\"${task.env}\"' | WRONG_TYPE seed.annotations",
        "/seed/annotations | '{\"x${task.name}\": \"a\"}'"
            + " | 'BAD_PLACEHOLDER seed.annotations[\"x${task.name}\"]'",
        "/seed/annotations | '{\"a\": \"${task.command}\"}' | WRONG_TYPE seed.annotations.a",
        "/seed/oci | '\"{}\"' | WRONG_TYPE seed.oci",
        "/seed/oci | '\"${options.text}\"' | WRONG_TYPE seed.oci",
        "/seed/oci | '{\"a\": \"${task.env}\"}' | WRONG_TYPE seed.oci.a",
        "/seed/oci | '{\"a\": \"${task}\"}' | WRONG_TYPE seed.oci.a",
      })
  void everyMistakeInTheFileIsNamed(String pointer, String value, String problem) {
    ObjectNode file = withArgs("[\"/bin/true\"]");
    int slash = pointer.lastIndexOf('/');
    JsonNode parent = file.at(pointer.substring(0, slash));
    String key = pointer.substring(slash + 1);
    if (parent instanceof ArrayNode list) {
      list.set(Integer.parseInt(key), json(value));
    } else {
      ((ObjectNode) parent).set(key, json(value));
    }
    assertEquals(Set.of(problem), problems(file));
  }

  @Test
  void whatIsMissingIsNamedAllAtOnce() {
    assertEquals(
        Set.of("MISSING spi", "MISSING summary", "MISSING rootKinds", "MISSING seed"),
        problems(json("{}")));
    assertEquals(
        Set.of("MISSING seed.base", "MISSING seed.process"), problems(Declarations.withSeed("{}")));
  }

  @Test
  void severalMistakesAreNamedAtOnceAndWhatWasMeant() {
    ObjectNode file =
        withArgs("[\"${task.nmae}\", {\"$joni\": []}, 7, {\"$splice\": \"${options.list}\"}]");
    ((ObjectNode) file.get("seed")).put("raedOnly", true);
    TaskException refusal = assertThrows(TaskException.class, () -> executor(file));
    assertEquals(
        List.of(
            "seed.process.args[0]",
            "seed.process.args[1].$joni",
            "seed.process.args[2]",
            "seed.raedOnly"),
        refusal.problems().stream().map(Problem::path).sorted().toList());
    assertTrue(refusal.getMessage().contains("did you mean name?"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("did you mean readOnly?"), refusal.getMessage());
  }

  @Test
  void atMostAHundredMistakesAreNamed() {
    ObjectNode file = withArgs("[]");
    ArrayNode args = file.withArray("/seed/process/args");
    for (int i = 0; i < 150; i++) {
      args.add(i);
    }
    TaskException refusal = assertThrows(TaskException.class, () -> executor(file));
    assertEquals(101, refusal.problems().size());
    assertEquals("MORE_PROBLEMS", refusal.problems().get(100).code());
    assertTrue(refusal.problems().get(100).message().contains("50 more"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{}{}",
        "{'a': 1}",
        "{\"spi\": \"1.0\", \"spi\": \"1.0\"}",
        "// x\n{}",
        "{\"seed\": NaN}",
        "{\"summary\": \"\\ud800\"}",
        "{\"a\": 1e99999999999}"
      })
  void whatIsNotStrictJsonIsRefused(String text) {
    assertEquals("NOT_JSON", refusal(text.getBytes(UTF_8)).first().code());
  }

  @Test
  void whatIsNotInUtf8OrNoObjectIsRefused() {
    assertEquals("NOT_JSON", refusal(new byte[] {'"', (byte) 0xff, '"'}).first().code());
    assertEquals("WRONG_TYPE", refusal("[]".getBytes(UTF_8)).first().code());
    assertEquals("WRONG_TYPE", refusal("null".getBytes(UTF_8)).first().code());
  }

  @Test
  void whatIsTooLargeIsRefused() {
    assertEquals("TOO_LARGE", refusal(new byte[(256 << 10) + 1]).first().code());
    assertEquals("TOO_LARGE", refusal("[".repeat(33).getBytes(UTF_8)).first().code());
    String many = "[" + "1,".repeat(DeclarationText.MAX_TOKENS) + "1]";
    assertEquals("TOO_LARGE", refusal(many.getBytes(UTF_8)).first().code());
    assertEquals("TOO_LARGE", refusal("1".repeat(101).getBytes(UTF_8)).first().code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Big", "a--b", "../a", "a b", "\n"})
  void badNamesAreRefused(String name) {
    byte[] file = withArgs("[\"/bin/true\"]").toString().getBytes(UTF_8);
    TaskException refusal =
        assertThrows(TaskException.class, () -> DeclarativeExecutor.of(name, file));
    assertEquals("BAD_NAME", refusal.first().code());
  }

  private static TaskException refusal(byte[] file) {
    return assertThrows(TaskException.class, () -> DeclarativeExecutor.of("sample", file));
  }
}
