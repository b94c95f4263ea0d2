package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck.Probe;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.NetworkProbes;
import org.lfedge.eve.tasks.core.port.ProbeResult;

/**
 * Tries again and again whether a running task does its work. Used on the queue of the task alone,
 * but for {@link #health}. A new daemon begins afresh: what is not tried is not known.
 */
public final class HealthWatch {

  private final String task;
  private final ContainerRuntime runtime;
  private final NetworkProbes probes;
  private final Turns turns;
  private final Verdicts verdicts;
  private volatile Health health = new Health(Status.STARTING, 0, Optional.empty());

  /** When failed tries begin to count, by a clock that nobody sets. */
  private long counts;

  private boolean over;

  /** What is known of a task's health. */
  public enum Status {
    STARTING,
    HEALTHY,
    UNHEALTHY
  }

  /**
   * What is known of a task's health.
   *
   * @param failures tries that failed in a row, those during the start period aside
   * @param reason why the last try failed, if it did
   */
  public record Health(Status status, int failures, Optional<String> reason) {}

  /** Who is told of changes. */
  interface Verdicts {

    void healthy();

    void unhealthy(String why);
  }

  HealthWatch(
      String task, ContainerRuntime runtime, NetworkProbes probes, Turns turns, Verdicts verdicts) {
    this.task = task;
    this.runtime = runtime;
    this.probes = probes;
    this.turns = turns;
    this.verdicts = verdicts;
  }

  Health health() {
    return health;
  }

  /**
   * Begins to try.
   *
   * @param startedAt when the anchor was started
   */
  void begin(HealthCheck check, Instant startedAt) {
    Duration ran = Duration.between(startedAt, turns.now());
    Duration left = ran.isNegative() ? check.start() : check.start().minus(ran);
    counts = System.nanoTime() + left.toNanos();
    // The first try at once: what works already should be known to work.
    probe(check);
  }

  /** Tries no more. */
  void end() {
    over = true;
  }

  private void probe(HealthCheck check) {
    if (over) {
      return;
    }
    var unused =
        attempt(check)
            .exceptionally(failure -> ProbeResult.failed(cause(failure)))
            .thenAccept(result -> turns.soon(() -> judge(check, result)));
  }

  private CompletableFuture<ProbeResult> attempt(HealthCheck check) {
    try {
      if (check.probe() instanceof Probe.Http http) {
        return probes.http(task, http.url(), check.timeout());
      }
      if (check.probe() instanceof Probe.Tcp tcp) {
        return probes.tcp(task, tcp.port(), check.timeout());
      }
      Probe.Exec exec = (Probe.Exec) check.probe();
      return runtime
          .runInside(task, exec.args(), check.timeout())
          .thenApply(code -> result(exec, code));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static ProbeResult result(Probe.Exec exec, OptionalInt code) {
    String program = exec.args().get(0);
    if (code.isEmpty()) {
      return ProbeResult.failed(program + " took longer than its timeout");
    }
    return code.getAsInt() == 0
        ? ProbeResult.PASSED
        : ProbeResult.failed(program + " exited with code " + code.getAsInt());
  }

  private void judge(HealthCheck check, ProbeResult result) {
    if (over) {
      return;
    }
    if (result.passed()) {
      boolean changed = health.status() != Status.HEALTHY;
      health = new Health(Status.HEALTHY, 0, Optional.empty());
      if (changed) {
        verdicts.healthy();
      }
    } else {
      boolean counted = health.status() == Status.HEALTHY || System.nanoTime() - counts >= 0;
      int failures = counted ? health.failures() + 1 : 0;
      boolean unhealthy = failures >= check.retries();
      health =
          new Health(
              unhealthy ? Status.UNHEALTHY : health.status(),
              failures,
              Optional.of(result.reason()));
      if (unhealthy) {
        over = true;
        verdicts.unhealthy(result.reason());
        return;
      }
    }
    var unused = turns.after(check.interval(), () -> probe(check));
  }

  private static String cause(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }
}
