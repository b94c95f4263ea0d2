package org.lfedge.eve.tasks.core.sandboxed;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.core.seedprotocol.Answer;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/** An executor whose calls go to code in sandboxes. */
final class SandboxedExecutor implements Executor {

  private final Conversations conversations;
  private final Code code;
  private final ExecutorInfo info;

  /**
   * Asks the code who it is.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it does not say that
   */
  SandboxedExecutor(Conversations conversations, Code code) {
    this.conversations = conversations;
    this.code = code;
    this.info = conversations.ask(code, new Call.Describe(), List.of(), Answer::asInfo);
  }

  @Override
  public ExecutorInfo info() {
    return info;
  }

  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    return conversations.ask(code, new Call.Ask(task, known), info.options(), Answer::asQuestions);
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    return conversations.ask(
        code, new Call.MakeSeed(request, asked(request)), info.options(), Answer::asSeed);
  }

  /** A request does not tell which facts it holds, and the code's own answers do. */
  private List<FactQuery> asked(SeedRequest request) throws SeedException {
    List<Fact> known = new ArrayList<>();
    for (int round = 0; round < MAX_FACT_ROUNDS; round++) {
      List<FactQuery> fresh =
          facts(request.task(), known).stream()
              .filter(query -> known.stream().noneMatch(fact -> fact.query().equals(query)))
              .distinct()
              .toList();
      if (fresh.isEmpty()) {
        break;
      }
      fresh.forEach(query -> known.add(request.fact(query)));
    }
    return known.stream().map(Fact::query).toList();
  }
}
