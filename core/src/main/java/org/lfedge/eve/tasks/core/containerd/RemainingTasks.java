package org.lfedge.eve.tasks.core.containerd;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.lfedge.eve.tasks.core.containerd.api.namespaces.ListNamespacesRequest;
import org.lfedge.eve.tasks.core.containerd.api.namespaces.Namespace;
import org.lfedge.eve.tasks.core.containerd.api.namespaces.NamespacesGrpc;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Ends every task of a containerd that is about to be stopped, whoever made it. */
final class RemainingTasks {

  private static final int SIGKILL = 9;
  private static final long DEADLINE_SECONDS = 30;

  private RemainingTasks() {}

  static void remove(Path socket) {
    for (String namespace : namespaces(socket)) {
      try (ContainerdClient client = ContainerdClient.connect(socket, namespace)) {
        ContainerdRuntime runtime = new ContainerdRuntime(client);
        runtime.containers().forEach(id -> remove(runtime, id));
      }
    }
  }

  private static List<String> namespaces(Path socket) {
    try (ContainerdClient client = ContainerdClient.connect(socket, "default")) {
      return client
          .call(
              "list containerd's namespaces",
              () ->
                  client
                      .quick(NamespacesGrpc::newBlockingStub)
                      .list(ListNamespacesRequest.getDefaultInstance()))
          .getNamespacesList()
          .stream()
          .map(Namespace::getName)
          .sorted()
          .toList();
    }
  }

  private static void remove(ContainerdRuntime runtime, String id) {
    if (runtime.task(id).isEmpty()) {
      return;
    }
    runtime.signalTask(id, SIGKILL, true);
    try {
      runtime.awaitExit(id).get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw TaskException.failed(
          Problem.host("TASK_NOT_KILLED", "the task of " + id + " cannot be killed: " + e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    runtime.deleteTask(id);
  }
}
