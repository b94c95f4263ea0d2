package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.MINIMAL;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.code;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.only;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.parseOne;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.problems;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Documents that are too much of something. */
class TaskDocumentLimitsTest {

  @Test
  void aDocumentOf50MegabytesIsRefusedWithoutBeingRead() {
    byte[] text = new byte[50_000_000];
    Arrays.fill(text, (byte) '[');
    Problem problem =
        assertThrows(TaskException.class, () -> TaskDocuments.parse(text, Path.of("/"))).first();
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

  @Test
  void numbersOfExtremeSizeCostNothing() {
    String json =
        """
        {"name": "a", "resources": {"memory": 1e999999999, "cpus": 1e-999999999},
         "env": {"A": 1e999999999, "B": 1e3}, "options": {"x": 1e999999999}}
        """;
    assertEquals(
        List.of("OUT_OF_RANGE resources.memory", "OUT_OF_RANGE resources.cpus"),
        problems(json).stream().map(DocumentTexts::code).toList());
    TaskDocument task =
        parseOne(json.replace("\"memory\": 1e999999999, \"cpus\": 1e-999999999", "\"memory\": 1"));
    assertEquals(new EnvValue.Text("1E+999999999"), task.env().get("A"));
    assertEquals(new EnvValue.Text("1000"), task.env().get("B"));
    assertEquals(task, parseOne(TaskDocuments.toJson(task).toString()));
    assertEquals(
        "BAD_VALUE resources.memory",
        code(only("{\"name\": \"a\", \"resources\": {\"memory\": 1e9999999999}}")));
  }
}
