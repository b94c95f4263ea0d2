package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.core.port.FactSource;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;

/** Asks an executor for the seed of a task, and answers what it asks about the node meanwhile. */
final class Seeding {

  /** More questions than any executor has a use for. */
  private static final int MAX_FACTS = 100;

  private final FactSource factSource;
  private final Devices devices;
  private final HostFacts host;

  Seeding(FactSource factSource, Devices devices, HostFacts host) {
    this.factSource = factSource;
    this.devices = devices;
    this.host = host;
  }

  /**
   * The seed of a task.
   *
   * @param image of its root, if that is one
   * @param tools of its executor, if there are any
   * @param user whom the program is to run as, if anything says so
   * @param own answers questions about the disks and the JAR of the task
   * @throws TaskException with what the executor refuses, or that it fails
   */
  Seed seed(
      Executor executor,
      TaskConfig config,
      Optional<ResolvedImage> image,
      Optional<ResolvedImage> tools,
      Optional<User> user,
      Function<FactQuery, Fact> own) {
    try {
      List<Fact> facts = facts(executor, config, own);
      return executor.seed(new SeedInput(config, image, tools, user, host, facts));
    } catch (SeedException e) {
      throw TaskException.failed(
          Problem.inDocument(e.code(), e.path(), "", String.valueOf(e.getMessage())), e);
    } catch (IllegalArgumentException | IllegalStateException | NullPointerException e) {
      throw TaskException.failed(
          Problem.internal(
              "EXECUTOR_FAILED",
              "executor "
                  + executor.info().name()
                  + " failed on task "
                  + config.name()
                  + ": "
                  + e
                  + "; report this to its vendor"),
          e);
    }
  }

  private List<Fact> facts(Executor executor, TaskConfig config, Function<FactQuery, Fact> own)
      throws SeedException {
    List<Fact> known = new ArrayList<>();
    for (int round = 0; round <= Executor.MAX_FACT_ROUNDS; round++) {
      List<FactQuery> fresh =
          executor.facts(config, List.copyOf(known)).stream()
              .filter(query -> known.stream().noneMatch(fact -> fact.query().equals(query)))
              .distinct()
              .toList();
      if (fresh.isEmpty()) {
        return known;
      }
      if (round == Executor.MAX_FACT_ROUNDS || known.size() + fresh.size() > MAX_FACTS) {
        break;
      }
      fresh.forEach(query -> known.add(answer(query, config.root(), own)));
    }
    throw TaskException.failed(
        Problem.internal(
            "TOO_MANY_FACTS",
            "executor "
                + executor.info().name()
                + " keeps asking for facts about task "
                + config.name()
                + "; report this to its vendor"));
  }

  private Fact answer(FactQuery query, Root root, Function<FactQuery, Fact> own) {
    if (query instanceof FactQuery.DiskImage || query instanceof FactQuery.JarFile) {
      return own.apply(query);
    }
    return query instanceof FactQuery.JsonFile
        ? factSource.answer(query, root)
        : devices.answer(query);
  }
}
