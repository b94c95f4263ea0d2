package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.eventually;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.AppVolume;
import org.lfedge.eve.tasks.core.eve.HostAccess;
import org.lfedge.eve.tasks.core.eve.Wanted;
import org.lfedge.eve.tasks.core.fleet.AppStatus;
import org.lfedge.eve.tasks.core.fleet.AppStatus.Phase;
import org.lfedge.eve.tasks.core.fleet.Fleet;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;

/** Apps of a controller become tasks of an engine in memory, and follow what is wanted. */
class FleetTest extends EngineTest {

  private static final String WEB = "00000001-1111-4222-8333-000000000001";
  private static final String VOLUME = "00000002-1111-4222-8333-000000000002.0";

  private final SortedMap<String, List<Problem>> unusable = new TreeMap<>();
  private Optional<Fleet> fleet = Optional.empty();

  private Fleet fleet() {
    if (fleet.isEmpty()) {
      Fleet.Surroundings surroundings =
          new Fleet.Surroundings() {
            @Override
            public SortedMap<String, List<Problem>> networks(SortedMap<String, JsonNode> sections) {
              return unusable;
            }

            @Override
            public void hosts(SortedMap<String, HostAccess> hosts) {}
          };
      fleet =
          Optional.of(
              new Fleet(
                  new Fleet.Parts(
                      engine.manager(), engine.volumes, engine.apps, surroundings, engine.clock)));
    }
    return fleet.get();
  }

  @AfterEach
  void close() {
    fleet.ifPresent(Fleet::close);
  }

  /** As if the daemon were killed and started again. */
  private void restart() {
    fleet().close();
    fleet = Optional.empty();
    engine.restart();
  }

  private static App app(String id, boolean active, long restarts, long purges, String more) {
    return new App(
        id,
        "1",
        "An app",
        active,
        restarts,
        purges,
        Duration.ZERO,
        Optional.of(
            document(
                "{name: '"
                    + id
                    + "', root: {image: web}, command: [serve], resources: {memory: 64MiB},"
                    + " stop: {grace: 100ms}, restart: {policy: never}"
                    + more
                    + "}")),
        List.of(new AppVolume.Blank(VOLUME, 1 << 20)),
        List.of());
  }

  private static App fetched(String id, String file) {
    return new App(
        id,
        "1",
        "An app of a file",
        true,
        0,
        0,
        Duration.ZERO,
        Optional.of(
            document(
                "{name: '%s', executor: emulator, root: {jar: {url: 'https://repo.example/%s.jar', digest: 'sha256:%s'}}, resources: {memory: 64MiB}, stop: {grace: 100ms}}"
                    .formatted(id, file, "1".repeat(64)))),
        List.of(),
        List.of());
  }

  private static App web(long restarts, long purges) {
    return app(WEB, true, restarts, purges, "");
  }

  private void want(App... apps) {
    SortedSet<String> volumes = new TreeSet<>();
    for (App app : apps) {
      app.volumes().forEach(volume -> volumes.add(volume.name()));
    }
    fleet().want(new Wanted(List.of(apps), volumes, new TreeMap<>(), new TreeMap<>()));
  }

  private AppStatus status(String id) {
    return fleet().apps().stream()
        .filter(one -> one.app().id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private void awaitPhase(String id, Phase phase) {
    eventually(
        () -> "not " + phase + " but " + fleet().apps(),
        () ->
            fleet().apps().stream()
                .anyMatch(one -> one.app().id().equals(id) && one.phase() == phase));
  }

  private void awaitGone() {
    eventually(
        () -> fleet().apps() + " " + engine.manager().list(),
        () -> fleet().apps().isEmpty() && engine.manager().list().isEmpty());
  }

  @Test
  void anAppRunsIsHaltedAndGoesWithItsVolumes() {
    want(web(0, 0));
    awaitPhase(WEB, Phase.SETTLED);
    assertEquals(TaskState.RUNNING, only().state());
    assertTrue(engine.volumes.find(VOLUME).isPresent());

    want(app(WEB, false, 0, 0, ""));
    eventually(() -> only().toString(), () -> only().state() == TaskState.STOPPED);
    awaitPhase(WEB, Phase.SETTLED);

    want();
    awaitGone();
    eventually(() -> engine.volumes.list().toString(), () -> engine.volumes.list().isEmpty());
    assertEquals(List.of(), engine.apps.all());
  }

  @Test
  void aRestartIsDoneOnceAndAPurgeMakesVolumesAnew() {
    want(web(5, 7));
    awaitPhase(WEB, Phase.SETTLED);
    TaskView first = only();
    engine.volumes.disks.clear();

    want(web(6, 7));
    awaitPhase(WEB, Phase.SETTLED);
    TaskView second = only();
    assertNotEquals(first.anchor(), second.anchor());
    assertEquals(first.createdAt(), second.createdAt());

    restart();
    want(web(6, 7));
    awaitPhase(WEB, Phase.SETTLED);
    assertEquals(second.anchor(), only().anchor());

    var before = engine.volumes.find(VOLUME).orElseThrow();
    want(web(6, 8));
    awaitPhase(WEB, Phase.SETTLED);
    assertNotEquals(second.createdAt(), only().createdAt());
    assertTrue(before != engine.volumes.find(VOLUME).orElseThrow());
  }

  @Test
  void tasksOfPeopleAreLeftAlone() {
    await(engine.manager().create(task("mine")));
    want(web(0, 0));
    awaitPhase(WEB, Phase.SETTLED);
    want();
    eventually(() -> fleet().apps().toString(), () -> fleet().apps().isEmpty());
    assertEquals("mine", only().name());
  }

  @Test
  void whatWasRemovedWhileTheDaemonWasAwayIsRemovedThen() {
    want(web(0, 0));
    awaitPhase(WEB, Phase.SETTLED);
    restart();
    assertEquals(1, engine.manager().list().size());
    want();
    awaitGone();
  }

  @Test
  void anAppThatFailsHoldsUpNoOtherAndIsTriedAgainWhenItIsWantedOtherwise() {
    String other = WEB.replaceFirst("^0", "1");
    want(app(other, true, 0, 0, ", user: nobody-knows-him"), web(0, 0));
    awaitPhase(WEB, Phase.SETTLED);
    awaitPhase(other, Phase.FAILED);
    assertEquals(1, status(other).problems().size());
    want(app(other, true, 0, 0, ""), web(0, 0));
    awaitPhase(other, Phase.SETTLED);
    assertEquals(2, engine.manager().list().size());
  }

  @Test
  void anAppWithErrorsGoesOnAsItWas() {
    want(web(0, 0));
    awaitPhase(WEB, Phase.SETTLED);
    TaskView before = only();
    Problem wrong = Problem.user("UNSUPPORTED", "this cannot be");
    want(web(1, 1).refused(List.of(wrong)));
    awaitPhase(WEB, Phase.FAILED);
    assertEquals(List.of(wrong), status(WEB).problems());
    assertEquals(before.anchor(), only().anchor());
  }

  /** No mount tells of a task that is stopped, or waits after a boot; here, none ever does. */
  @Test
  void theVolumeOfAnAppWithErrorsStaysThoughItIsWantedNoMore() {
    String named = ", volumes: [{name: v, source: {volume: " + VOLUME + "}, target: /v}]";
    String other = WEB.replaceFirst("^0", "1");
    String theirs = VOLUME.replaceFirst("^0", "1");
    App leaving =
        new App(
            other,
            "1",
            "leaving",
            true,
            0,
            0,
            Duration.ZERO,
            app(other, true, 0, 0, "").document(),
            List.of(new AppVolume.Blank(theirs, 1 << 20)),
            List.of());
    want(app(WEB, true, 0, 0, named), leaving);
    awaitPhase(WEB, Phase.SETTLED);
    awaitPhase(other, Phase.SETTLED);
    App wrong =
        app(WEB, true, 0, 0, named).refused(List.of(Problem.user("UNSUPPORTED", "cannot be")));
    fleet().want(new Wanted(List.of(wrong), new TreeSet<>(), new TreeMap<>(), new TreeMap<>()));
    eventually(() -> engine.volumes.list().toString(), () -> engine.volumes.find(theirs).isEmpty());
    assertTrue(engine.volumes.find(VOLUME).isPresent());
    want();
    awaitGone();
    eventually(() -> engine.volumes.list().toString(), () -> engine.volumes.list().isEmpty());
  }

  @Test
  void anAppThatCannotBeMappedAnyMoreIsHaltedAllTheSame() {
    want(web(0, 0));
    awaitPhase(WEB, Phase.SETTLED);
    Problem wrong = Problem.user("UNSUPPORTED", "this cannot be");
    want(app(WEB, false, 0, 0, "").refused(List.of(wrong)));
    awaitPhase(WEB, Phase.FAILED);
    assertEquals(TaskState.STOPPED, only().state());
    assertEquals(List.of(wrong), status(WEB).problems());
  }

  @Test
  void nobodyWaitsForWhatIsFetchedForOthersOrForNobody() {
    List<App> all = new ArrayList<>();
    for (int i = 1; i < 8; i++) {
      all.add(fetched(WEB.replaceFirst("^0", "" + i), "endless"));
    }
    want(all.toArray(App[]::new));
    eventually(() -> "" + fleet().apps(), () -> engine.fetched.endless.size() == 1);
    awaitPhase(all.get(0).id(), Phase.FETCHING);
    all.add(web(0, 0));
    want(all.toArray(App[]::new));
    awaitPhase(WEB, Phase.SETTLED);

    want(web(0, 0), fetched(all.get(0).id(), "here"));
    awaitPhase(all.get(0).id(), Phase.SETTLED);
    eventually(() -> "" + fleet().apps(), () -> fleet().apps().size() == 2);
    assertEquals(Set.of(), engine.fetched.endless);
    assertEquals(2, engine.manager().list().size());
    assertEquals(2, engine.apps.all().size());
  }

  @Test
  void whatAnAppIsMadeOfIsFetchedOnce() {
    want(fetched(WEB, "here"));
    awaitPhase(WEB, Phase.SETTLED);
    assertEquals(TaskState.RUNNING, only().state());
    assertEquals(1, engine.fetched.fetches.size());
    assertEquals(1, engine.fetched.here.size());
  }

  @Test
  void appsAreNotPrunedByWhoeverHasNoDocumentsOfThem() {
    await(engine.manager().create(task("mine")));
    want(web(0, 0));
    awaitPhase(WEB, Phase.SETTLED);
    List<Change> changes = await(engine.manager().apply(List.of(), false, true, false));
    assertEquals(List.of("mine"), changes.stream().map(Change::task).toList());
    assertEquals(WEB, only().name());
  }

  @Test
  void anAppWaitsForItsDelayAndNotTwice() {
    App late =
        new App(
            WEB,
            "1",
            "late",
            true,
            0,
            0,
            Duration.ofHours(1),
            web(0, 0).document(),
            List.of(),
            List.of());
    want(late);
    awaitPhase(WEB, Phase.DELAYED);
    assertEquals(List.of(), engine.manager().list());
    engine.clock.shift(Duration.ofHours(2));
    want();
    eventually(() -> fleet().apps().toString(), () -> fleet().apps().isEmpty());
  }

  @Test
  void networksThatCannotBeAreToldToTheAppsOnThem() {
    unusable.put("net", List.of(Problem.user("WRONG_VALUE", "it overlaps")));
    App on = app(WEB, true, 0, 0, ", interfaces: [{network: net}]");
    SortedMap<String, JsonNode> networks = new TreeMap<>();
    networks.put("net", JsonNodeFactory.instance.objectNode());
    fleet().want(new Wanted(List.of(on), new TreeSet<>(), networks, new TreeMap<>()));
    awaitPhase(WEB, Phase.FAILED);
    assertEquals("WRONG_VALUE", status(WEB).problems().get(0).code());
  }

  @Test
  void whateverWasWantedInBetweenTheLastCounts() {
    List<App> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      all.add(app(WEB.substring(0, WEB.length() - 1) + i, true, 0, 0, ""));
    }
    for (int round = 0; round < 20; round++) {
      int seed = round;
      want(
          all.stream()
              .filter(app -> (app.id().charAt(app.id().length() - 1) * 31 + seed) % 3 != 0)
              .map(app -> seed % 2 == 0 ? app : app(app.id(), seed % 4 == 1, seed, seed / 3, ""))
              .toArray(App[]::new));
    }
    want(all.get(2), all.get(5));
    eventually(
        () -> fleet().apps() + " " + engine.manager().list(),
        () ->
            fleet().apps().stream().allMatch(one -> one.phase() == Phase.SETTLED)
                && engine.manager().list().size() == 2
                && engine.manager().list().stream()
                    .allMatch(one -> one.state() == TaskState.RUNNING));
    assertEquals(
        List.of(all.get(2).id(), all.get(5).id()),
        engine.manager().list().stream().map(TaskView::name).toList());
  }
}
