package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Processes;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * What is made for a task and removed with it, in order. Making something that is there and
 * removing something that is not both succeed, so either may be repeated after a crash.
 */
final class TaskEffects {

  /** By which containers of ours are told from others in containerd's own tools. */
  private static final String UUID_LABEL = "org.lfedge.eve.tasks/uuid";

  private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);

  private final ContainerRuntime runtime;
  private final NetworkNamespaces namespaces;
  private final TaskFiles files;
  private final Processes processes;

  TaskEffects(
      ContainerRuntime runtime,
      NetworkNamespaces namespaces,
      TaskFiles files,
      Processes processes) {
    this.runtime = runtime;
    this.namespaces = namespaces;
    this.files = files;
    this.processes = processes;
  }

  /** Makes everything that the anchor needs. */
  void prepare(TaskRecord record, Blueprint blueprint) {
    String name = record.name();
    namespaces.pin(name);
    files.writeSeedFiles(name, blueprint.seed().files());
    files.writeSecrets(name, secrets(record), blueprint.seed().process().user());
    runtime.prepareRoot(name, blueprint.root());
    runtime.createContainer(
        name,
        blueprint.root(),
        blueprint.specJson(),
        SortedCopies.mapOf(Map.of(UUID_LABEL, record.uuid().toString())));
  }

  /** Makes the anchor's process, which does not run its program yet. */
  Anchor createAnchor(TaskRecord record, Blueprint blueprint) {
    int pid =
        runtime.createTask(record.name(), blueprint.root(), files.createOutput(record.name()));
    return identify(pid);
  }

  /** An anchor that has ended already gets start time 0; its exit is noticed all the same. */
  Anchor identify(int pid) {
    return new Anchor(pid, processes.startTime(pid).orElse(0));
  }

  /** Removes everything, the anchor's process included. */
  void remove(String name) {
    removeAnchor(name);
    runtime.deleteContainer(name);
    runtime.removeRoot(name);
    namespaces.unpin(name);
    files.remove(name);
  }

  /** Ends whatever runs in the task and removes the runtime's task, so that no shim stays. */
  void removeAnchor(String name) {
    if (runtime.task(name).isPresent()) {
      runtime.signalTask(name, Signal.KILL.number(), true);
      awaitEnd(name);
      runtime.deleteTask(name);
    }
  }

  private void awaitEnd(String name) {
    try {
      runtime.awaitExit(name).get(KILL_DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw TaskException.failed(
          Problem.host(
              "SURVIVES_SIGKILL",
              "a process of task "
                  + name
                  + " survives SIGKILL; look at /proc/PID/stack of what is in its cgroup, and"
                  + " delete the task again"),
          e);
    } catch (ExecutionException e) {
      throw TaskException.failed(
          Problem.host("RUNTIME_LOST", "the end of task " + name + " cannot be awaited: " + e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TaskException.failed(Problem.internal("INTERRUPTED", "task " + name), e);
    }
  }

  private static SortedMap<String, String> secrets(TaskRecord record) {
    SortedMap<String, String> secrets = new TreeMap<>();
    record
        .document()
        .env()
        .forEach(
            (key, value) -> {
              if (value instanceof EnvValue.Secret secret) {
                secrets.put(key, secret.path());
              }
            });
    return secrets;
  }
}
