package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.SeedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A plugin whose classes are loaded: the way into its code, which has a deadline, and the count of
 * who is inside, so that its files are closed behind the last one.
 */
final class Plugin {

  private static final Logger log = LoggerFactory.getLogger(Plugin.class);

  /** So many calls may hang before the plugin is called no more; each may take a whole CPU. */
  static final int MAX_STUCK = 2;

  private final String file;
  private final String version;
  private final URLClassLoader loader;
  private final Duration deadline;
  private final Consumer<Plugin> whenStuck;
  private final List<GuardedExecutor> executors = new ArrayList<>();
  private int inside;
  private int stuck;
  private boolean disabled;
  private boolean closed;

  private Plugin(
      String file,
      String version,
      URLClassLoader loader,
      Duration deadline,
      Consumer<Plugin> whenStuck) {
    this.file = file;
    this.version = version;
    this.loader = loader;
    this.deadline = deadline;
    this.whenStuck = whenStuck;
  }

  /**
   * Makes the executors of a plugin and asks each who it is. They are found by {@code
   * META-INF/services}, so that vendors need nothing of PF4J.
   *
   * @param file the name of its file, for messages
   * @param loader closed if it fails
   * @param deadline for this, and for each call later
   * @param whenStuck called once, when so many calls hang that the plugin is called no more
   * @throws PluginRejection if it cannot be done
   */
  static Plugin open(
      String file,
      String version,
      URLClassLoader loader,
      Duration deadline,
      Consumer<Plugin> whenStuck) {
    Plugin plugin = new Plugin(file, version, loader, deadline, whenStuck);
    boolean opened = false;
    try {
      plugin.executors.addAll(plugin.load());
      opened = true;
      return plugin;
    } finally {
      if (!opened) {
        plugin.close();
      }
    }
  }

  private List<GuardedExecutor> load() {
    try {
      List<GuardedExecutor> loaded =
          PluginCall.run("plugin " + file, loader, deadline, () -> {}, this::makeExecutors);
      if (loaded.isEmpty()) {
        throw new PluginRejection(
            "NO_EXECUTOR",
            "it has no META-INF/services/" + Executor.class.getName() + " that names an executor");
      }
      return loaded;
    } catch (PluginFailure e) {
      throw new PluginRejection("EXECUTOR_FAILS", "its executor cannot be made: " + e.reason());
    } catch (SeedException e) {
      throw new PluginRejection("EXECUTOR_FAILS", "its executor cannot be made: " + e);
    } catch (TimeoutException e) {
      throw new PluginRejection(
          "EXECUTOR_TIMED_OUT",
          "its executor was not made and did not say who it is within "
              + deadline.toMillis()
              + " ms; use another version of it");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PluginRejection("EXECUTOR_FAILS", "the daemon ended while it was loaded");
    }
  }

  private List<GuardedExecutor> makeExecutors() throws PluginFailure {
    List<GuardedExecutor> made = new ArrayList<>();
    for (ServiceLoader.Provider<Executor> provider : providers()) {
      made.add(GuardedExecutor.of(this, provider.get()));
    }
    return made;
  }

  private List<ServiceLoader.Provider<Executor>> providers() {
    try {
      return ServiceLoader.load(Executor.class, loader).stream().toList();
    } catch (ServiceConfigurationError | LinkageError e) {
      throw new PluginRejection(
          "EXECUTOR_FAILS",
          "its META-INF/services names what is no executor: " + PluginRejection.describe(e));
    }
  }

  List<GuardedExecutor> executors() {
    return List.copyOf(executors);
  }

  String version() {
    return version;
  }

  /**
   * Calls the plugin.
   *
   * @param executor the name of the executor
   * @param method which is called, for messages
   * @throws SeedException if it refuses
   * @throws TaskException if it fails or does not come back in time, or may not be called any more
   */
  <T> T call(String executor, String method, PluginCall.Code<T> code) throws SeedException {
    String label = "executor " + executor + " " + version + " of " + file;
    enter(label);
    try {
      return PluginCall.run(label, loader, deadline, this::cameBack, code);
    } catch (PluginFailure e) {
      throw TaskException.failed(
          Problem.host(
              e.code(),
              label
                  + " failed in "
                  + method
                  + ": "
                  + e.reason()
                  + "; this is a fault of the plugin, use another version of it"),
          e);
    } catch (TimeoutException e) {
      hangs(label, method);
      throw TaskException.failed(
          Problem.host(
              "EXECUTOR_TIMED_OUT",
              label
                  + " did not come back from "
                  + method
                  + " within "
                  + deadline.toMillis()
                  + " ms; this is a fault of the plugin, use another version of it"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TaskException.failed(
          Problem.host("EXECUTOR_INTERRUPTED", "the daemon ends while " + label + " is asked"));
    } finally {
      leave();
    }
  }

  private synchronized void enter(String label) {
    if (disabled) {
      throw TaskException.failed(Problem.host("EXECUTOR_STUCK", label + " " + whyStuck()));
    }
    if (closed) {
      throw TaskException.failed(
          Problem.host(
              "EXECUTOR_GONE",
              label + " was removed or replaced while it was being asked; try again"));
    }
    inside++;
  }

  private synchronized void leave() {
    inside--;
  }

  private void hangs(String label, String method) {
    boolean tooMany;
    synchronized (this) {
      stuck++;
      tooMany = stuck >= MAX_STUCK && !disabled;
      disabled |= tooMany;
    }
    log.warn("{} hangs in {}; its thread is left behind", label, method);
    if (tooMany) {
      whenStuck.accept(this);
    }
  }

  private synchronized void cameBack() {
    stuck--;
  }

  /** Why it is called no more, when it is not. */
  static String whyStuck() {
    return "has "
        + MAX_STUCK
        + " calls that hang, and is not called any more until its file changes; use another version"
        + " of it, and restart the daemon to be rid of the threads";
  }

  /** Closes its files if nobody waits for an answer of it; returns whether it has. */
  boolean closeIfUnused() {
    synchronized (this) {
      if (inside > 0) {
        return false;
      }
      closed = true;
    }
    close();
    return true;
  }

  /** Closes its files; calls are refused from now on, and those under way may fail. */
  void close() {
    synchronized (this) {
      closed = true;
    }
    try {
      loader.close();
    } catch (IOException e) {
      log.warn("the files of plugin {} cannot be closed: {}", file, e.toString());
    }
  }
}
