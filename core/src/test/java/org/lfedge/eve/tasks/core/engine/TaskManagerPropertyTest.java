package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.runtime.FakeRuntime;

/**
 * Random commands, exits, faults, crashes and reboots against the engine, compared with a model: of
 * each task whether it is there, whether it is wanted, and its state once nothing moves any more.
 */
class TaskManagerPropertyTest {

  private enum Act {
    CREATE,
    CREATE_FAILS,
    START,
    START_ONCE,
    START_FAILS,
    STOP,
    STOP_BY_FORCE,
    DELETE,
    DELETE_BY_FORCE,
    APPLY,
    APPLY_OTHER_LIMITS,
    APPLY_OTHER_COMMAND,
    PROGRAM_FAILS,
    PROGRAM_SUCCEEDS,
    SHIM_IS_LOST,
    CLEANUP_FAILS,
    CLEANUP_IS_CUT_SHORT,
    RECORD_FAILS_ONCE,
    DAEMON_RESTARTS,
    NODE_REBOOTS
  }

  /** Of tasks whose seeds have a cleanup. */
  private static final String CLEANED = "-cleaned";

  /** Each task has the restart policy that its name begins with. */
  private static final List<String> TASKS =
      List.of("never", "on-failure", "always", "on-failure" + CLEANED, "always" + CLEANED);

  private record Step(Act act, String task) {}

  /** What the model knows of a task. */
  private record Expected(TaskState state, boolean wanted, boolean once) {

    Expected at(TaskState next) {
      return new Expected(next, wanted, once);
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(Arbitraries.of(Act.class), Arbitraries.of(TASKS))
        .as(Step::new)
        .list()
        .ofMaxSize(30);
  }

  private static TaskDocument task(String name, String command, int mebibytes) {
    return document(
        ("{name: %s, root: {image: web}, command: [%s], resources: {memory: %dMiB},"
                + " stop: {grace: 100ms}, options: {level: %d},"
                + " restart: {policy: %s, backoff: 1ms, maxBackoff: 1s}}")
            .formatted(name, command, mebibytes, isCleaned(name) ? 5 : 0, policy(name)));
  }

  private static boolean isCleaned(String name) {
    return name.endsWith(CLEANED);
  }

  private static String policy(String name) {
    return name.replace(CLEANED, "");
  }

  @Property
  void theEngineDoesWhatTheModelSays(@ForAll("steps") List<Step> steps) throws IOException {
    Path directory = Files.createTempDirectory("engine");
    FakeRuntime runtime = new FakeRuntime();
    Outside outside = new Outside(TaskManagerPropertyTest::isCleaned);
    runtime.playStarted(outside);
    EngineFixture engine = new EngineFixture(runtime, directory);
    SortedMap<String, Expected> model = new TreeMap<>();
    for (Step step : steps) {
      carryOut(step, engine, runtime, outside, model);
      eventually(
          () -> "after " + step + ": " + model + " but " + states(engine),
          () ->
              states(engine).equals(expected(model))
                  && model.entrySet().stream()
                      .allMatch(
                          task ->
                              task.getValue().state().hasAnchor()
                                  == runtime.task(task.getKey()).isPresent()));
    }
    assertEveryAnchorEndsOnce(engine);
    List<String> names = List.copyOf(model.keySet());
    assertEquals(names, runtime.containers());
    assertEquals(names, runtime.roots());
    assertEquals(names, engine.namespaces.pinned());
    assertEquals(names, engine.files.tasks());
    assertEquals(names, List.copyOf(engine.store.records.keySet()));
    names.forEach(name -> await(engine.manager().delete(name, true, false)));
    TASKS.forEach(name -> assertFalse(outside.has(name), name));
    assertEquals(List.of(), outside.faults());
    assertEquals(List.of(), engine.files.tasks());
    engine.manager().close();
    Files.deleteIfExists(directory.resolve("logs"));
    Files.deleteIfExists(directory.resolve("run"));
    Files.delete(directory);
  }

  private static SortedMap<String, TaskState> expected(SortedMap<String, Expected> model) {
    SortedMap<String, TaskState> states = new TreeMap<>();
    model.forEach((name, task) -> states.put(name, task.state()));
    return states;
  }

  private static SortedMap<String, TaskState> states(EngineFixture engine) {
    SortedMap<String, TaskState> states = new TreeMap<>();
    engine.manager().list().forEach(view -> states.put(view.name(), view.state()));
    return states;
  }

  /** Of the events of all times: a process is created, perhaps started, and ends, once each. */
  private static void assertEveryAnchorEndsOnce(EngineFixture engine) {
    SortedMap<Integer, String> lives = new TreeMap<>();
    for (EventLog.Entry entry : engine.events.read(0, Integer.MAX_VALUE)) {
      TaskEvent event = entry.event();
      if (event.anchor().isPresent()) {
        lives.merge(event.anchor().get().pid(), event.type() + " ", String::concat);
      }
    }
    lives.forEach(
        (pid, life) ->
            assertTrue(
                life.matches("CREATED (STARTED )?(EXITED )?"), () -> pid + " lived as " + life));
  }

  private static void carryOut(
      Step step,
      EngineFixture engine,
      FakeRuntime runtime,
      Outside outside,
      SortedMap<String, Expected> model) {
    TaskManager manager = engine.manager();
    String name = step.task();
    Expected task = model.get(name);
    TaskState state = task == null ? null : task.state();
    boolean idle = state == TaskState.STOPPED || state == TaskState.FAILED;
    switch (step.act()) {
      case CREATE -> {
        if (succeeds(manager.create(task(name, "serve", 64)), task == null)) {
          model.put(name, new Expected(TaskState.CREATED, false, false));
        }
      }
      case CREATE_FAILS -> {
        if (task == null) {
          runtime.failNext("createTask", failure());
          assertFalse(succeeds(manager.create(task(name, "serve", 64)), false));
        }
      }
      case START, START_ONCE -> {
        boolean once = step.act() == Act.START_ONCE;
        if (succeeds(manager.start(name, once), state == TaskState.CREATED || idle)) {
          model.put(name, new Expected(TaskState.RUNNING, true, once));
        }
      }
      case START_FAILS -> {
        if (state == TaskState.CREATED || idle) {
          runtime.failNext("startTask", failure());
          assertFalse(succeeds(manager.start(name, false), false));
          boolean again = !policy(name).equals("never");
          model.put(name, new Expected(again ? TaskState.RUNNING : TaskState.FAILED, true, false));
        }
      }
      case STOP, STOP_BY_FORCE -> {
        boolean force = step.act() == Act.STOP_BY_FORCE;
        if (succeeds(manager.stop(name, force), task != null)) {
          assertFalse(outside.has(name), name);
          model.put(
              name, new Expected(idle && state != null ? state : TaskState.STOPPED, false, false));
        }
      }
      case DELETE -> {
        if (succeeds(manager.delete(name, false, false), state == TaskState.CREATED || idle)) {
          assertFalse(outside.has(name), name);
          model.remove(name);
        }
      }
      case DELETE_BY_FORCE -> {
        if (succeeds(manager.delete(name, true, false), task != null)) {
          assertFalse(outside.has(name), name);
          model.remove(name);
        }
      }
      case APPLY -> apply(manager, task(name, "serve", 64), model);
      case APPLY_OTHER_LIMITS -> apply(manager, task(name, "serve", 32), model);
      case APPLY_OTHER_COMMAND -> apply(manager, task(name, "other", 64), model);
      case PROGRAM_FAILS, PROGRAM_SUCCEEDS, SHIM_IS_LOST -> {
        if (task != null && state == TaskState.RUNNING) {
          boolean success = step.act() == Act.PROGRAM_SUCCEEDS;
          CompletableFuture<TaskView> exit = manager.awaitExit(name);
          if (step.act() == Act.SHIM_IS_LOST) {
            runtime.lose(name);
          } else {
            runtime.exit(name, success ? 0 : 3);
          }
          await(exit);
          model.put(name, ended(name, task, success));
        }
      }
      case CLEANUP_FAILS -> {
        if (isCleaned(name) && task != null && state == TaskState.RUNNING) {
          outside.next(name, OptionalInt.of(1));
          assertFalse(succeeds(manager.stop(name, true), false));
          assertTrue(succeeds(manager.stop(name, false), true));
          assertFalse(outside.has(name), name);
          model.put(name, new Expected(TaskState.STOPPED, false, false));
        }
      }
      case CLEANUP_IS_CUT_SHORT -> {
        if (isCleaned(name) && task != null && state == TaskState.RUNNING) {
          int before = outside.cleanups(name);
          outside.next(name, OptionalInt.empty());
          runtime.exit(name, 3);
          eventually(() -> "no cleanup of " + name, () -> outside.cleanups(name) > before);
          engine.restart();
          model.put(name, ended(name, task, false));
        }
      }
      case RECORD_FAILS_ONCE -> {
        if (state == TaskState.RUNNING) {
          engine.store.failNext();
          assertFalse(
              succeeds(manager.stop(name, false), false), "what is not on record is refused");
        }
      }
      case DAEMON_RESTARTS -> {
        var before = manager.list().stream().map(TaskView::anchor).toList();
        engine.restart();
        var after = engine.manager().list().stream().map(TaskView::anchor).toList();
        assertEquals(before, after, "anchors outlive the daemon");
      }
      case NODE_REBOOTS -> {
        engine.reboot();
        model.replaceAll(
            (other, old) -> {
              if (!old.state().hasAnchor()) {
                return old;
              }
              return old.wanted() && !old.once()
                  ? old.at(TaskState.RUNNING)
                  : new Expected(TaskState.STOPPED, false, false);
            });
      }
    }
  }

  /** After the program of a running task ended by itself. */
  private static Expected ended(String name, Expected task, boolean success) {
    String policy = policy(name);
    boolean again =
        !task.once() && (policy.equals("always") || (policy.equals("on-failure") && !success));
    return again ? task : new Expected(TaskState.STOPPED, task.wanted() && !task.once(), false);
  }

  /** Whatever the task was, it then runs, unless it has done what it was to do. */
  private static void apply(
      TaskManager manager, TaskDocument document, SortedMap<String, Expected> model) {
    String name = document.name();
    Expected before = model.get(name);
    boolean succeeded =
        manager.record(name).flatMap(TaskRecord::exit).map(ExitStatus::success).orElse(false);
    Change change = await(manager.apply(List.of(document), false, false, false)).get(0);
    assertEquals(List.of(), change.problems());
    boolean same = change.action() == Change.Action.NONE || change.action() == Change.Action.UPDATE;
    boolean done =
        same
            && before != null
            && before.wanted()
            && before.state() == TaskState.STOPPED
            && succeeded;
    boolean once = same && before != null && before.once() && before.state().hasAnchor();
    model.put(name, done && before != null ? before : new Expected(TaskState.RUNNING, true, once));
  }

  private static TaskException failure() {
    return TaskException.failed(Problem.host("BROKEN", "for the test"));
  }

  private static boolean succeeds(CompletableFuture<?> command, boolean expected) {
    try {
      await(command);
      assertTrue(expected, "a command that should be refused was carried out");
      return true;
    } catch (TaskException e) {
      assertFalse(expected, () -> "a command that should be carried out failed: " + e);
      return false;
    }
  }
}
