package org.lfedge.eve.tasks.core.plugin;

import java.util.List;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * The way into a plugin: its own class loader is the thread's context while it runs, and whatever
 * it throws fails the task instead of the daemon.
 */
final class GuardedExecutor implements Executor {

  /** More questions than any executor has; each costs a look at the disk. */
  private static final int MAX_QUERIES = 256;

  private final Executor executor;
  private final ExecutorInfo info;
  private final String label;

  private GuardedExecutor(Executor executor, ExecutorInfo info, String label) {
    this.executor = executor;
    this.info = info;
    this.label = label;
  }

  /**
   * Makes an executor and asks it who it is, once and for all.
   *
   * @param version of the plugin, for messages
   * @throws PluginRejection if the plugin throws, or says nothing
   */
  static GuardedExecutor of(Supplier<Executor> factory, ClassLoader loader, String version) {
    return inContext(
        loader,
        () -> {
          try {
            Executor executor = factory.get();
            @Nullable ExecutorInfo info = executor.info();
            if (info == null) {
              throw new PluginRejection("EXECUTOR_FAILS", "info() of its executor gives null");
            }
            return new GuardedExecutor(executor, info, info.name() + " " + version);
          } catch (PluginRejection rejection) {
            throw rejection;
          } catch (Throwable thrown) {
            throw new PluginRejection(
                "EXECUTOR_FAILS",
                "its executor cannot be made: " + PluginRejection.describe(innermost(thrown)));
          }
        });
  }

  @Override
  public ExecutorInfo info() {
    return info;
  }

  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    return call(
        "facts",
        () -> {
          List<FactQuery> queries = List.copyOf(executor.facts(task, known));
          if (queries.size() > MAX_QUERIES) {
            throw new IllegalStateException("it asks for " + queries.size() + " facts");
          }
          return queries;
        });
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    return call("seed", () -> Objects.requireNonNull(executor.seed(request), "it gave null"));
  }

  private <T> T call(String method, Call<T> call) throws SeedException {
    Thread thread = Thread.currentThread();
    ClassLoader context = thread.getContextClassLoader();
    thread.setContextClassLoader(executor.getClass().getClassLoader());
    try {
      return call.run();
    } catch (SeedException refused) {
      throw refused;
    } catch (Throwable thrown) {
      throw TaskException.failed(
          Problem.host(
              "EXECUTOR_FAILED",
              "executor "
                  + label
                  + " failed in "
                  + method
                  + ": "
                  + PluginRejection.describe(thrown)
                  + "; this is a fault of the plugin, use another version of it"),
          thrown);
    } finally {
      thread.setContextClassLoader(context);
    }
  }

  static <T> T inContext(ClassLoader loader, Supplier<T> action) {
    Thread thread = Thread.currentThread();
    ClassLoader context = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return action.get();
    } finally {
      thread.setContextClassLoader(context);
    }
  }

  /** What went wrong inside of what the class loader makes of it. */
  private static Throwable innermost(Throwable thrown) {
    Throwable inner = thrown;
    while (inner instanceof ServiceConfigurationError
        || inner instanceof ExceptionInInitializerError) {
      Throwable cause = inner.getCause();
      if (cause == null) {
        break;
      }
      inner = cause;
    }
    return inner;
  }

  private interface Call<T> {
    T run() throws SeedException;
  }
}
