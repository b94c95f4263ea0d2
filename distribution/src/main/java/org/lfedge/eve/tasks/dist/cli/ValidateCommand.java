package org.lfedge.eve.tasks.dist.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "validate",
    header = "Check task documents and name every fault in them.",
    description = {
      "Works without taskd for all but the options of executors that did not come with taskctl, and"
          + " the policy of the node. Images and files that documents name need not be there."
    },
    footer = {"  taskctl validate tasks/*.yaml"})
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ValidateCommand implements Callable<Integer> {

  private final Session session;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "Files with task documents, one or more in each; - is standard input.")
  private String[] files;

  ValidateCommand(Session session) {
    this.session = session;
  }

  /** The documents of a file; what is wrong with them is added to the problems. */
  static List<TaskDocument> parse(DocumentFile file, List<Problem> problems) {
    try {
      return TaskDocuments.parse(file.text().toByteArray(), file.baseDirectory());
    } catch (TaskException e) {
      problems.addAll(file.named(e.problems()));
      return List.of();
    }
  }

  @Override
  public Integer call() {
    List<Problem> problems = new ArrayList<>();
    List<String> unchecked = new ArrayList<>();
    try (BundledExecutors executors = BundledExecutors.in(session.bundledExecutors());
        Connection connection = session.connect()) {
      for (String name : files) {
        DocumentFile file = DocumentFile.read(name, session.terminal().in());
        List<TaskDocument> documents = parse(file, problems);
        if (!documents.isEmpty() && !checkedByDaemon(connection, file, problems)) {
          documents.forEach(document -> check(executors, document, file, problems, unchecked));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
    for (String executor : unchecked.stream().distinct().sorted().toList()) {
      session.note("options of " + executor + " were not checked: that needs taskd");
    }
    if (!session.json()) {
      session.print("valid");
    }
    return ExitStatus.OK;
  }

  private static void check(
      BundledExecutors executors,
      TaskDocument document,
      DocumentFile file,
      List<Problem> problems,
      List<String> unchecked) {
    try {
      if (!executors.check(document)) {
        unchecked.add(
            document
                .executor()
                .map(name -> "executor " + name)
                .orElseGet(() -> "the executor of tools " + document.tools().orElse("")));
      }
    } catch (TaskException e) {
      problems.addAll(file.named(e.problems()));
    }
  }

  private static boolean checkedByDaemon(
      Connection connection, DocumentFile file, List<Problem> problems) {
    DocumentRequest request =
        DocumentRequest.newBuilder()
            .setDocument(file.text())
            .setBaseDirectory(file.baseDirectory().toString())
            .build();
    try {
      connection.call(stub -> stub.validate(request));
    } catch (TaskException e) {
      if (e.first().code().equals(Connection.NOT_THERE)) {
        return false;
      }
      problems.addAll(file.named(e.problems()));
    }
    return true;
  }
}
