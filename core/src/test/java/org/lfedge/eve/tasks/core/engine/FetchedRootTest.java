package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/** Tasks whose root is a file that is fetched, on fakes. */
class FetchedRootTest extends EngineTest {

  private static final String ONE = "sha256:" + "1".repeat(64);
  private static final String TWO = "sha256:" + "2".repeat(64);

  private static String url(String name) {
    return "{jar: {url: 'https://repo.example/" + name + ".jar', digest: '" + ONE + "'}}";
  }

  private static final String TAG = "{jar: {artifact: 'repo.example/app:1'}}";
  private static final String MOVING = "{jar: {artifact: 'repo.example/app:1'}, pull: always}";

  private static TaskDocument task(String name, String root, String memory) {
    return document(
        "{name: %s, executor: emulator, root: %s, resources: {memory: %s}, stop: {grace: 100ms}, restart: {policy: never}}"
            .formatted(name, root, memory));
  }

  private static TaskDocument task(String name, String root) {
    return task(name, root, "64MiB");
  }

  private void create(String name, String root) {
    await(engine.manager().create(task(name, root)));
  }

  private void delete(String name) {
    await(engine.manager().delete(name, true, false));
  }

  private Optional<TaskRecord.Fetched> recorded(String name) {
    return engine.manager().record(name).orElseThrow().blueprint().orElseThrow().fetched();
  }

  private void assertKept(String... digests) {
    assertEquals(Set.of(digests), Set.copyOf(engine.fetched.here));
  }

  @Test
  void aFileIsFetchedOnceForAllTasksAndGoesWithTheLast() {
    create("a", url("x"));
    create("b", url("y"));
    assertEquals(List.of("https://repo.example/x.jar"), engine.fetched.fetches);
    assertEquals(
        Optional.of(new TaskRecord.Fetched(ONE, "https://repo.example/x.jar", Optional.empty())),
        recorded("a"));
    assertEquals(Map.of("a", ONE + " ro", "b", ONE + " ro"), engine.volumes.roots);
    String spec = runtime.liveSpec("a");
    assertTrue(spec.contains("\"source\":\"/run/volumes/a/root.\""), spec);
    delete("a");
    assertKept(ONE);
    engine.restart();
    assertKept(ONE);
    delete("b");
    assertKept();
    assertNothingIsLeft();
  }

  @Test
  void aDiskIsToldByWhatItHolds() {
    engine.fetched.registry.put("repo.example/app:1", ONE);
    create("vm", "{disk: {artifact: 'repo.example/app:1', format: qcow2}, readOnly: true}");
    String spec = runtime.liveSpec("vm");
    assertTrue(spec.contains("format=qcow2"), spec);
  }

  @Test
  void whatATagStoodForIsOnRecordAndStays() {
    engine.fetched.registry.put("repo.example/app:1", ONE);
    create("a", TAG);
    assertEquals(
        Optional.of(new TaskRecord.Fetched(ONE, "repo.example/app:1", Optional.of("sha256:m"))),
        recorded("a"));
    engine.fetched.registry.put("repo.example/app:1", TWO);
    create("b", TAG);
    assertEquals(ONE, recorded("b").orElseThrow().digest());
    create("c", MOVING);
    assertEquals(TWO, recorded("c").orElseThrow().digest());
    assertKept(ONE, TWO);
    await(engine.manager().start("a", false));
    await(engine.manager().stop("a", false));
    engine.restart();
    await(engine.manager().start("a", false));
    assertEquals(ONE + " ro", engine.volumes.roots.get("a"));
    delete("a");
    delete("b");
    assertKept(TWO);
    delete("c");
    assertKept();
  }

  @Test
  void anotherLimitNeedsNeitherARegistryNorAnotherAnchor() {
    engine.fetched.registry.put("repo.example/app:1", ONE);
    create("a", TAG);
    engine.fetched.registry.clear();
    TaskView before = only();
    await(engine.manager().revise(task("a", TAG, "65MiB")));
    assertEquals(before.anchor(), only().anchor());
    assertEquals(1, engine.fetched.fetches.size());
  }

  @Test
  void aTaskMakesWayForOneWithAnotherFile() {
    engine.fetched.registry.put("repo.example/app:1", ONE);
    create("a", MOVING);
    engine.fetched.registry.put("repo.example/app:1", TWO);
    assertEquals(
        List.of(Change.Action.NONE),
        await(engine.manager().apply(List.of(task("a", MOVING)), true, false, true)).stream()
            .map(Change::action)
            .toList());
    await(engine.manager().revise(task("a", MOVING, "65MiB")));
    assertEquals(TWO, recorded("a").orElseThrow().digest());
    assertEquals(TWO + " ro", engine.volumes.roots.get("a"));
    assertKept(TWO);
  }

  @Test
  void anApplyFetchesAFileThatIsNotThere() {
    create("a", url("x"));
    String other = url("x").replace(ONE, TWO);
    List<Change> changes =
        await(engine.manager().apply(List.of(task("a", other)), false, false, false));
    assertEquals(Change.Action.REPLACE, changes.get(0).action());
    assertEquals(List.of(), changes.get(0).problems());
    assertEquals(TWO, recorded("a").orElseThrow().digest());
    assertKept(TWO);
  }

  @Test
  void whatCannotBeFetchedIsAFaultAtItsPlaceAndLeavesNothing() {
    Problem problem = refusal(engine.manager().create(task("a", url("broken")))).first();
    assertEquals("DOWNLOAD_UNREACHABLE root.jar.url", problem.code() + " " + problem.path());
    assertEquals("https://repo.example/broken.jar", problem.value());
    assertNothingIsLeft();
    assertKept();
  }

  @Test
  void aFileGoesWithATaskThatWasNotMade() {
    TaskDocument bad =
        document(
            "{name: a, executor: emulator, root: "
                + url("x")
                + ", options: {mounts: 2}, resources: {memory: 64MiB}}");
    refusal(engine.manager().create(bad));
    assertEquals(1, engine.fetched.fetches.size());
    assertNothingIsLeft();
    assertKept();
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing", "never"})
  void toRenderATaskFetchesNothing(String pull) {
    TaskDocument task = task("a", "{jar: {artifact: 'repo.example/app:1'}, pull: " + pull + "}");
    Problem problem =
        assertThrows(TaskException.class, () -> engine.manager().render(task)).first();
    assertEquals("FILE_NOT_FOUND root.jar.artifact", problem.code() + " " + problem.path());
    assertEquals(List.of(), engine.fetched.fetches);
  }

  @Test
  void whatIsNotToBeFetchedMustBeHere() {
    TaskDocument task = task("a", TAG.replace("}}", "}, pull: never}"));
    assertEquals("FILE_NOT_FOUND", refusal(engine.manager().create(task)).first().code());
    engine.fetched.registry.put("repo.example/app:1", ONE);
    create("other", TAG);
    await(engine.manager().create(task));
    assertEquals(1, engine.fetched.fetches.size());
  }

  @Test
  void whatNoTaskHasIsRemovedWhenTheDaemonStarts() {
    create("a", url("x"));
    engine.fetched.here.add(TWO);
    engine.restart();
    assertKept(ONE);
  }

  @Test
  void executorsThatTakeNoFilesGetNone() {
    TaskDocument task = document("{name: a, root: " + url("x") + ", resources: {memory: 64MiB}}");
    assertEquals("ROOT_NOT_SUPPORTED", refusal(engine.manager().create(task)).first().code());
    assertEquals(List.of(), engine.fetched.fetches);
  }
}
