package org.lfedge.eve.tasks.core.containerd;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.port.InsideProcess;
import org.lfedge.eve.tasks.core.port.InsideProgram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs programs in running tasks to their end, without their streams. No thread waits for one.
 *
 * <p>containerd cannot list the processes that it has in a task, so their ids are few and used
 * again: the first free number. What a killed daemon has left under a number goes when the next one
 * uses it, and otherwise with the task.
 */
final class ContainerdExec {

  private static final Logger LOG = LoggerFactory.getLogger(ContainerdExec.class);

  /** After the limit, for the kill to show. */
  private static final Duration KILL_GRACE = Duration.ofSeconds(5);

  private final ExecCalls calls;
  private final Map<String, SortedSet<Integer>> taken = new HashMap<>();

  ContainerdExec(ContainerdClient client) {
    calls = new ExecCalls(client);
  }

  /** See {@link org.lfedge.eve.tasks.core.port.ContainerRuntime#runInside}. */
  CompletableFuture<OptionalInt> run(String id, List<String> args, Duration limit) {
    int number = take(id);
    InsideProcess key = new InsideProcess(id, "inside-" + number);
    CompletableFuture<Boolean> expired =
        new CompletableFuture<Boolean>()
            .completeOnTimeout(true, limit.toNanos(), TimeUnit.NANOSECONDS);
    CompletableFuture<OptionalInt> result = new CompletableFuture<>();
    var unused =
        toEnd(key, args, expired)
            .whenComplete(
                (code, failure) -> {
                  boolean inTime = expired.complete(false);
                  var unusedRemoval =
                      logged(key, calls.delete(key))
                          .thenRun(
                              () -> {
                                release(id, number);
                                if (failure != null) {
                                  result.completeExceptionally(ExecCalls.cause(failure));
                                } else {
                                  result.complete(
                                      inTime ? OptionalInt.of(code) : OptionalInt.empty());
                                }
                              });
                });
    return result.completeOnTimeout(
        OptionalInt.empty(), limit.plus(KILL_GRACE).toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Starts a program, kills it when it has expired, and gives its exit code. */
  private CompletableFuture<Integer> toEnd(
      InsideProcess key, List<String> args, CompletableFuture<Boolean> expired) {
    return calls
        .anchor(key.task())
        .thenCompose(
            anchor ->
                calls.add(
                    key,
                    ContainerdProcesses.process(anchor, InsideProgram.of(args)),
                    ExecCalls.Streams.NONE))
        .thenCompose(added -> calls.start(key, args.get(0)))
        .thenCompose(
            pid -> {
              var unused =
                  expired.thenAccept(
                      yes -> {
                        if (yes) {
                          var unusedKill = logged(key, calls.killSession(key, pid));
                        }
                      });
              return calls.exit(key);
            });
  }

  /** Completes in any case: what fails here is made good by the next run or the task's end. */
  private static CompletableFuture<Void> logged(InsideProcess key, CompletableFuture<Void> work) {
    return work.exceptionally(
        failure -> {
          LOG.warn("task {}: {}", key.task(), ExecCalls.cause(failure).getMessage());
          return null;
        });
  }

  private int take(String id) {
    synchronized (taken) {
      SortedSet<Integer> numbers = taken.computeIfAbsent(id, none -> new TreeSet<>());
      int number = 0;
      while (!numbers.add(number)) {
        number++;
      }
      return number;
    }
  }

  private void release(String id, int number) {
    synchronized (taken) {
      SortedSet<Integer> numbers = taken.get(id);
      if (numbers != null && numbers.remove(number) && numbers.isEmpty()) {
        taken.remove(id);
      }
    }
  }
}
