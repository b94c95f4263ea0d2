package org.lfedge.eve.tasks.core.plugin;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * An executor as the daemon calls it: on a thread of the {@link Plugin}, within its deadline, with
 * answers that are bounded and hold nothing of the plugin's own classes.
 */
final class GuardedExecutor implements Executor {

  /** More questions than any executor has; each costs a look at the disk. */
  private static final int MAX_QUERIES = 256;

  /** Of all that it says of itself, or asks; far more than there is to say. */
  private static final int MAX_TEXT = 1 << 16;

  private final Plugin plugin;
  private final Executor executor;
  private final ExecutorInfo info;

  private GuardedExecutor(Plugin plugin, Executor executor, ExecutorInfo info) {
    this.plugin = plugin;
    this.executor = executor;
    this.info = info;
  }

  /**
   * Asks an executor who it is, once and for all. Calls the plugin's code, on this thread.
   *
   * @throws PluginFailure if it says nothing, or too much
   */
  static GuardedExecutor of(Plugin plugin, Executor executor) throws PluginFailure {
    @Nullable ExecutorInfo info = executor.info();
    if (info == null) {
      throw new PluginFailure("EXECUTOR_FAILS", "info() of its executor gives null");
    }
    if (info.summary().length() + info.options().toString().length() > MAX_TEXT) {
      throw new PluginFailure("EXECUTOR_FAILS", "info() of its executor is too long");
    }
    return new GuardedExecutor(plugin, executor, info);
  }

  /** The loader of its classes, which is to be collected once the plugin is gone. */
  ClassLoader classLoader() {
    return executor.getClass().getClassLoader();
  }

  @Override
  public ExecutorInfo info() {
    return info;
  }

  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    return plugin.call(
        info.name(),
        "facts",
        () -> {
          List<FactQuery> queries = List.copyOf(executor.facts(task, known));
          if (queries.size() > MAX_QUERIES) {
            throw new PluginFailure("EXECUTOR_FAILED", "it asks for " + queries.size() + " facts");
          }
          if (queries.stream().mapToLong(query -> query.toString().length()).sum() > MAX_TEXT) {
            throw new PluginFailure("EXECUTOR_FAILED", "its questions are too long");
          }
          return queries;
        });
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    return plugin.call(
        info.name(),
        "seed",
        () -> {
          @Nullable Seed seed = executor.seed(request);
          if (seed == null) {
            throw new PluginFailure("EXECUTOR_FAILED", "it gave null");
          }
          SeedSize.require(seed);
          return seed;
        });
  }
}
