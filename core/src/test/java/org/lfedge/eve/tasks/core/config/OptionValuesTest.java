package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.Options;

class OptionValuesTest {

  private static final List<Option> DECLARED =
      List.of(
          Option.optional("label", Option.Type.STRING, "A text."),
          Option.optional("count", Option.Type.INTEGER, "A number."),
          Option.optional("fast", Option.Type.BOOLEAN, "A truth value."),
          Option.optional("cache", Option.Type.SIZE, "A size."),
          Option.optional("wait", Option.Type.DURATION, "A time."),
          Option.optional("extra", Option.Type.STRING_LIST, "Some texts."),
          Option.optional("platform", Option.Type.PLATFORM, "A platform."),
          Option.oneOf("mode", "One of two.", List.of("slow", "quick")));

  @Test
  void everyTypeIsReadAsDeclared() {
    Options options =
        check(
            DECLARED,
            """
            label: 1.50
            count: -7
            fast: true
            cache: 64MiB
            wait: 1m30s
            extra: [a, 5, true]
            platform: arm64/v8
            mode: quick
            """);
    assertEquals(Optional.of("1.50"), options.string("label"));
    assertEquals(OptionalLong.of(-7), options.integer("count"));
    assertEquals(Optional.of(true), options.bool("fast"));
    assertEquals(OptionalLong.of(64L << 20), options.integer("cache"));
    assertEquals(Optional.of(Duration.ofSeconds(90)), options.duration("wait"));
    assertEquals(List.of("a", "5", "true"), options.strings("extra"));
    assertEquals(Optional.of("linux/arm64"), options.string("platform"));
    assertEquals(Optional.of("quick"), options.string("mode"));
  }

  @Test
  void whatIsLeftOutIsEmpty() {
    Options options = check(DECLARED, "{}");
    assertEquals(Optional.empty(), options.string("label"));
    assertEquals(OptionalLong.empty(), options.integer("count"));
    assertEquals(Optional.empty(), options.bool("fast"));
    assertEquals(Optional.empty(), options.duration("wait"));
    assertEquals(List.of(), options.strings("extra"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "label: [a]          | options.label    | WRONG_TYPE",
        "label: ~            | options.label    | WRONG_TYPE",
        "'label: \"a\\0\"'   | options.label    | BAD_VALUE",
        "count: 1.5          | options.count    | WRONG_TYPE",
        "count: 9223372036854775808 | options.count | OUT_OF_RANGE",
        "fast: yes           | options.fast     | WRONG_TYPE",
        "cache: 64           MB | options.cache | BAD_VALUE",
        "cache: -1           | options.cache    | OUT_OF_RANGE",
        "wait: 30            | options.wait     | WRONG_TYPE",
        "wait: 1000001h      | options.wait     | OUT_OF_RANGE",
        "extra: a            | options.extra    | WRONG_TYPE",
        "extra: [a, {}]      | options.extra[1] | WRONG_TYPE",
        "platform: amr64     | options.platform | BAD_VALUE",
        "platform: linux     | options.platform | BAD_VALUE",
        "platform: [arm64]   | options.platform | WRONG_TYPE",
        "mode: fast          | options.mode     | BAD_VALUE",
        "lable: a            | options.lable    | UNKNOWN_KEY",
        "[a]                 | options          | WRONG_TYPE"
      })
  void anythingElseIsRefusedUnderItsPath(String yaml, String path, String code) {
    Problem problem = problems(DECLARED, yaml).get(0);
    assertEquals(path + " " + code, problem.path() + " " + problem.code());
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    List<Option> declared = List.of(Option.required("disk", Option.Type.STRING, "The disk."));
    List<Problem> problems = problems(declared, "{dsk: a, other: b}");
    assertEquals(
        List.of("MISSING options.disk", "UNKNOWN_KEY options.dsk", "UNKNOWN_KEY options.other"),
        problems.stream().map(p -> p.code() + " " + p.path()).toList());
    assertEquals("is not a key here; did you mean disk?", problems.get(1).message());
  }

  @Test
  void anExecutorThatReadsWhatItDidNotDeclareIsStopped() {
    Options options = check(DECLARED, "{label: a}");
    assertThrows(IllegalArgumentException.class, () -> options.string("unknown"));
    assertThrows(IllegalArgumentException.class, () -> options.integer("label"));
    assertThrows(IllegalArgumentException.class, () -> options.strings("label"));
  }

  @Test
  void withoutDeclaredOptionsEveryKeyIsUnknown() {
    assertEquals("UNKNOWN_KEY", problems(List.of(), "{a: b}").get(0).code());
    assertEquals(
        check(List.of(), "{}"),
        OptionValues.check(List.of(), JsonNodeFactory.instance.objectNode()));
  }

  private static List<Problem> problems(List<Option> declared, String yaml) {
    return assertThrows(TaskException.class, () -> check(declared, yaml)).problems();
  }

  private static Options check(List<Option> declared, String yaml) {
    return OptionValues.check(declared, tree(yaml));
  }

  private static JsonNode tree(String yaml) {
    return DocumentText.read(yaml.getBytes(StandardCharsets.UTF_8), new Problems()).get(0).tree();
  }
}
