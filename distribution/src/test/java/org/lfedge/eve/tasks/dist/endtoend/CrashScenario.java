package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.Task;

/**
 * Something that a daemon does, and during which it may be killed.
 *
 * @param prepare what is there before
 * @param act what it does; comes to no good end if the daemon is killed
 * @param mended checks what the next daemon has made of what was left
 * @param again does what is left to do for the goal, and checks that it is reached
 */
record CrashScenario(
    String name,
    Consumer<CrashBed> prepare,
    Consumer<CrashBed> act,
    Consumer<CrashBed> mended,
    Consumer<CrashBed> again) {

  /** Deaf to SIGTERM, so that only SIGKILL stops it; SIGUSR1 ends it with code 9. */
  private static final String DEAF =
      "[sh, -c, \"trap '' TERM; trap 'exit 9' USR1; while :; do sleep 1000 & wait $!; done\"]";

  /** SIGUSR1 ends it with code 0, of which it tells that it is none. */
  private static final String TELLING =
      "[sh, -c, \"trap 'echo panic > /tmp/run/log; exit 0' USR1;"
          + " while :; do sleep 1000 & wait $!; done\"]";

  private static final String TASK = "crash";

  /** All scenarios. */
  static List<CrashScenario> all() {
    return List.of(
        create(),
        createFromLayout(),
        createThatFails(),
        start(),
        startAgain(),
        stop(),
        delete(),
        deleteByForce(),
        createSurrounded(),
        serve(),
        serveVolume(),
        serveJar(),
        interpret(),
        fetch(),
        purge(),
        apply(),
        app(),
        importImages(),
        pull(),
        exportAndRemove(),
        exit(),
        exitThatIsTold(),
        cleanup(),
        healthCheck(),
        recovery());
  }

  @Override
  public String toString() {
    return name;
  }

  private static CrashScenario create() {
    return new CrashScenario(
        "create",
        bed -> {},
        bed -> make(bed, bed.document(TASK, DEAF, "")),
        bed -> {},
        bed -> runsInTheEnd(bed, bed.document(TASK, DEAF, "")));
  }

  private static CrashScenario createFromLayout() {
    return new CrashScenario(
        "create from a layout",
        bed -> {},
        bed -> make(bed, fresh(bed, DEAF)),
        bed -> assertEquals(bed.api().has(TASK), !bed.images().isEmpty(), "an image of no task"),
        bed -> runsInTheEnd(bed, fresh(bed, DEAF)));
  }

  /** All that was made is removed again. */
  private static CrashScenario createThatFails() {
    return new CrashScenario(
        "create that fails",
        bed -> {},
        CrashScenario::fails,
        bed -> {
          assertFalse(bed.api().has(TASK));
          assertEquals(List.of(), bed.images());
        },
        CrashScenario::fails);
  }

  private static void fails(CrashBed bed) {
    assertThrows(StatusRuntimeException.class, () -> make(bed, fresh(bed, "[no-such-program]")));
  }

  private static String fresh(CrashBed bed, String command) {
    return bed.document(TASK, "{layout: " + bed.freshLayout() + "}", command, "");
  }

  private static void make(CrashBed bed, String document) {
    assertEquals("CREATED", bed.api().create(document).getState());
  }

  private static void runsInTheEnd(CrashBed bed, String document) {
    if (!bed.api().has(TASK)) {
      make(bed, document);
    }
    assertEquals("CREATED", bed.api().task(TASK).getState());
    assertEquals("RUNNING", bed.api().start(TASK).getState());
  }

  private static CrashScenario start() {
    return new CrashScenario(
        "start",
        bed -> make(bed, bed.document(TASK, DEAF, "")),
        bed -> assertEquals("RUNNING", bed.api().start(TASK).getState()),
        bed -> assertTrue(List.of("CREATED", "RUNNING").contains(state(bed))),
        CrashScenario::isStarted);
  }

  private static CrashScenario startAgain() {
    return new CrashScenario(
        "start again",
        bed -> {
          assertEquals("RUNNING", bed.running(TASK, DEAF).getState());
          assertEquals("STOPPED", bed.api().stop(TASK).getState());
        },
        bed -> assertEquals("RUNNING", bed.api().start(TASK).getState()),
        bed -> assertTrue(List.of("STOPPED", "CREATED", "RUNNING").contains(state(bed))),
        CrashScenario::isStarted);
  }

  private static void isStarted(CrashBed bed) {
    if (!state(bed).equals("RUNNING")) {
      assertEquals("RUNNING", bed.api().start(TASK).getState());
    }
  }

  private static CrashScenario stop() {
    return new CrashScenario(
        "stop",
        bed -> assertEquals("RUNNING", bed.running(TASK, DEAF).getState()),
        bed -> assertEquals("STOPPED", bed.api().stop(TASK).getState()),
        bed -> {
          Task task = bed.api().task(TASK);
          boolean unheard = task.getDesired().equals("running");
          assertEquals(unheard ? "RUNNING" : "STOPPED", task.getState());
          assertTrue(unheard || task.getExitCode() == 137, "how it ended: " + task);
        },
        bed -> {
          Task task = bed.api().stop(TASK);
          assertEquals("STOPPED", task.getState());
          assertEquals(137, task.getExitCode());
        });
  }

  private static CrashScenario delete() {
    return new CrashScenario(
        "delete",
        bed -> {
          assertEquals("RUNNING", bed.running(TASK, DEAF).getState());
          assertEquals("STOPPED", bed.api().stop(TASK).getState());
        },
        bed -> bed.api().delete(TASK, false),
        bed -> assertTrue(!bed.api().has(TASK) || state(bed).equals("STOPPED")),
        bed -> isDeleted(bed, false));
  }

  private static CrashScenario deleteByForce() {
    return new CrashScenario(
        "delete by force",
        bed -> assertEquals("RUNNING", bed.running(TASK, DEAF).getState()),
        bed -> bed.api().delete(TASK, true),
        bed ->
            assertTrue(!bed.api().has(TASK) || List.of("RUNNING", "STOPPED").contains(state(bed))),
        bed -> isDeleted(bed, true));
  }

  /**
   * With network interfaces, one of which is the node's, a root with a limit and volumes of several
   * kinds.
   */
  private static CrashScenario createSurrounded() {
    return new CrashScenario(
        "create with surroundings",
        bed -> {},
        CrashScenario::isSurrounded,
        bed -> {},
        bed -> {
          isSurrounded(bed);
          assertEquals("RUNNING", bed.api().start(TASK).getState());
        });
  }

  private static void isSurrounded(CrashBed bed) {
    if (!bed.api().volumes().contains("common")) {
      bed.api().createVolume("common", 4 << 20, bed.node().busyboxRoot() + "/etc");
    }
    if (!bed.api().has(TASK)) {
      make(bed, bed.surrounded(TASK, DEAF));
    }
  }

  /** A task in tools, whose root is mounted, is made and removed. */
  private static CrashScenario serve() {
    return new CrashScenario(
        "serve a root",
        bed -> {},
        bed -> {
          make(bed, bed.served(TASK, DEAF));
          bed.api().delete(TASK, false);
        },
        bed ->
            assertTrue(!bed.api().has(TASK) || List.of("CREATED", "STOPPED").contains(state(bed))),
        bed -> {
          if (!bed.api().has(TASK)) {
            make(bed, bed.served(TASK, DEAF));
          }
          isStarted(bed);
        });
  }

  /** A volume is made of a disk, and is the root of a task. */
  private static CrashScenario serveVolume() {
    return new CrashScenario(
        "serve a volume",
        bed -> {},
        CrashScenario::isServedVolume,
        bed -> {},
        bed -> {
          isServedVolume(bed);
          isStarted(bed);
        });
  }

  private static void isServedVolume(CrashBed bed) {
    if (!bed.api().volumes().contains("vm")) {
      bed.api().createDisk("vm", bed.qcow2(), "qcow2");
    }
    if (!bed.api().has(TASK)) {
      make(bed, bed.servedVolume(TASK, DEAF));
    }
  }

  /** The JAR is looked into as the task is made. */
  private static CrashScenario serveJar() {
    return new CrashScenario(
        "serve a JAR",
        bed -> {},
        bed -> make(bed, bed.servedJar(TASK, DEAF)),
        bed -> {},
        bed -> runsInTheEnd(bed, bed.servedJar(TASK, DEAF)));
  }

  /** The interpreter is registered as the task is started. */
  private static CrashScenario interpret() {
    return new CrashScenario(
        "interpret",
        // Once for each daemon the kernel is asked what it can do.
        bed -> {
          make(bed, bed.interpreted(TASK, DEAF));
          bed.api().delete(TASK, false);
        },
        bed -> {
          make(bed, bed.interpreted(TASK, DEAF));
          assertEquals("RUNNING", bed.api().start(TASK).getState());
        },
        bed ->
            assertTrue(!bed.api().has(TASK) || List.of("CREATED", "RUNNING").contains(state(bed))),
        bed -> {
          if (!bed.api().has(TASK)) {
            make(bed, bed.interpreted(TASK, DEAF));
          }
          isStarted(bed);
        });
  }

  /** A file is fetched for a task, and goes with it. */
  private static CrashScenario fetch() {
    return new CrashScenario(
        "fetch a file",
        bed -> {},
        bed -> {
          make(bed, bed.fetched(TASK, DEAF));
          bed.api().delete(TASK, false);
        },
        bed ->
            assertEquals(
                bed.api().has(TASK) ? 1 : 0,
                Traces.of(bed.node()).getOrDefault("fetched files", List.of()).size(),
                "a file of no task"),
        bed -> {
          if (!bed.api().has(TASK)) {
            make(bed, bed.fetched(TASK, DEAF));
          }
          isStarted(bed);
        });
  }

  private static CrashScenario purge() {
    return new CrashScenario(
        "purge",
        CrashScenario::isSurrounded,
        CrashScenario::isPurged,
        bed ->
            assertTrue(!bed.api().has(TASK) || List.of("CREATED", "STOPPED").contains(state(bed))),
        CrashScenario::isPurged);
  }

  private static void isPurged(CrashBed bed) {
    if (bed.api().has(TASK)) {
      bed.api().purge(TASK);
    }
    if (bed.api().volumes().contains("common")) {
      bed.api().deleteVolume("common");
    }
    assertTrue(
        bed.api().volumes().stream().noneMatch("common"::equals), bed.api().volumes().toString());
  }

  private static void isDeleted(CrashBed bed, boolean force) {
    if (bed.api().has(TASK)) {
      bed.api().delete(TASK, force);
    }
    assertFalse(bed.api().has(TASK));
  }

  /** One task is left alone, one gets other limits, one is replaced, one removed, one new. */
  private static CrashScenario apply() {
    return new CrashScenario(
        "apply",
        bed -> {
          apply(
              bed,
              document(bed, "same"),
              document(bed, "limits"),
              document(bed, "other"),
              document(bed, "gone"));
          bed.remember(bed.api().anchor("same"), bed.api().anchor("limits"));
        },
        CrashScenario::applied,
        bed -> {
          bed.assertRemembered("same");
          bed.assertRemembered("limits");
        },
        bed -> {
          applied(bed);
          assertEquals(
              List.of("limits", "new", "other", "same"),
              bed.api().list().stream().map(Task::getName).toList());
          bed.assertRemembered("same");
          bed.assertRemembered("limits");
          assertEquals(64L << 20, bed.api().task("limits").getMemory().getLimitBytes());
        });
  }

  private static void applied(CrashBed bed) {
    apply(
        bed,
        document(bed, "same"),
        document(bed, "limits").replace("memory: 32MiB", "memory: 64MiB"),
        document(bed, "other").replace("trap '' TERM", "trap '' TERM HUP"),
        document(bed, "new"));
  }

  private static String document(CrashBed bed, String task) {
    return bed.document(task, DEAF, "");
  }

  private static void apply(CrashBed bed, String... documents) {
    bed.api()
        .apply(String.join("---\n", documents), true)
        .getChangesList()
        .forEach(change -> assertEquals(0, change.getProblemsCount(), change.toString()));
    bed.api().list().forEach(task -> assertEquals("RUNNING", task.getState(), task.getName()));
  }

  /** An app of a controller is made anew with its volume, and removed. */
  private static CrashScenario app() {
    return new CrashScenario(
        "an app of a controller",
        bed -> appRuns(bed, 1),
        bed -> {
          appRuns(bed, 2);
          bed.wantNone();
        },
        bed -> {},
        bed -> appRuns(bed, 3));
  }

  /** With another anchor than before, if it ran. */
  private static void appRuns(CrashBed bed, int purges) {
    List<Anchor> before = appAnchor(bed);
    bed.want(purges);
    Programs.await(
        "the app to run with another anchor than " + before,
        () -> {
          List<Anchor> now = appAnchor(bed);
          return !now.isEmpty() && !now.equals(before);
        });
    assertEquals(1, bed.api().volumes().size(), bed.api().volumes().toString());
  }

  /** None if it does not run. */
  private static List<Anchor> appAnchor(CrashBed bed) {
    return bed.api().list().stream()
        .filter(task -> task.getName().equals(CrashBed.APP))
        .filter(task -> task.getState().equals("RUNNING"))
        .map(Api::anchor)
        .toList();
  }

  /** A program runs inside of the task, to see whether that works. */
  private static CrashScenario healthCheck() {
    return new CrashScenario(
        "health check",
        bed -> {
          String check = "health: {exec: [sh, -c, \"exit 0\"], interval: 10m}";
          make(bed, bed.document(TASK, DEAF, check));
        },
        CrashScenario::becomesHealthy,
        bed -> assertTrue(List.of("CREATED", "RUNNING").contains(state(bed))),
        CrashScenario::becomesHealthy);
  }

  private static void becomesHealthy(CrashBed bed) {
    isStarted(bed);
    Programs.await(
        "it to be found healthy",
        () -> {
          List<String> types = bed.api().events().stream().map(Event::getType).toList();
          return types.lastIndexOf("healthy") > types.lastIndexOf("started");
        });
  }

  private static CrashScenario importImages() {
    return new CrashScenario(
        "image import", bed -> {}, CrashScenario::imported, bed -> {}, CrashScenario::imported);
  }

  private static void imported(CrashBed bed) {
    var unused = bed.api().importImages(bed.freshLayout());
    assertEquals(List.of("docker.io/library/fresh:1"), bed.images());
  }

  private static CrashScenario pull() {
    return new CrashScenario(
        "pull",
        bed -> {},
        CrashScenario::pulled,
        bed -> assertTrue(List.of(List.of(), List.of(bed.freshName())).contains(bed.images())),
        CrashScenario::pulled);
  }

  private static void pulled(CrashBed bed) {
    assertEquals(bed.freshName(), bed.api().pull(bed.freshName()).getName());
    assertEquals(List.of(bed.freshName()), bed.images());
  }

  /** What is exported is whole, or not there. */
  private static CrashScenario exportAndRemove() {
    return new CrashScenario(
        "export and remove",
        bed -> {
          pulled(bed);
          assertTrue(bed.exported().toFile().delete() || !Files.exists(bed.exported()));
        },
        bed -> {
          bed.api().export(bed.freshName(), bed.exported().toString());
          bed.api().remove(bed.freshName());
          make(bed, bed.document("keeper", DEAF, ""));
          bed.api().prune();
        },
        bed -> {
          if (Files.exists(bed.exported())) {
            var unused = bed.api().importImages(bed.exported().toString());
          }
          assertEquals(List.of(bed.freshName()), bed.images());
        },
        bed -> bed.api().remove(bed.freshName()));
  }

  /** The program ends by itself, and its exit code is to be known in the end. */
  private static CrashScenario exit() {
    return new CrashScenario(
        "exit",
        bed -> assertEquals("RUNNING", bed.running(TASK, DEAF).getState()),
        bed -> {
          int pid = bed.api().task(TASK).getPid();
          awaitEnd(pid, () -> !state(bed).equals("RUNNING"));
          // The second answer comes after all that the exit brings about.
          var first = bed.api().awaitExit(TASK);
          assertEquals("STOPPED", first.getState());
          var second = bed.api().awaitExit(TASK);
          assertEquals(9, second.getExitCode());
        },
        bed -> {
          assertEquals("STOPPED", state(bed));
          assertEquals(9, bed.api().task(TASK).getExitCode());
        },
        bed -> assertEquals("RUNNING", bed.api().start(TASK).getState()));
  }

  /** The program has a directory to keep things in, and one in which it tells of its end. */
  private static CrashScenario exitThatIsTold() {
    return new CrashScenario(
        "exit that is told",
        bed -> {},
        CrashScenario::isTold,
        bed ->
            assertTrue(
                !bed.api().has(TASK)
                    || List.of("CREATED", "RUNNING", "STOPPED").contains(state(bed))),
        CrashScenario::isTold);
  }

  private static void isTold(CrashBed bed) {
    if (!bed.api().has(TASK)) {
      make(bed, bed.telling(TASK, TELLING));
    }
    isStarted(bed);
    int pid = bed.api().task(TASK).getPid();
    awaitEnd(pid, () -> !state(bed).equals("RUNNING"));
    Task ended = bed.api().awaitExit(TASK);
    assertEquals("crash", ended.getExitOutcome(), ended.toString());
  }

  /** Has an anchor end by SIGUSR1, which is lost if it comes before its trap is set. */
  private static void awaitEnd(int pid, BooleanSupplier ended) {
    Programs.await(
        "it to end",
        () -> {
          Programs.run(List.of("kill", "-USR1", Integer.toString(pid)));
          return ended.getAsBoolean();
        });
  }

  /** What the anchor has left outside of its container is cleared away, whoever does it. */
  private static CrashScenario cleanup() {
    return new CrashScenario(
        "clean up",
        bed -> {
          make(bed, bed.clearing(TASK));
          assertEquals("RUNNING", bed.api().start(TASK).getState());
          Programs.await("something to be left", () -> ClearingExecutor.left(bed.node()));
        },
        CrashScenario::isCleared,
        bed -> {
          boolean runs = state(bed).equals("RUNNING");
          Programs.await(
              "the rest to be cleared away", () -> runs == ClearingExecutor.left(bed.node()));
        },
        bed -> {
          isCleared(bed);
          assertEquals("RUNNING", bed.api().start(TASK).getState());
          Programs.await("something to be left", () -> ClearingExecutor.left(bed.node()));
          assertFalse(ClearingExecutor.log(bed.node()).contains("overlap"));
        });
  }

  private static void isCleared(CrashBed bed) {
    assertEquals("STOPPED", bed.api().stop(TASK).getState());
    assertFalse(ClearingExecutor.left(bed.node()));
  }

  /** What one daemon left is mended by the next, which is killed as well. */
  private static CrashScenario recovery() {
    return new CrashScenario(
        "recovery",
        bed -> {
          assertEquals("RUNNING", bed.running("runs", DEAF).getState());
          assertEquals("RUNNING", bed.running("stops", DEAF).getState());
          CrashIT.killAt(
              bed,
              new FailpointFile.Failpoint("ContainerRuntime.createTask:after", 1),
              () -> make(bed, fresh(bed, DEAF)));
          int pid = anchorOf(bed, "stops");
          awaitEnd(pid, () -> anchorIsGone(pid));
        },
        bed -> bed.node().start(),
        bed -> {
          assertEquals("RUNNING", bed.api().task("runs").getState());
          assertEquals("STOPPED", bed.api().task("stops").getState());
          assertEquals(9, bed.api().task("stops").getExitCode());
          assertFalse(bed.api().has(TASK));
        },
        bed -> assertEquals("RUNNING", bed.api().start("stops").getState()));
  }

  private static int anchorOf(CrashBed bed, String task) {
    return bed.node()
        .ctr("tasks", "ls")
        .out()
        .lines()
        .map(line -> line.strip().split("\\s+"))
        .filter(line -> line[0].equals(task))
        .map(line -> Integer.parseInt(line[1]))
        .findFirst()
        .orElseThrow();
  }

  private static boolean anchorIsGone(int pid) {
    return ProcessHandle.of(pid).isEmpty();
  }

  private static String state(CrashBed bed) {
    return bed.api().task(TASK).getState();
  }
}
