package org.lfedge.eve.tasks.spi;

import java.util.List;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * Turns the config of a task into a {@link Seed}: all of the OCI runtime spec that depends on the
 * kind of workload.
 *
 * <p>An executor is a pure function. It opens no file, starts no process or thread, reads no clock
 * and no random source, and keeps no state: what it must know of the host it asks for with {@link
 * #facts}, and the core looks it up. The same executor therefore runs in the daemon's JVM and in a
 * sandbox.
 *
 * <p>Implementations have a public constructor without parameters and are named in {@code
 * META-INF/services/org.lfedge.eve.tasks.spi.Executor}. They may be called by several threads at
 * once.
 */
public interface Executor {

  /** Who this executor is and which options it takes. Always the same answer; never throws. */
  ExecutorInfo info();

  /**
   * Names what the core must look up before {@link #seed} can be called. Called again with the
   * answers until nothing new is asked for, at most {@value #MAX_FACT_ROUNDS} times.
   *
   * @param task the task to seed
   * @param known the answers so far, in the order of the questions
   * @return all questions, those already answered included or not
   * @throws SeedException if the task cannot be seeded, whatever the host says
   */
  default List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    return List.of();
  }

  /**
   * Makes the seed of a task. Called once when a task is created; the seed is stored and every
   * later start uses it.
   *
   * @throws SeedException if the task cannot be seeded; the message is shown to the user
   */
  Seed seed(SeedRequest request) throws SeedException;

  /**
   * The version of this contract, by semantic versioning. A plugin states the range that it was
   * built for in its manifest, as {@code Plugin-Requires: >=1.0.0 & <2.0.0}.
   */
  String SPI_VERSION = "1.1.0";

  /** How often {@link #facts} may ask for something new before the task is refused. */
  int MAX_FACT_ROUNDS = 3;
}
