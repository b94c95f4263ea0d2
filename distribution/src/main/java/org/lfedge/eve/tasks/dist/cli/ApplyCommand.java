package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.ApiProblems;
import org.lfedge.eve.tasks.core.api.v1.ApplyRequest;
import org.lfedge.eve.tasks.core.api.v1.ApplyResponse;
import org.lfedge.eve.tasks.core.api.v1.Change;
import org.lfedge.eve.tasks.core.api.v1.FieldChange;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "apply",
    header = "Bring tasks to what documents say.",
    description = {
      "Declares the tasks of the documents as wanted running: makes and starts those that are not"
          + " there, starts those that do not run and are not done. A task whose document changed is"
          + " changed while it runs if that is possible (limits, restart policy, health check), and"
          + " replaced if not. A task that fails does not hold up the others. All files are checked"
          + " before anything is changed.",
      "Each task is shown with what is done to it (create, update, replace, start, delete, none) and"
          + " with the fields that differ."
    },
    footer = {
      "  taskctl apply web.yaml db.yaml",
      "  taskctl apply --dry-run --prune tasks/*.yaml",
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ApplyCommand implements Callable<Integer> {

  private final Session session;

  @Option(names = "--dry-run", description = "Show what would change, and change nothing.")
  private boolean dryRun;

  @Option(
      names = "--prune",
      description = "Stop and delete tasks that no document names; not those of a controller.")
  private boolean prune;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "Files with task documents, one or more in each; - is standard input.")
  private String[] files;

  ApplyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ApplyRequest request =
        ApplyRequest.newBuilder()
            .setDocuments(documents())
            .setBaseDirectory("/")
            .setDryRun(dryRun)
            .setPrune(prune)
            .build();
    ApplyResponse response;
    try (Connection connection = session.connect()) {
      response = connection.call(stub -> stub.apply(request));
    }
    if (session.json()) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      response.getChangesList().forEach(change -> array.add(TaskJson.change(change)));
      session.print(array);
    } else {
      response.getChangesList().forEach(this::print);
    }
    List<Problem> problems = new ArrayList<>();
    for (Change change : response.getChangesList()) {
      change.getProblemsList().forEach(problem -> problems.add(ApiProblems.value(problem)));
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
    return ExitStatus.OK;
  }

  /**
   * The documents of all files in one text. Files lie in different directories, so relative paths
   * are resolved here: the canonical form has none.
   */
  private ByteString documents() {
    List<Problem> problems = new ArrayList<>();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (String file : files) {
      for (TaskDocument document : parse(file, problems)) {
        text.writeBytes("---\n".getBytes(StandardCharsets.UTF_8));
        text.writeBytes(
            (yaml(TaskDocuments.toJson(document)) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
    return ByteString.copyFrom(text.toByteArray());
  }

  private List<TaskDocument> parse(String file, List<Problem> problems) {
    return ValidateCommand.parse(DocumentFile.read(file, session.terminal().in()), problems);
  }

  /** JSON is YAML, but for some characters that YAML wants escaped inside quotes. */
  private static String yaml(JsonNode json) {
    StringBuilder text = new StringBuilder();
    for (char c : json.toString().toCharArray()) {
      boolean control = c >= 0x7f && c <= 0xa0;
      if (control || c == 0x2028 || c == 0x2029 || c == 0xfeff || c >= 0xfffe) {
        text.append(String.format("\\u%04x", (int) c));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private void print(Change change) {
    session.print(change.getTask() + ": " + change.getAction());
    for (FieldChange field : change.getFieldsList()) {
      session.print(
          "  "
              + field.getPath()
              + ": "
              + orNothing(field.getBefore())
              + " -> "
              + orNothing(field.getAfter()));
    }
  }

  private static String orNothing(String value) {
    return value.isEmpty() ? "nothing" : value;
  }
}
