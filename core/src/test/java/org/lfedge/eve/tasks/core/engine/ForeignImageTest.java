package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.TaskRecord.Emulation;

/** Tasks whose image has nothing for the node, which is amd64: riscv64, arm64 and mips64 alone. */
class ForeignImageTest extends EngineTest {

  @BeforeEach
  void haveAnEmulator() {
    engine.executors.emulates = true;
  }

  private void allowEmulation() {
    engine.emulation = true;
    engine.restart();
  }

  private static TaskDocument foreign(String... parts) {
    return document(
        "{name: guest, command: [serve], resources: {memory: 64MiB}, stop: {grace: 100ms},"
            + " restart: {policy: never}, "
            + String.join(", ", parts)
            + "}");
  }

  private Blueprint blueprint() {
    return engine.manager().record("guest").orElseThrow().blueprint().orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"root: {image: foreign}", "root: {layout: /foreign}"})
  void itIsRefusedWithWhatToWriteAndNothingIsFetched(String root) {
    Problem problem = refusal(engine.manager().create(foreign(root))).first();
    assertEquals("IMAGE_FOR_OTHER_PLATFORM", problem.code());
    assertEquals(Problem.Kind.USER, problem.kind());
    assertEquals(root.contains("layout") ? "root.layout" : "root.image", problem.path());
    assertEquals(
        "this image is for linux/riscv64, linux/arm64, linux/mips64 and the node is linux/amd64; to"
            + " have it emulated, write executor: cross-arch and options: {platform: linux/arm64},"
            + " or emulation: allow in the node's config, for all tasks that name no executor",
        problem.message());
    assertEquals(List.of(), engine.images.pulled);
    assertNothingIsLeft();
  }

  @Test
  void theExecutorOfTheNodeByNameIsRefusedAlsoWhereEmulationIsAllowed() {
    allowEmulation();
    Problem problem =
        refusal(
                engine
                    .manager()
                    .create(foreign("executor: native-container", "root: {image: foreign}")))
            .first();
    assertEquals("IMAGE_FOR_OTHER_PLATFORM root.image", problem.code() + " " + problem.path());
    assertTrue(problem.message().endsWith("{platform: linux/arm64}"), problem.message());
    assertEquals(List.of(), engine.images.pulled);
    assertNothingIsLeft();
  }

  @Test
  void onlyWhatEmulatesIsToldOfItsOption() {
    Problem problem =
        refusal(engine.manager().create(foreign("executor: emulator", "root: {image: foreign}")))
            .first();
    assertEquals("NO_MATCHING_PLATFORM root.image", problem.code() + " " + problem.path());
    assertFalse(problem.message().contains("options."), problem.message());
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void withoutAnEmulatorNoneIsOffered(boolean allowed) {
    engine.executors.emulates = false;
    engine.emulation = allowed;
    engine.restart();
    Problem problem = refusal(engine.manager().create(foreign("root: {image: foreign}"))).first();
    assertEquals("IMAGE_FOR_OTHER_PLATFORM", problem.code());
    assertFalse(problem.message().contains("cross-arch"), problem.message());
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @CsvSource({"linux/riscv64, linux/riscv64", "arm64/v8, linux/arm64"})
  void anOptionDecides(String option, String platform) {
    await(
        engine
            .manager()
            .create(
                foreign(
                    "executor: cross-arch",
                    "root: {image: foreign}",
                    "options: {platform: " + option + "}")));
    assertEquals(List.of(platform), engine.images.pulled);
    assertEquals(
        List.of("emulate", platform, platform.substring(6)), blueprint().seed().process().args());
    assertEquals(Optional.empty(), blueprint().emulation());
    assertEquals(Optional.of("sha256:" + platform.substring(6)), blueprint().imageDigest());
  }

  @Test
  void anImageWithoutThePlatformOfTheOptionIsRefused() {
    Problem problem =
        refusal(
                engine
                    .manager()
                    .create(
                        foreign(
                            "executor: cross-arch",
                            "root: {image: foreign}",
                            "options: {platform: s390x}")))
            .first();
    assertEquals("NO_MATCHING_PLATFORM root.image", problem.code() + " " + problem.path());
    assertTrue(problem.message().endsWith(" by options.platform"), problem.message());
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {"root: {image: foreign}", "root: {layout: /foreign}"})
  void whereEmulationIsAllowedItIsChosen(String root) {
    allowEmulation();
    TaskDocument document = foreign(root);

    TaskView view = await(engine.manager().create(document));

    assertEquals("cross-arch", view.executor());
    assertEquals(List.of("emulate", "linux/arm64", "arm64"), blueprint().seed().process().args());
    assertEquals(Optional.of(new Emulation("platform", "linux/arm64")), blueprint().emulation());
    assertTrue(blueprint().userNamespace());
    assertEquals(NetworkNamespaces.Kind.OWN_WITH_USERS, engine.namespaces.kinds.get("guest"));
    assertEquals(document, engine.manager().record("guest").orElseThrow().document());
    TaskDocument shown = blueprint().withChoices(document);
    assertEquals(Optional.of("cross-arch"), shown.executor());
    assertEquals("linux/arm64", shown.options().path("platform").asText());
  }

  @Test
  void theDocumentStaysTheOneToCompareWith() {
    allowEmulation();
    List<TaskDocument> documents = List.of(foreign("root: {image: foreign}"));
    List<Change> first = await(engine.manager().apply(documents, false, false, false));
    assertEquals(List.of(), first.get(0).problems());
    List<Change> again = await(engine.manager().apply(documents, false, false, false));
    assertEquals(Change.Action.NONE, again.get(0).action());
    List<Change> other =
        await(
            engine
                .manager()
                .apply(
                    List.of(foreign("root: {image: foreign}", "env: {A: b}")), true, false, false));
    assertEquals(List.of(), other.get(0).problems());
    assertEquals("env.A", other.get(0).fields().get(0).path());
  }

  @Test
  void anImageForTheNodeIsNotEmulated() {
    allowEmulation();
    TaskView view = await(engine.manager().create(foreign("root: {image: web}")));
    assertEquals("native-container", view.executor());
    assertEquals(Optional.empty(), blueprint().emulation());
  }

  @Test
  void optionsOfTheOtherExecutorAreRefused() {
    allowEmulation();
    Problem problem =
        refusal(engine.manager().create(foreign("root: {image: foreign}", "options: {level: 1}")))
            .first();
    assertEquals("UNKNOWN_KEY options.level", problem.code() + " " + problem.path());
    assertNothingIsLeft();
  }
}
