package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.seedprotocol.Answer;
import org.lfedge.eve.tasks.core.seedprotocol.SeedCodec;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.contract.Violation;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * An executor without code: a seed.json that is filled in for each task. The grammar is in {@code
 * docs/declarative-executors.md}.
 *
 * <p>Its author cannot write the checks that an executor in Java makes, so a seed that breaks the
 * contract of executors for a task is refused here, by the same rules that their tests use.
 */
public final class DeclarativeExecutor implements Executor {

  private final Declaration declaration;

  private DeclarativeExecutor(Declaration declaration) {
    this.declaration = declaration;
  }

  /**
   * Reads and checks a seed.json.
   *
   * @param name what task documents call it
   * @param seedJson UTF-8, at most 256 KiB; nobody trusts it
   * @throws TaskException with all that is wrong, each with its place in the file as path; with
   *     code {@code NOT_JSON} or {@code TOO_LARGE} if it cannot be read at all
   */
  public static DeclarativeExecutor of(String name, byte[] seedJson) {
    return new DeclarativeExecutor(DeclarationReader.read(name, seedJson));
  }

  @Override
  public ExecutorInfo info() {
    return declaration.info();
  }

  /**
   * Asks what the file lists, in its order; never something new after the first round.
   *
   * @throws SeedException with code {@code VALUE_ABSENT}, {@code BAD_QUESTION} or another of {@link
   *     #seed}, if a question cannot be put for this task
   */
  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    return declaration.questions().isEmpty() ? List.of() : questions(task);
  }

  /**
   * Fills the seed in.
   *
   * @throws SeedException with code {@code ROOT_NOT_SUPPORTED} for a root of a kind that the file
   *     does not list; {@code VALUE_ABSENT}, {@code NO_CASE}, {@code OUT_OF_RANGE} for a value that
   *     is not in the request or does not do; {@code SEED_TOO_LARGE}; {@code SEED_INVALID} for what
   *     is no seed; {@code SEED_NOT_ALLOWED} for one that breaks the contract
   */
  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    if (!info().rootKinds().contains(request.task().root().kind())) {
      throw new SeedException(
          "ROOT_NOT_SUPPORTED",
          "root",
          "executor " + info().name() + " starts only roots of these kinds: " + info().rootKinds());
    }
    List<FactQuery> questions = facts(request.task(), List.of());
    ObjectNode context = Contexts.of(request, declaration, questions);
    Seed seed = read(Expansion.expand(declaration.seed(), context));
    List<Violation> violations = Contract.checkSeed(seed, request, info());
    if (!violations.isEmpty()) {
      Violation first = violations.get(0);
      throw new SeedException(
          "SEED_NOT_ALLOWED",
          path(first.rule()),
          "executor "
              + info().name()
              + " cannot start this task: its seed breaks the rule that "
              + first.rule().text()
              + " ("
              + first.detail()
              + ")");
    }
    return seed;
  }

  private List<FactQuery> questions(TaskConfig task) throws SeedException {
    ObjectNode context = Contexts.of(task, declaration);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.put("spi", SPI_VERSION.substring(0, SPI_VERSION.lastIndexOf('.')));
    List<JsonNode> questions = new ArrayList<>();
    for (Expression question : declaration.questions()) {
      questions.add(Expansion.expand(question, context).orElseThrow());
    }
    answer.putArray("facts").addAll(questions);
    try {
      return Answer.fromJson(answer).asQuestions();
    } catch (TaskException e) {
      throw new SeedException("BAD_QUESTION", "", e.first().message());
    }
  }

  private static Seed read(Optional<JsonNode> json) throws SeedException {
    if (json.isEmpty()) {
      throw new SeedException("SEED_INVALID", "", "the executor has no seed for this task");
    }
    try {
      return SeedCodec.fromJson(json.get());
    } catch (TaskException e) {
      throw new SeedException(e.first().code(), "", e.first().message());
    }
  }

  /** What in a document the rule is about. */
  private static String path(Violation.Rule rule) {
    return switch (rule) {
      case ENV_LOST -> "env";
      case READ_ONLY_LOST -> "root.readOnly";
      case NO_TOOLS -> "tools";
      case NO_USER_NAMESPACE, ANCHOR_WITHOUT_MEMORY -> "executor";
      case VOLUME_NOT_PLACED, VOLUME_READ_ONLY_LOST -> "volumes";
      case DEVICE_NOT_TAKEN -> "devices";
      case ATTACHMENT_WITHOUT_INTERFACE -> "interfaces";
      case GRACE_EXCEEDED -> "stop.grace";
      default -> "root";
    };
  }
}
