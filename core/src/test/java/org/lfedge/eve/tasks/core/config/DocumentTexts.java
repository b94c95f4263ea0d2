package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Reads the texts of tests as documents. */
final class DocumentTexts {

  /** The least that a document must say; more keys may follow. */
  static final String MINIMAL = "name: web\nresources: {memory: 64MiB}\n";

  private static final Path BASE = Path.of("/base/dir");

  private DocumentTexts() {}

  static List<TaskDocument> parse(String text) {
    return TaskDocuments.parse(text.getBytes(StandardCharsets.UTF_8), BASE);
  }

  static TaskDocument parseOne(String text) {
    List<TaskDocument> tasks = parse(text);
    assertEquals(1, tasks.size());
    return tasks.get(0);
  }

  static List<Problem> problems(String text) {
    return assertThrows(TaskException.class, () -> parse(text)).problems();
  }

  static Problem only(String text) {
    List<Problem> problems = problems(text);
    assertEquals(1, problems.size(), problems::toString);
    return problems.get(0);
  }

  static String code(Problem problem) {
    return problem.code() + " " + problem.path();
  }
}
