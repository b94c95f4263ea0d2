package org.lfedge.eve.tasks.core.lifecycle;

import java.time.Duration;
import java.util.List;

/**
 * How it is found out whether a running task does its work.
 *
 * @param probe what is tried
 * @param interval from the end of one try to the next
 * @param timeout after which a try counts as failed
 * @param retries how many tries in a row must fail for the task to be unhealthy, at least 1
 * @param start after the start of the anchor, during which failed tries do not count
 */
public record HealthCheck(
    Probe probe, Duration interval, Duration timeout, int retries, Duration start) {

  /** What is tried. */
  public sealed interface Probe {

    /** A program inside the task, which must exit with code 0. */
    record Exec(List<String> args) implements Probe {

      /** Keeps a copy. */
      public Exec {
        args = List.copyOf(args);
      }
    }

    /** A GET from inside the task's network namespace, to be answered with a status below 400. */
    record Http(String url) implements Probe {}

    /** A connection to a port of the loopback of the task's network namespace. */
    record Tcp(int port) implements Probe {}
  }
}
