package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

class DocumentTextTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null | null",
        "~ | null",
        "true | true",
        "True | \"True\"",
        "yes | \"yes\"",
        "NO | \"NO\"",
        "7 | 7",
        "-7 | -7",
        "-0 | \"-0\"",
        "007 | \"007\"",
        "0x1F | \"0x1F\"",
        "1_000 | \"1_000\"",
        "1e3 | \"1e3\"",
        "1.50 | 1.50",
        "-0.0 | \"-0.0\"",
        "123456789012345678901234567890 | 123456789012345678901234567890",
        ".inf | \".inf\"",
        "2001-01-01 | \"2001-01-01\"",
        "!!str 7 | \"7\"",
        "\"7\" | \"7\""
      })
  void onlyWhatJsonWritesTheSameWayIsTyped(String yaml, String json) {
    assertEquals("{\"v\":" + json + "}", read("v: " + yaml));
  }

  @Test
  void aliasesStandForWhatTheirAnchorMarks() {
    assertEquals(
        "{\"a\":{\"x\":[1,2]},\"b\":{\"x\":[1,2]},\"c\":2}",
        read("a: &a {x: [1, &two 2]}\nb: *a\nc: *two"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: [1, 2 | line 1, column 9",
        "'a: b: c' | line 1, column 5",
        "'a: \"x' | line 1, column 6",
        "a: *x | line 1, column 4",
        "'a: &x [*x]' | line 1, column 8",
        "a: !!java.net.URL [x] | line 1, column 4",
        "a: !!int 5 | line 1, column 4",
        "a: !own {} | line 1, column 4",
        "'? [a]\n: b' | line 1, column 3",
        "'a: &x {b: c}\n<<: *x' | line 2, column 1",
        "'a: 1\n\tb: 2' | line 2, column 1",
        "'a: \"\\ud800\"' | line 1, column 4",
        "'{\"a\": \"\\ud800\"}' | line 1, column 7",
        "'{\"a\":\n\t1,,}' | line 2, column 4",
        "'{\"a\":\n\t1,\n\t\"a\": 2}' | line 3, column 5"
      })
  void whatIsNotYamlIsToldWithLineAndColumn(String text, String place) {
    Problem problem = problem(text);
    assertEquals("NOT_YAML", problem.code());
    assertTrue(problem.message().startsWith(place), problem.message());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: \u0001", "a: \u0000", "\u0007"})
  void aControlCharacterIsToldByItsNumber(String text) {
    assertTrue(problem(text).message().contains("U+000"), problem(text).message());
  }

  /** The parser throws something of its own for each of these, some without a line. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: \"\\UFFFFFFFF\"",
        "a: \"\\UDDDDDD\"",
        "%YAML 99999999999.1\n---\na: b",
        "a: \"\\xZZ\"",
        "a: \"\\x",
        "\n - {\n}\\"
      })
  void malformedKeysEscapesAndDirectivesAreNotYaml(String text) {
    Problem problem = problem(text);
    assertEquals("NOT_YAML", problem.code());
    assertTrue(problem.message().startsWith("line "), problem.message());
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    byte[] latin1 = "a: \u00e4".getBytes(StandardCharsets.ISO_8859_1);
    Problems problems = new Problems();
    DocumentText.read(latin1, problems);
    Problem problem = assertThrows(TaskException.class, problems::throwIfAny).first();
    assertEquals("NOT_YAML", problem.code());
    assertTrue(problem.message().contains("UTF-8"));
  }

  @Test
  void aKeyThatIsThereTwiceIsAProblemWithPathAndLineInYamlAndInJson() {
    for (String text : List.of("a:\n  b: 1\n  b: 2\n", "{\"a\": {\n\"b\": 1,\n \"b\": 2}}")) {
      List<DocumentText.Document> documents =
          DocumentText.read(text.getBytes(StandardCharsets.UTF_8), new Problems());
      Problem problem =
          assertThrows(TaskException.class, documents.get(0).problems()::throwIfAny).first();
      assertEquals("DUPLICATE_KEY a.b", problem.code() + " " + problem.path());
      assertTrue(problem.message().startsWith("line 3, "), problem.message());
    }
  }

  @Test
  void aliasesThatMultiplyAreRefused() {
    String bomb =
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + IntStream.rangeClosed(1, 25)
                .mapToObj(i -> "a%d: &a%d [%s]".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(10)))
                .collect(Collectors.joining("\n"));
    assertEquals("TOO_LARGE", problem(bomb).code());
  }

  @Test
  void aliasesThatNestAreRefused() {
    String chain =
        "a0: &a0 [x]\n"
            + IntStream.rangeClosed(1, 100)
                .mapToObj(i -> "a%d: &a%d [*a%d]".formatted(i, i, i - 1))
                .collect(Collectors.joining("\n"));
    assertEquals("TOO_LARGE", problem(chain).code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{a: ", "- ", "{\"a\":", "{\"a\":[", "- - "})
  void deepNestingIsRefused(String opening) {
    String deep = opening.repeat(DocumentText.MAX_BYTES / opening.length());
    assertEquals("TOO_LARGE", problem(deep).code());
    assertEquals("TOO_LARGE", problem(opening.repeat(40)).code());
  }

  @Test
  void keysThatNestAreRefused() {
    assertEquals("NOT_YAML", problem("? ".repeat(DocumentText.MAX_BYTES / 2)).code());
  }

  @Test
  void nestingUpToTheLimitIsRead() {
    String yaml = "[".repeat(DocumentText.MAX_DEPTH) + "]".repeat(DocumentText.MAX_DEPTH);
    assertEquals(yaml, read(yaml));
    assertEquals("TOO_LARGE", problem("[" + yaml + "]").code());
    String json = "{\"a\":" + yaml.substring(1, yaml.length() - 1) + "}";
    assertEquals(json, read(json));
    assertEquals("TOO_LARGE", problem("{\"a\":" + json + "}").code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"- x\n", "k: 1\n---\n", "- &a\n", "-\n"})
  void manyValuesAreRefused(String value) {
    assertEquals("TOO_LARGE", problem(value.repeat(DocumentText.MAX_VALUES + 1)).code());
  }

  @Test
  void manyValuesInJsonAreRefused() {
    String json = "{\"a\": [0" + ",0".repeat(2 * DocumentText.MAX_VALUES) + "]}";
    assertEquals("TOO_LARGE", problem(json).code());
  }

  private static String read(String text) {
    Problems problems = new Problems();
    List<DocumentText.Document> documents =
        DocumentText.read(text.getBytes(StandardCharsets.UTF_8), problems);
    problems.throwIfAny();
    assertEquals(1, documents.size());
    documents.get(0).problems().throwIfAny();
    return documents.get(0).tree().toString();
  }

  private static Problem problem(String text) {
    Problems problems = new Problems();
    DocumentText.read(text.getBytes(StandardCharsets.UTF_8), problems);
    return assertThrows(TaskException.class, problems::throwIfAny).first();
  }
}
