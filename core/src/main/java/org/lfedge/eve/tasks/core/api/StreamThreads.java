package org.lfedge.eve.tasks.core.api;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads for what takes longer than the threads of calls may be kept. */
final class StreamThreads {

  private StreamThreads() {}

  /** One thread, which is there while it is needed; after the end of it, work is dropped. */
  static ScheduledThreadPoolExecutor one(String name) {
    ScheduledThreadPoolExecutor thread =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread result = new Thread(work, name);
              result.setDaemon(true);
              return result;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    thread.setKeepAliveTime(10, TimeUnit.SECONDS);
    thread.allowCoreThreadTimeOut(true);
    thread.setRemoveOnCancelPolicy(true);
    return thread;
  }

  /** A few threads, which are there while they are needed. */
  static ThreadPoolExecutor few(String name, int most) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            most,
            most,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread result = new Thread(work, name);
              result.setDaemon(true);
              return result;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }
}
