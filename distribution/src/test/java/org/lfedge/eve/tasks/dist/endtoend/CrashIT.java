package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.dist.Ports;
import org.lfedge.eve.tasks.dist.endtoend.FailpointFile.Failpoint;

/**
 * Kills the daemon before and after every effect of what it does, and while a helper of it runs.
 * The places are found by doing it once without a kill, so a new effect is among them by itself.
 *
 * <p>{@code -Dfailpoints=.*}, as {@code ./verify --full} has it, takes every place whose name, such
 * as {@code stop, TaskStore.save:after 2}, the pattern matches; without it, it is some of them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrashIT {

  private static final String CHOSEN = System.getProperty("failpoints", "");

  /** Of the places that a plain run takes into account, one in so many. */
  private static final int SAMPLE = 256;

  private @Nullable CrashBed bed;

  private CrashBed bed() {
    CrashBed present = bed;
    if (present == null) {
      present = new CrashBed();
      bed = present;
    }
    return present;
  }

  @AfterAll
  void close() {
    if (bed != null) {
      bed.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> aDaemonThatIsKilledAnywhereIsMendedByTheNext() {
    List<DynamicTest> tests = new ArrayList<>();
    SortedSet<String> passed = new TreeSet<>();
    int places = 0;
    int different = 0;
    for (CrashScenario scenario : CrashScenario.all()) {
      List<Failpoint> trace = trace(scenario);
      trace.forEach(failpoint -> passed.add(failpoint.effect()));
      places += trace.size();
      for (Failpoint failpoint : trace) {
        String name = scenario + ", " + failpoint;
        // Before an effect the world is as it was after the one before.
        boolean before = failpoint.point().endsWith(":before");
        if (CHOSEN.isEmpty() ? !before && different++ % SAMPLE == 0 : name.matches(CHOSEN)) {
          tests.add(DynamicTest.dynamicTest(name, () -> killAndCheck(scenario, failpoint)));
        }
      }
    }
    System.out.println("killing the daemon at " + tests.size() + " of " + places + " places");
    tests.add(DynamicTest.dynamicTest("every effect", () -> assertEquals(Ports.effects(), passed)));
    return tests.stream();
  }

  /** Where a scenario passes. */
  private List<Failpoint> trace(CrashScenario scenario) {
    CrashBed bed = bed();
    scenario.prepare().accept(bed);
    bed.failpoints().trace();
    scenario.act().accept(bed);
    List<Failpoint> passed = bed.failpoints().passed();
    bed.failpoints().off();
    assertTrue(passed.size() > 1, scenario + " passes " + passed);
    bed.connect();
    bed.clear();
    bed.awaitEmpty();
    return passed;
  }

  private void killAndCheck(CrashScenario scenario, Failpoint failpoint) {
    CrashBed bed = bed();
    try {
      scenario.prepare().accept(bed);
      killAt(bed, failpoint, () -> scenario.act().accept(bed));
      bed.node().start();
      bed.connect();
      Convergence.await(bed.node(), bed.api());
      scenario.mended().accept(bed);
      scenario.again().accept(bed);
      bed.clear();
      bed.awaitEmpty();
    } catch (RuntimeException | Error e) {
      // The next one shall start from a clean node.
      this.bed = null;
      System.err.println(bed.node().daemonLog());
      System.err.println("killed in " + scenario + ", " + failpoint + ": " + e);
      bed.close();
      throw e;
    }
  }

  /** Has the daemon do something, and kills it when it gets to a place. */
  static void killAt(CrashBed bed, Failpoint failpoint, Runnable act) {
    bed.failpoints().stopAt(failpoint);
    CompletableFuture<Void> acting =
        CompletableFuture.runAsync(act, work -> new Thread(work, "acting").start());
    Programs.await("the daemon to get to " + failpoint, () -> bed.failpoints().isStopped());
    bed.killDaemon();
    try {
      acting.orTimeout(120, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      // It was cut short, as it should be.
    }
  }
}
