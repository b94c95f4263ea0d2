package org.lfedge.eve.tasks.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Several clients that share a piece of work. */
final class Clients {

  /** How many; on few CPUs more of them only wait for each other. */
  static final int COUNT = 8;

  private Clients() {}

  /** What is to be done with each name. */
  interface Job {
    void run(String name) throws Exception;
  }

  /**
   * Does it with each name.
   *
   * @return how long it took, in nanoseconds
   * @throws ExecutionException if one of them fails; the others are then given up
   */
  static long each(List<String> names, Job job) throws ExecutionException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(COUNT);
    try {
      long start = System.nanoTime();
      List<Future<?>> jobs = new ArrayList<>();
      for (String name : names) {
        jobs.add(
            threads.submit(
                () -> {
                  job.run(name);
                  return null;
                }));
      }
      for (Future<?> one : jobs) {
        one.get();
      }
      return System.nanoTime() - start;
    } finally {
      threads.shutdownNow();
    }
  }
}
