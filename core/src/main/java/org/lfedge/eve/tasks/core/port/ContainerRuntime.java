package org.lfedge.eve.tasks.core.port;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
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
  void prepareRoot(String id, RootFilesystem root);

  /**
   * Records a container; its root must have been prepared. Replaces the spec and the labels of a
   * container that is recorded already and has no task.
   *
   * @param specJson the OCI runtime spec
   */
  void createContainer(
      String id, RootFilesystem root, String specJson, SortedMap<String, String> labels);

  /**
   * Makes the anchor's process; its program does not run yet.
   *
   * @param output where its streams go; both files exist
   * @return its PID in the node's PID namespace
   */
  int createTask(String id, RootFilesystem root, OutputFiles output);

  /** Lets the program of a created task run. */
  void startTask(String id);

  /**
   * Sends a signal.
   *
   * @param signal its number
   * @param everyProcess to all processes of the task's cgroup rather than the anchor alone
   * @return whether there was a process to send it to
   */
  boolean signalTask(String id, int signal, boolean everyProcess);

  /** The task of a container, if it has one. */
  Optional<RuntimeTask> task(String id);

  /**
   * Completes when the task's process ends, at once if it has ended; with an unknown status if the
   * runtime lost it. Completes exceptionally if the connection to the runtime breaks.
   */
  CompletableFuture<ExitStatus> awaitExit(String id);

  /** Removes a task whose process has ended, and its shim. */
  void deleteTask(String id);

  /** Removes the record of a container that has no task. */
  void deleteContainer(String id);

  /** Removes the writable layer of a container whose record is gone. */
  void removeRoot(String id);

  /** The ids of all containers on record. */
  List<String> containers();

  /** The ids of all containers for which a writable layer exists. */
  List<String> roots();
}
