package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.runtime.FakeRuntime;

/** Random commands, exits and crashes against the engine, compared with a model of four states. */
class TaskManagerPropertyTest {

  private enum Act {
    CREATE,
    START,
    STOP,
    STOP_BY_FORCE,
    DELETE,
    DELETE_BY_FORCE,
    PROGRAM_EXITS,
    SHIM_IS_LOST,
    CREATE_FAILS,
    START_FAILS,
    DAEMON_RESTARTS
  }

  private record Step(Act act, String task) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(Arbitraries.of(Act.class), Arbitraries.of("a", "b"))
        .as(Step::new)
        .list()
        .ofMaxSize(30);
  }

  @Property
  void theEngineDoesWhatTheModelSays(@ForAll("steps") List<Step> steps) throws IOException {
    Path directory = Files.createTempDirectory("engine");
    FakeRuntime runtime = new FakeRuntime();
    EngineFixture engine = new EngineFixture(runtime, directory);
    SortedMap<String, TaskState> model = new TreeMap<>();
    for (Step step : steps) {
      carryOut(step, engine, runtime, model);
      SortedMap<String, TaskState> actual = new TreeMap<>();
      engine.manager().list().forEach(view -> actual.put(view.name(), view.state()));
      assertEquals(model, actual, () -> "after " + step);
      model.forEach(
          (name, state) ->
              assertEquals(state.hasAnchor(), runtime.task(name).isPresent(), "anchor of " + name));
    }
    List<String> names = List.copyOf(model.keySet());
    assertEquals(names, runtime.containers());
    assertEquals(names, runtime.roots());
    assertEquals(names, engine.namespaces.pinned());
    assertEquals(names, engine.files.tasks());
    assertEquals(names, List.copyOf(engine.store.records.keySet()));
    names.forEach(name -> await(engine.manager().delete(name, true)));
    assertEquals(List.of(), engine.files.tasks());
    engine.manager().close();
    Files.deleteIfExists(directory.resolve("logs"));
    Files.deleteIfExists(directory.resolve("run"));
    Files.delete(directory);
  }

  private static void carryOut(
      Step step, EngineFixture engine, FakeRuntime runtime, SortedMap<String, TaskState> model) {
    TaskManager manager = engine.manager();
    String name = step.task();
    TaskState state = model.get(name);
    boolean idle = state == TaskState.STOPPED || state == TaskState.FAILED;
    switch (step.act()) {
      case CREATE -> {
        if (succeeds(manager.create(task(name)), state == null)) {
          model.put(name, TaskState.CREATED);
        }
      }
      case CREATE_FAILS -> {
        if (state == null) {
          runtime.failNext("createTask", failure());
          assertFalse(succeeds(manager.create(task(name)), false));
        }
      }
      case START -> {
        if (succeeds(manager.start(name), state == TaskState.CREATED || idle)) {
          model.put(name, TaskState.RUNNING);
        }
      }
      case START_FAILS -> {
        if (state == TaskState.CREATED || idle) {
          runtime.failNext("startTask", failure());
          assertFalse(succeeds(manager.start(name), false));
          model.put(name, TaskState.FAILED);
        }
      }
      case STOP, STOP_BY_FORCE -> {
        boolean force = step.act() == Act.STOP_BY_FORCE;
        if (succeeds(manager.stop(name, force), state != null) && !idle) {
          model.put(name, TaskState.STOPPED);
        }
      }
      case DELETE -> {
        if (succeeds(manager.delete(name, false), state == TaskState.CREATED || idle)) {
          model.remove(name);
        }
      }
      case DELETE_BY_FORCE -> {
        if (succeeds(manager.delete(name, true), state != null)) {
          model.remove(name);
        }
      }
      case PROGRAM_EXITS, SHIM_IS_LOST -> {
        if (state == TaskState.RUNNING) {
          CompletableFuture<TaskView> exit = manager.awaitExit(name);
          boolean lost = step.act() == Act.SHIM_IS_LOST;
          if (lost) {
            runtime.lose(name);
          } else {
            runtime.exit(name, 3);
          }
          assertEquals(!lost, await(exit).exit().orElseThrow().code().isPresent());
          model.put(name, TaskState.STOPPED);
        }
      }
      case DAEMON_RESTARTS -> {
        var before = manager.list().stream().map(TaskView::anchor).toList();
        engine.restart();
        var after = engine.manager().list().stream().map(TaskView::anchor).toList();
        assertEquals(before, after, "anchors outlive the daemon");
      }
    }
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
