package org.lfedge.eve.tasks.core.containerd;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the private containerd again when it ends while this program runs. The end of the
 * connection tells: nothing is polled, and it does not matter who started that containerd. One that
 * keeps ending is started less and less often.
 */
public final class ContainerdSupervision implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ContainerdSupervision.class);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** After running for so long, its next end is taken for the first one. */
  private static final Duration STEADY = Duration.ofMinutes(1);

  private final PrivateContainerd containerd;
  private final ContainerdClient client;
  private final ScheduledThreadPoolExecutor thread;

  // Guarded by this.
  private boolean waiting;
  private long lastStart;
  private Duration pause = Duration.ZERO;

  /**
   * Watches over a containerd that runs.
   *
   * @param client connected to it; to be closed after this
   */
  public ContainerdSupervision(PrivateContainerd containerd, ContainerdClient client) {
    this.containerd = containerd;
    this.client = client;
    lastStart = System.nanoTime() - STEADY.toNanos();
    thread = new ScheduledThreadPoolExecutor(1, ContainerdSupervision::daemonThread);
    thread.setKeepAliveTime(10, TimeUnit.SECONDS);
    thread.allowCoreThreadTimeOut(true);
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    client.onBroken(this::broken);
  }

  private static Thread daemonThread(Runnable work) {
    Thread made = new Thread(work, "containerd-supervision");
    made.setDaemon(true);
    return made;
  }

  private synchronized void broken() {
    if (waiting || thread.isShutdown()) {
      return;
    }
    waiting = true;
    if (System.nanoTime() - lastStart >= STEADY.toNanos()) {
      pause = Duration.ZERO;
    }
    var unused = thread.schedule(this::start, pause.toMillis(), TimeUnit.MILLISECONDS);
    pause = longer(pause);
  }

  private static Duration longer(Duration pause) {
    Duration doubled = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
    return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
  }

  /** Adopts it if only the connection was lost. */
  private void start() {
    boolean runs = false;
    try {
      containerd.start();
      runs = true;
    } catch (TaskException e) {
      LOG.error("containerd has ended: {}", e.first());
    }
    synchronized (this) {
      waiting = false;
      lastStart = System.nanoTime();
    }
    if (runs) {
      client.reconnect();
    } else {
      broken();
    }
  }

  /** Leaves containerd alone from now on. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
