package org.lfedge.eve.tasks.core.metrics;

import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.ObservedTax;
import org.lfedge.eve.tasks.core.port.TaskMetrics;

/**
 * Serves metrics to Prometheus over HTTP, at {@code /metrics}. It has no authentication: whoever
 * reaches the address reads them. Nothing is collected but for a scrape, one at a time.
 */
public final class PrometheusEndpoint implements AutoCloseable {

  private static final int WAITING_SCRAPES = 8;

  private final HTTPServer server;
  private final ThreadPoolExecutor thread;

  private PrometheusEndpoint(HTTPServer server, ThreadPoolExecutor thread) {
    this.server = server;
    this.thread = thread;
  }

  /**
   * Where what is served comes from.
   *
   * @param tasks all tasks as they are
   * @param metrics what they use
   * @param tax what their anchors were seen to take
   * @param events what happened to them
   */
  public record Sources(
      Supplier<List<TaskView>> tasks, TaskMetrics metrics, ObservedTax tax, EventLog events) {}

  /**
   * Serves from now on.
   *
   * @param listen port 0 for any that is free
   * @throws TaskException METRICS_NOT_SERVED if the address cannot be used
   */
  public static PrometheusEndpoint start(InetSocketAddress listen, Sources sources) {
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(new TaskCollector(sources));
    ThreadPoolExecutor thread =
        new ThreadPoolExecutor(
            1,
            1,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING_SCRAPES),
            work -> {
              Thread result = new Thread(work, "metrics");
              result.setDaemon(true);
              return result;
            });
    thread.allowCoreThreadTimeOut(true);
    try {
      HTTPServer server =
          HTTPServer.builder()
              .inetAddress(listen.getAddress())
              .port(listen.getPort())
              .registry(registry)
              .executorService(thread)
              .buildAndStart();
      return new PrometheusEndpoint(server, thread);
    } catch (IOException e) {
      thread.shutdownNow();
      throw TaskException.failed(
          Problem.host(
              "METRICS_NOT_SERVED",
              "cannot serve metrics at "
                  + listen
                  + ": "
                  + e.getMessage()
                  + "; change metrics.listen in the config, or leave it out"),
          e);
    }
  }

  /** The port that it serves at. */
  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    server.close();
    thread.shutdownNow();
  }
}
