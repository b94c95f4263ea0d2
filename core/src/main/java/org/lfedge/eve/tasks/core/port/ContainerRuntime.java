package org.lfedge.eve.tasks.core.port;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;

/**
 * What runs tasks: a container is a record with a spec and a root file system, and while it runs it
 * has a task with a process. Each method is one effect; none does two.
 */
public interface ContainerRuntime {

  /**
   * Makes the root file system of a container: its own writable layer where the root has one,
   * nothing for a writable directory or the host. Succeeds if it is there already.
   */
  @Effect
  void prepareRoot(String id, RootFilesystem root);

  /**
   * Records a container; its root must have been prepared. Replaces the spec and the labels of a
   * container that is recorded already and has no task.
   *
   * @param specJson the OCI runtime spec
   */
  @Effect
  void createContainer(
      String id, RootFilesystem root, String specJson, SortedMap<String, String> labels);

  /**
   * Makes the anchor's process; its program does not run yet.
   *
   * @param output where its streams go; both files exist
   * @return its PID in the node's PID namespace
   */
  @Effect
  int createTask(String id, RootFilesystem root, OutputFiles output);

  /** Lets the program of a created task run. */
  @Effect
  void startTask(String id);

  /**
   * Sends a signal.
   *
   * @param signal its number
   * @param everyProcess to all processes of the task's cgroup rather than the anchor alone
   * @return whether there was a process to send it to
   */
  @Effect
  boolean signalTask(String id, int signal, boolean everyProcess);

  /** The task of a container, if it has one. */
  Optional<RuntimeTask> task(String id);

  /**
   * All tasks by the id of their container, for many at once: one call, however many there are. A
   * task whose shim does not answer may be missing; {@link #task} tells of it.
   */
  SortedMap<String, RuntimeTask> tasks();

  /**
   * Changes the limits of a container: the spec on record, and if a task of it is created or runs,
   * the limits of memory, CPU and PIDs and the set of CPUs of its cgroup, at once. Its processes go
   * on. The live cgroup is free to use all CPUs if the spec names none; any other limit that the
   * spec leaves out stays as it was.
   *
   * <p>Either all of it is changed or nothing. A crash half way may leave the cgroup changed and
   * the record not; done again, it succeeds.
   *
   * @param specJson the new OCI runtime spec; of a task that lives it may differ in those limits
   *     alone
   * @throws org.lfedge.eve.tasks.core.error.TaskException refused with MEMORY_IN_USE if the task
   *     uses more than the new memory limit and cannot give it back
   */
  @Effect
  void updateResources(String id, String specJson);

  /**
   * Completes when the task's process ends, at once if it has ended; with an unknown status if the
   * runtime lost it. Completes exceptionally if the connection to the runtime breaks.
   */
  CompletableFuture<ExitStatus> awaitExit(String id);

  /**
   * Runs a program as a further process of a running task, with the user, environment, working
   * directory and capabilities of the anchor, and without its streams. The call does not wait.
   *
   * <p>Nothing of it stays behind. If this program dies meanwhile, the next run in the same task
   * removes what is left; the end of the task ends and removes it in any case.
   *
   * @param args the program, looked up in the task's root, and its arguments
   * @param limit after which it and what it has started are killed
   * @return its exit code, 128 and the number of the signal that ended it, or empty if it took
   *     longer than the limit; completes exceptionally with a {@link
   *     org.lfedge.eve.tasks.core.error.TaskException} TASK_NOT_RUNNING, or EXECUTABLE_NOT_FOUND
   *     and the like if it cannot be started
   */
  @Effect
  CompletableFuture<OptionalInt> runInside(String id, List<String> args, Duration limit);

  /** Removes a task whose process has ended, and its shim. */
  @Effect
  void deleteTask(String id);

  /**
   * Ends the processes with which the runtime watched over tasks that it has no more, as a call
   * leaves them that was cut off by the end of this program. To be called when nothing is under
   * way.
   *
   * @param alive ids of tasks that are known to be there, and need not be looked at
   * @return the ids of what they were for
   */
  @Effect
  List<String> endStrays(SortedSet<String> alive);

  /** Removes the record of a container that has no task. */
  @Effect
  void deleteContainer(String id);

  /** Removes the writable layer of a container whose record is gone. */
  @Effect
  void removeRoot(String id);

  /** The ids of all containers on record. */
  List<String> containers();

  /** The ids of all containers on record but those; a runtime need not look at those at all. */
  List<String> containersBesides(SortedSet<String> known);

  /** The ids of all containers for which a writable layer exists. */
  List<String> roots();
}
