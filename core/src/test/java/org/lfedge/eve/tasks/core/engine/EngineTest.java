package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.eventually;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.task;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.runtime.FakeRuntime;

/** An engine in memory for each test. */
abstract class EngineTest {

  @TempDir Path directory;
  FakeRuntime runtime;
  EngineFixture engine;

  @BeforeEach
  void start() {
    runtime = new FakeRuntime();
    engine = new EngineFixture(runtime, directory);
  }

  TaskView run(String name) {
    await(engine.manager().create(task(name)));
    return await(engine.manager().start(name, false));
  }

  TaskView only() {
    List<TaskView> tasks = engine.manager().list();
    assertEquals(1, tasks.size(), tasks::toString);
    return tasks.get(0);
  }

  static TaskException refusal(CompletableFuture<?> command) {
    return assertThrows(TaskException.class, () -> await(command));
  }

  void assertNothingIsLeft() {
    assertEquals(List.of(), engine.manager().list());
    assertEquals(List.of(), runtime.containers());
    assertEquals(List.of(), runtime.roots());
    assertEquals(List.of(), engine.namespaces.pinned());
    assertEquals(List.of(), engine.binaryFormats.tasks());
    assertEquals(List.of(), engine.networks.tasks());
    assertEquals(List.of(), engine.volumes.tasks());
    assertEquals(List.of(), engine.devices.tasks());
    assertEquals(List.of(), engine.files.tasks());
    assertTrue(engine.store.records.isEmpty());
  }

  void awaitState(TaskState state) {
    eventually(() -> "not " + state + " but " + only(), () -> only().state() == state);
  }
}
