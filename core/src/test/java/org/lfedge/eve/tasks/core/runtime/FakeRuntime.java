package org.lfedge.eve.tasks.core.runtime;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.RuntimeTask;

/**
 * A runtime in memory. It refuses what the real one refuses, with the same codes; its anchors do
 * nothing until a signal or {@link #exit} ends them. Waiting callers are told in the thread that
 * caused the end.
 */
public final class FakeRuntime implements ContainerRuntime {

  private static final int SIGKILL = 9;
  private static final Pattern MEMORY_LIMIT =
      Pattern.compile("\"memory\"\\s*:\\s*\\{[^}]*\"limit\"\\s*:\\s*([0-9]+)");

  private final SortedMap<String, RootFilesystem> roots = new TreeMap<>();
  private final SortedMap<String, Container> containers = new TreeMap<>();
  private final SortedMap<String, Task> tasks = new TreeMap<>();
  private final SortedSet<Integer> ignoredSignals = new TreeSet<>();
  private final SortedMap<String, TaskException> nextFailures = new TreeMap<>();
  private final List<String> effects = new ArrayList<>();
  private final List<InsideRun> insideRuns = new ArrayList<>();
  private InsidePrograms insidePrograms =
      run -> CompletableFuture.completedFuture(OptionalInt.of(0));
  private StartedPrograms startedPrograms = (id, spec) -> OptionalInt.empty();
  private boolean connected = true;
  private int lastPid = 1_000_000;

  /** What was recorded of a container. */
  public record Container(RootFilesystem root, String specJson, SortedMap<String, String> labels) {}

  /** A program that was run inside a task. */
  public record InsideRun(String id, List<String> args, Duration limit) {}

  /** Plays the programs that are run inside of tasks. */
  @FunctionalInterface
  public interface InsidePrograms {

    /** How a program ends; a future that is not complete is one that runs. */
    CompletableFuture<OptionalInt> run(InsideRun run);
  }

  /** Plays the programs of tasks that are started. */
  @FunctionalInterface
  public interface StartedPrograms {

    /**
     * The code that a program ends with at once, or empty if it runs until something ends it.
     *
     * @param specJson with which its container is on record
     */
    OptionalInt start(String id, String specJson);
  }

  private static final class Task {
    final int pid;
    final List<CompletableFuture<OptionalInt>> inside = new ArrayList<>();
    RuntimeTask.Status status = RuntimeTask.Status.CREATED;
    @Nullable ExitStatus exit;
    String specJson;
    long memoryInUse;
    final List<CompletableFuture<ExitStatus>> waiting = new ArrayList<>();

    Task(int pid, String specJson) {
      this.pid = pid;
      this.specJson = specJson;
    }
  }

  /** Ends the anchor of a running task with a code. */
  public void exit(String id, int code) {
    end(id, new ExitStatus(OptionalInt.of(code), Instant.now(), false));
  }

  /** Ends the anchor of a running task as the kernel does when memory is short. */
  public void killForMemory(String id) {
    end(id, new ExitStatus(OptionalInt.of(128 + SIGKILL), Instant.now(), true));
  }

  /** Makes a task that lives use memory that it cannot give back, in bytes. */
  public synchronized void useMemory(String id, long bytes) {
    liveTask(id).memoryInUse = bytes;
  }

  /** The spec whose limits the cgroup of a task that lives has now. */
  public synchronized String liveSpec(String id) {
    return liveTask(id).specJson;
  }

  private Task liveTask(String id) {
    Task task = tasks.get(id);
    if (task == null || task.exit != null) {
      throw new IllegalStateException(id + " has no process");
    }
    return task;
  }

  /** From now on, plays the programs that are run inside of tasks; before, each ends with 0. */
  public synchronized void playInside(InsidePrograms programs) {
    insidePrograms = programs;
  }

  /** From now on, plays the programs of tasks that are started; before, each of them runs on. */
  public synchronized void playStarted(StartedPrograms programs) {
    startedPrograms = programs;
  }

  /** What was run inside of tasks so far, in order. */
  public synchronized List<InsideRun> insideRuns() {
    return List.copyOf(insideRuns);
  }

  /** Takes a task away as if its shim had been killed: how it ended is lost. */
  public void lose(String id) {
    List<CompletableFuture<ExitStatus>> waiting;
    synchronized (this) {
      Task task = tasks.remove(id);
      waiting = task == null ? List.of() : List.copyOf(task.waiting);
    }
    waiting.forEach(future -> future.complete(ExitStatus.unknown(Instant.now())));
  }

  /** Makes running programs ignore a signal from now on; SIGKILL cannot be ignored. */
  public synchronized void ignoreSignal(int signal) {
    ignoredSignals.add(signal);
  }

  /**
   * Makes the next call of a method fail before it has any effect.
   *
   * @param method its name, such as {@code createTask}
   */
  public synchronized void failNext(String method, TaskException failure) {
    nextFailures.put(method, failure);
  }

  /** Ends or restores the connection; while it is away all calls fail, and tasks go on. */
  public void setConnected(boolean value) {
    List<CompletableFuture<ExitStatus>> waiting = new ArrayList<>();
    synchronized (this) {
      connected = value;
      if (!value) {
        for (Task task : tasks.values()) {
          waiting.addAll(task.waiting);
          task.waiting.clear();
        }
      }
    }
    waiting.forEach(future -> future.completeExceptionally(unavailable()));
  }

  /** Whether somebody waits for the end of a task. */
  public synchronized boolean isAwaited(String id) {
    Task task = tasks.get(id);
    return task != null && !task.waiting.isEmpty();
  }

  /**
   * What was done so far, in order, such as {@code createTask web}; refused calls are not in it.
   */
  public synchronized List<String> effects() {
    return List.copyOf(effects);
  }

  /** What is on record of a container. */
  public synchronized Optional<Container> container(String id) {
    return Optional.ofNullable(containers.get(id));
  }

  /** The start time of a process that lives. */
  public synchronized OptionalLong startTime(int pid) {
    return tasks.values().stream()
        .filter(task -> task.pid == pid && task.exit == null)
        .mapToLong(task -> task.pid * 10L)
        .findFirst();
  }

  @Override
  public synchronized void prepareRoot(String id, RootFilesystem root) {
    enter("prepareRoot");
    if (!layered(root)) {
      return;
    }
    RootFilesystem present = roots.get(id);
    if (present != null && !lower(present).equals(lower(root))) {
      throw refused("ROOT_DIFFERS", id + " has a writable layer over another root");
    }
    if (present == null) {
      roots.put(id, root);
      effects.add("prepareRoot " + id);
    }
  }

  @Override
  public synchronized void createContainer(
      String id, RootFilesystem root, String specJson, SortedMap<String, String> labels) {
    enter("createContainer");
    if (layered(root) && !roots.containsKey(id)) {
      throw refused("ROOT_NOT_PREPARED", id + " has no writable layer");
    }
    refuseIfTask(id);
    containers.put(id, new Container(root, specJson, new TreeMap<>(labels)));
    effects.add("createContainer " + id);
  }

  @Override
  public synchronized int createTask(String id, RootFilesystem root, OutputFiles output) {
    enter("createTask");
    Container container = containers.get(id);
    if (container == null) {
      throw refused("CONTAINER_NOT_FOUND", "no container is on record for " + id);
    }
    refuseIfTask(id);
    lastPid++;
    tasks.put(id, new Task(lastPid, container.specJson));
    effects.add("createTask " + id);
    return lastPid;
  }

  @Override
  public void startTask(String id) {
    OptionalInt end;
    synchronized (this) {
      enter("startTask");
      Task task = tasks.get(id);
      if (task == null) {
        throw TaskException.notFound(
            Problem.internal("TASK_NOT_FOUND", "there is no task of " + id));
      }
      if (task.status != RuntimeTask.Status.CREATED) {
        throw refused("TASK_NOT_CREATED", "the task of " + id + " is " + task.status);
      }
      task.status = RuntimeTask.Status.RUNNING;
      effects.add("startTask " + id);
      end = startedPrograms.start(id, task.specJson);
    }
    end.ifPresent(code -> exit(id, code));
  }

  @Override
  public boolean signalTask(String id, int signal, boolean everyProcess) {
    synchronized (this) {
      enter("signalTask");
      Task task = tasks.get(id);
      if (task == null || task.exit != null) {
        return false;
      }
      effects.add("signalTask " + id + " " + signal);
      boolean obeyed =
          signal == SIGKILL
              || (task.status == RuntimeTask.Status.RUNNING && !ignoredSignals.contains(signal));
      if (!obeyed) {
        return true;
      }
    }
    exit(id, 128 + signal);
    return true;
  }

  @Override
  public synchronized Optional<RuntimeTask> task(String id) {
    enter("task");
    return Optional.ofNullable(tasks.get(id))
        .map(task -> new RuntimeTask(task.status, task.pid, Optional.ofNullable(task.exit)));
  }

  @Override
  public synchronized SortedMap<String, RuntimeTask> tasks() {
    enter("tasks");
    SortedMap<String, RuntimeTask> all = new TreeMap<>();
    tasks.forEach(
        (id, task) ->
            all.put(id, new RuntimeTask(task.status, task.pid, Optional.ofNullable(task.exit))));
    return all;
  }

  @Override
  public synchronized void updateResources(String id, String specJson) {
    enter("updateResources");
    Container container = containers.get(id);
    if (container == null) {
      throw refused("CONTAINER_NOT_FOUND", "no container is on record for " + id);
    }
    Task task = tasks.get(id);
    if (task != null && task.exit == null) {
      Matcher limit = MEMORY_LIMIT.matcher(specJson);
      if (limit.find() && Long.parseLong(limit.group(1)) < task.memoryInUse) {
        throw TaskException.refused(
            Problem.user("MEMORY_IN_USE", id + " uses " + task.memoryInUse + " bytes"));
      }
      task.specJson = specJson;
    }
    containers.put(id, new Container(container.root, specJson, container.labels));
    effects.add("updateResources " + id);
  }

  @Override
  public synchronized CompletableFuture<ExitStatus> awaitExit(String id) {
    if (!connected) {
      return CompletableFuture.failedFuture(unavailable());
    }
    Task task = tasks.get(id);
    if (task == null) {
      return CompletableFuture.completedFuture(ExitStatus.unknown(Instant.now()));
    }
    if (task.exit != null) {
      return CompletableFuture.completedFuture(task.exit);
    }
    CompletableFuture<ExitStatus> future = new CompletableFuture<>();
    task.waiting.add(future);
    return future;
  }

  @Override
  public CompletableFuture<OptionalInt> runInside(String id, List<String> args, Duration limit) {
    InsidePrograms programs;
    InsideRun run = new InsideRun(id, List.copyOf(args), limit);
    CompletableFuture<OptionalInt> result = new CompletableFuture<>();
    synchronized (this) {
      try {
        enter("runInside");
      } catch (TaskException e) {
        return CompletableFuture.failedFuture(e);
      }
      Task task = tasks.get(id);
      if (task == null || task.status != RuntimeTask.Status.RUNNING) {
        return CompletableFuture.failedFuture(
            TaskException.refused(Problem.user("TASK_NOT_RUNNING", id + " does not run")));
      }
      insideRuns.add(run);
      task.inside.add(result);
      programs = insidePrograms;
    }
    var unused =
        programs
            .run(run)
            .whenComplete(
                (code, failure) -> {
                  if (failure == null) {
                    result.complete(code);
                  } else {
                    result.completeExceptionally(failure);
                  }
                });
    return result;
  }

  @Override
  public synchronized void deleteTask(String id) {
    enter("deleteTask");
    Task task = tasks.get(id);
    if (task == null) {
      return;
    }
    if (task.status != RuntimeTask.Status.STOPPED) {
      throw refused("TASK_NOT_STOPPED", "the task of " + id + " is " + task.status);
    }
    tasks.remove(id);
    effects.add("deleteTask " + id);
  }

  /** It is one process, so nothing of it stays when it ends. */
  @Override
  public synchronized List<String> endStrays(SortedSet<String> alive) {
    enter("endStrays");
    return List.of();
  }

  @Override
  public synchronized void deleteContainer(String id) {
    enter("deleteContainer");
    refuseIfTask(id);
    if (containers.remove(id) != null) {
      effects.add("deleteContainer " + id);
    }
  }

  @Override
  public synchronized void removeRoot(String id) {
    enter("removeRoot");
    if (containers.containsKey(id)) {
      throw refused("ROOT_IN_USE", id + " is on record");
    }
    if (roots.remove(id) != null) {
      effects.add("removeRoot " + id);
    }
  }

  @Override
  public synchronized List<String> containers() {
    enter("containers");
    return List.copyOf(containers.keySet());
  }

  @Override
  public synchronized List<String> containersBesides(SortedSet<String> known) {
    enter("containers");
    return containers.keySet().stream().filter(id -> !known.contains(id)).toList();
  }

  @Override
  public synchronized List<String> roots() {
    enter("roots");
    return List.copyOf(roots.keySet());
  }

  private void end(String id, ExitStatus exit) {
    List<CompletableFuture<ExitStatus>> waiting;
    List<CompletableFuture<OptionalInt>> inside;
    synchronized (this) {
      Task task = tasks.get(id);
      if (task == null || task.exit != null) {
        throw new IllegalStateException(id + " has no process that could end");
      }
      task.status = RuntimeTask.Status.STOPPED;
      task.exit = exit;
      waiting = List.copyOf(task.waiting);
      task.waiting.clear();
      inside = List.copyOf(task.inside);
    }
    // Those that have ended already stay as they are.
    inside.forEach(future -> future.complete(OptionalInt.of(128 + SIGKILL)));
    waiting.forEach(future -> future.complete(exit));
  }

  private void enter(String method) {
    if (!connected) {
      throw unavailable();
    }
    TaskException failure = nextFailures.remove(method);
    if (failure != null) {
      throw failure;
    }
  }

  private static boolean layered(RootFilesystem root) {
    return root instanceof RootFilesystem.Layers
        || root instanceof RootFilesystem.LayeredDirectory
        || root instanceof RootFilesystem.Limited;
  }

  /** What the writable layer itself depends on: layers are a part of it, a directory is not. */
  private static String lower(RootFilesystem root) {
    RootFilesystem below = root instanceof RootFilesystem.Limited limited ? limited.below() : root;
    return below instanceof RootFilesystem.Layers layers ? layers.chainId() : "";
  }

  private void refuseIfTask(String id) {
    if (tasks.containsKey(id)) {
      throw refused("TASK_EXISTS", "there is a task of " + id);
    }
  }

  private static TaskException refused(String code, String message) {
    return TaskException.refused(Problem.internal(code, message));
  }

  private static TaskException unavailable() {
    return TaskException.failed(
        Problem.host("CONTAINERD_UNAVAILABLE", "containerd does not answer"));
  }
}
