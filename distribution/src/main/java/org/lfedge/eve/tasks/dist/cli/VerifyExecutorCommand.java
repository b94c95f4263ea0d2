package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.verification.Check;
import org.lfedge.eve.tasks.core.verification.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    header = "Check that an executor keeps its contract, before any node sees it.",
    description = {
      "FILE is a JAR, a seed.json, or an image of tools with an executor in it: an OCI layout, in a"
          + " directory or an archive. Needs no taskd. One line tells of each rule whether it is kept"
          + " or broken, and how.",
      "The code of a JAR runs in a JVM of its own, with the rights of whoever calls this: verify"
          + " what you have made or trust. A program in an image runs in the sandbox of a node alone;"
          + " here it is looked at."
    },
    footer = {
      "  taskctl executors verify target/acme-1.0.0.jar",
      "  taskctl executors verify --name acme seed.json",
      "  taskctl executors verify tools.oci.tar -o json | jq '.checks[] | select(.outcome != \"kept\")'"
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class VerifyExecutorCommand implements Callable<Integer> {

  private static final String RESERVED = "NAME_FREE";
  private static final String RESERVED_TEXT = "no executor of the Taskmanager itself has its name";

  private final Session session;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What to call the executor of a seed.json, which does not say it itself.")
  private @Nullable String name;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long the code of a JAR may take for all that it is asked. Default: 30.")
  private int timeoutSeconds;

  @Parameters(paramLabel = "FILE", description = "A JAR, a seed.json, or an OCI layout.")
  private Path file;

  VerifyExecutorCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Report report =
        session
            .verifier()
            .verify(file, Optional.ofNullable(name), Duration.ofSeconds(timeoutSeconds));
    report = report.with(reserved(report));
    if (session.json()) {
      session.print(json(report));
    } else {
      session.print(text(report));
    }
    return report.good() ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private List<Check> reserved(Report report) {
    if (report.executor().isEmpty()) {
      return List.of();
    }
    String own = report.executor().get();
    try (BundledExecutors bundled = BundledExecutors.in(session.bundledExecutors())) {
      return List.of(
          bundled.has(own)
              ? Check.broken(RESERVED, RESERVED_TEXT, own + " is bundled; choose another name")
              : Check.kept(RESERVED, RESERVED_TEXT));
    }
  }

  private static String text(Report report) {
    StringBuilder text = new StringBuilder();
    text.append(report.executor().orElse("an executor"));
    report.version().ifPresent(version -> text.append(' ').append(version));
    text.append(report.form().isEmpty() ? "" : " (" + report.form() + ")").append('\n');
    Table table = new Table("RESULT", "RULE", "WHAT");
    Map<String, Integer> unchecked = new TreeMap<>();
    int broken = 0;
    for (Check check : report.checks()) {
      switch (check.outcome()) {
        case KEPT -> table.row("kept", check.rule(), check.text());
        case BROKEN -> {
          table.row("BROKEN", check.rule(), check.text() + ": " + check.detail());
          broken++;
        }
        case NOT_CHECKED -> unchecked.merge(check.detail(), 1, Integer::sum);
      }
    }
    text.append(table).append('\n');
    unchecked.forEach(
        (why, count) ->
            text.append(count).append(" rules were not checked: ").append(why).append('\n'));
    return text.append(broken == 0 ? "nothing is broken" : broken + " broken").toString();
  }

  private ObjectNode json(Report report) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("file", file.toString());
    json.put("form", report.form());
    json.put("executor", report.executor().orElse(null));
    json.put("version", report.version().orElse(null));
    json.put("good", report.good());
    ArrayNode checks = json.putArray("checks");
    for (Check check : report.checks()) {
      checks
          .addObject()
          .put("rule", check.rule())
          .put("outcome", check.outcome().name().toLowerCase(Locale.ROOT).replace('_', '-'))
          .put("text", check.text())
          .put("detail", check.detail());
    }
    return json;
  }
}
