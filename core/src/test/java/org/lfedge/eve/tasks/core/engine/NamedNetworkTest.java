package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.eventually;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.NameService;

/** The task that serves names on a network comes and goes with those that need it; on fakes. */
class NamedNetworkTest extends EngineTest {

  private static final String SERVICE = "names.net";

  @BeforeEach
  void serveNames() {
    engine.networks.services = List.of(new NameService("net", SERVICE));
    engine.restart();
    // What serves names reads its files anew then.
    runtime.ignoreSignal(1);
  }

  private static TaskDocument member(String name) {
    return document(
        "{name: "
            + name
            + ", root: {image: web}, command: [serve], resources: {memory: 64MiB},"
            + " stop: {grace: 100ms}, restart: {policy: never}, interfaces: [{network: net}]}");
  }

  private List<String> names() {
    return engine.manager().list().stream().map(TaskView::name).toList();
  }

  private void awaitNothingLeft() {
    eventually(() -> "there are " + names(), () -> names().isEmpty());
    assertNothingIsLeft();
  }

  @Test
  void itIsThereBeforeTheFirstTaskAndGoesAfterTheLast() {
    await(engine.manager().create(member("web")));
    TaskView service = engine.manager().inspect(SERVICE).view();
    assertEquals(TaskState.RUNNING, service.state());
    assertEquals(List.of("10.0.0.2/24"), service.interfaces().get(0).addresses());
    assertTrue(runtime.liveSpec(SERVICE).contains("/run/volumes/names.net/names"));
    assertTrue(runtime.liveSpec(SERVICE).contains("CAP_NET_ADMIN"));

    await(engine.manager().create(member("db")));
    await(engine.manager().delete("web", false, false));
    assertEquals(List.of("db", SERVICE), names());
    await(engine.manager().delete("db", false, false));
    awaitNothingLeft();
  }

  @Test
  void thereIsOneForManyThatComeAtOnce() {
    List<CompletableFuture<TaskView>> creations =
        IntStream.range(0, 8).mapToObj(i -> engine.manager().create(member("m" + i))).toList();
    for (CompletableFuture<TaskView> creation : creations) {
      var unused = await(creation);
    }
    assertEquals(9, names().size());
    List<CompletableFuture<TaskView>> deletions =
        IntStream.range(0, 8)
            .mapToObj(i -> engine.manager().delete("m" + i, false, false))
            .toList();
    for (CompletableFuture<TaskView> deletion : deletions) {
      var unused = await(deletion);
    }
    awaitNothingLeft();
  }

  @Test
  void aTaskThatIsNotMadeLeavesNone() {
    TaskDocument unfit =
        document(
            "{name: web, root: {image: web}, resources: {memory: 64MiB},"
                + " interfaces: [{network: net}]}");
    assertEquals("NO_COMMAND", refusal(engine.manager().create(unfit)).first().code());
    awaitNothingLeft();
  }

  @Test
  void itCannotBeTakenFromThoseThatNeedIt() {
    await(engine.manager().create(member("web")));
    TaskException refused =
        assertThrows(TaskException.class, () -> engine.manager().delete(SERVICE, true, false));
    assertEquals("NAME_SERVICE_IN_USE", refused.first().code());
    await(engine.manager().apply(List.of(), false, true, false));
    awaitNothingLeft();
  }

  @Test
  void noDocumentHasItsName() {
    TaskException refused =
        assertThrows(TaskException.class, () -> engine.manager().create(member(SERVICE)));
    assertEquals("NAME_RESERVED", refused.first().code());
    List<Change> changes =
        await(engine.manager().apply(List.of(member(SERVICE)), false, false, false));
    assertEquals(
        List.of("NAME_RESERVED"), changes.get(0).problems().stream().map(Problem::code).toList());
    assertNothingIsLeft();
  }

  @Test
  void pruningLeavesItToTheTasksThatStay() {
    await(engine.manager().apply(List.of(member("web")), false, true, false));
    assertEquals(List.of(SERVICE, "web"), names());
    await(engine.manager().apply(List.of(member("web")), false, true, false));
    assertEquals(List.of(SERVICE, "web"), names());
  }

  @Test
  void aTaskIsRefusedIfItCannotBeMade() {
    engine.nameService = "/elsewhere";
    engine.restart();
    Problem problem = refusal(engine.manager().create(member("web"))).first();
    assertEquals("NAME_SERVICE_FAILED", problem.code());
    assertTrue(problem.message().contains("/elsewhere"), problem.message());
    awaitNothingLeft();
  }

  @Test
  void anotherImageInTheConfigReplacesItAtItsAddress() {
    await(engine.manager().create(member("web")));
    List<String> address = engine.networks.attached(SERVICE).get(0).addresses();
    engine.nameService = "/elsewhere";
    engine.restart();
    eventually(
        () -> "the layout is still another one",
        () ->
            engine
                .manager()
                .inspect(SERVICE)
                .record()
                .document()
                .root()
                .toString()
                .contains("/elsewhere"));
    assertEquals(
        address,
        engine.manager().inspect(SERVICE).record().document().interfaces().get(0).addresses());
  }

  @Test
  void aStartOfTheDaemonMakesWhatIsMissingAndRemovesWhatIsNotNeeded() {
    engine.networks.services = List.of();
    engine.restart();
    await(engine.manager().create(member("web")));
    assertEquals(List.of("web"), names());
    engine.networks.services = List.of(new NameService("net", SERVICE));
    engine.restart();
    eventually(() -> "there are " + names(), () -> names().contains(SERVICE));
    await(engine.manager().delete("web", false, false));
    awaitNothingLeft();
  }
}
