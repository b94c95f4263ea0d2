package org.lfedge.eve.tasks.core.port;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Tries whether a task answers on its network, from inside of its network namespace. No call waits,
 * and none changes anything.
 *
 * <p>Futures complete exceptionally, with a {@link org.lfedge.eve.tasks.core.error.TaskException}
 * PROBE_IMPOSSIBLE, only if the node cannot probe at all, which says nothing of the task.
 */
public interface NetworkProbes {

  /**
   * A GET, which passes with a status below 400. Redirects are not followed, certificates are not
   * checked, and no proxy is used.
   *
   * @param url http or https
   * @param timeout for all of it, the body included
   */
  CompletableFuture<ProbeResult> http(String task, String url, Duration timeout);

  /** A connection to a port of the loopback, over IPv4 or, if nothing listens there, IPv6. */
  CompletableFuture<ProbeResult> tcp(String task, int port, Duration timeout);
}
