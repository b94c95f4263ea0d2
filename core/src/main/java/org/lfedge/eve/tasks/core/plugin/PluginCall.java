package org.lfedge.eve.tasks.core.plugin;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.spi.SeedException;

/**
 * One call of a plugin's code, on a thread of its own that is left to itself when the code does not
 * come back in time. A thread for each call, since what a plugin leaves in its thread, such as
 * thread locals, would keep its classes loaded as long as the thread lives.
 */
final class PluginCall<T> {

  private final Code<T> code;
  private final Runnable cameBack;
  private @Nullable T value;
  private @Nullable Exception thrown;
  private boolean ended;
  private boolean abandoned;

  /** What is run. */
  interface Code<T> {
    T run() throws SeedException, PluginFailure;
  }

  private PluginCall(Code<T> code, Runnable cameBack) {
    this.code = code;
    this.cameBack = cameBack;
  }

  /**
   * Runs code of a plugin.
   *
   * @param name of the thread
   * @param loader the class loader that the thread has as its context
   * @param deadline after which the code is given up
   * @param cameBack run if the code ends after all when it was given up, on its thread
   * @throws SeedException if the plugin refuses; a copy, without a cause
   * @throws PluginFailure if it throws anything else
   * @throws PluginRejection as it is
   * @throws TimeoutException if the code was given up; the thread was interrupted once
   * @throws InterruptedException if the caller was interrupted; the code was given up
   */
  static <T> T run(
      String name, ClassLoader loader, Duration deadline, Runnable cameBack, Code<T> code)
      throws SeedException, PluginFailure, TimeoutException, InterruptedException {
    PluginCall<T> call = new PluginCall<>(code, cameBack);
    Thread thread = new Thread(null, call::run, name, 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(loader);
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      throw PluginFailure.of(e);
    }
    boolean inTime = false;
    try {
      inTime = call.await(deadline);
    } finally {
      if (!inTime) {
        thread.interrupt();
      }
    }
    if (!inTime) {
      throw new TimeoutException();
    }
    return call.result();
  }

  private void run() {
    T result = null;
    Exception failure = null;
    try {
      result = code.run();
    } catch (SeedException refusal) {
      failure = copy(refusal);
    } catch (PluginFailure | PluginRejection own) {
      failure = own;
    } catch (Throwable other) {
      failure = describe(other);
    }
    end(result, failure);
  }

  private static SeedException copy(SeedException refusal) {
    SeedException copy =
        new SeedException(
            PluginRejection.shortened(refusal.code()),
            PluginRejection.shortened(refusal.path()),
            PluginRejection.shortened(String.valueOf(refusal.getMessage())));
    copy.setStackTrace(refusal.getStackTrace());
    return copy;
  }

  /** A plugin's exception may throw again when it is asked, and there may be no memory. */
  private static PluginFailure describe(Throwable thrown) {
    try {
      return PluginFailure.of(thrown);
    } catch (Throwable again) {
      return new PluginFailure("EXECUTOR_FAILED", thrown.getClass().getName());
    }
  }

  private void end(@Nullable T result, @Nullable Exception failure) {
    boolean late;
    synchronized (this) {
      value = result;
      thrown = failure;
      ended = true;
      late = abandoned;
      notifyAll();
    }
    if (late) {
      cameBack.run();
    }
  }

  /** Returns false, and gives the code up, if it has not ended in time. */
  private synchronized boolean await(Duration deadline) throws InterruptedException {
    long end = System.nanoTime() + deadline.toNanos();
    try {
      for (long left = deadline.toMillis(); left > 0 && !ended; ) {
        wait(left);
        left = Duration.ofNanos(end - System.nanoTime()).toMillis();
      }
    } finally {
      abandoned = !ended;
    }
    return ended;
  }

  private synchronized T result() throws SeedException, PluginFailure {
    if (thrown instanceof SeedException refusal) {
      throw refusal;
    }
    if (thrown instanceof PluginFailure failure) {
      throw failure;
    }
    if (thrown instanceof PluginRejection rejection) {
      throw rejection;
    }
    T result = value;
    if (result == null) {
      throw new PluginFailure("EXECUTOR_FAILED", "it gave null");
    }
    return result;
  }
}
