package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces.Kind;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;

/** Tasks whose anchor runs in an image of tools, on fakes. */
class ToolsTaskTest extends EngineTest {

  private static final String DISK = "root: {disk: {source: /srv/guest, format: qcow2}}";

  private static TaskDocument guest(String... parts) {
    return document(
        "{name: vm, resources: {memory: 64MiB}, stop: {grace: 100ms}, restart: {policy: never}, "
            + String.join(", ", parts)
            + "}");
  }

  private Blueprint made(String... parts) {
    await(engine.manager().create(guest(parts)));
    return engine.manager().record("vm").orElseThrow().blueprint().orElseThrow();
  }

  private Problem refused(String... parts) {
    Problem problem = refusal(engine.manager().create(guest(parts))).first();
    assertNothingIsLeft();
    return problem;
  }

  private static String place(Problem problem) {
    return problem.code() + " " + problem.path();
  }

  @Test
  void theAnchorRunsInTheToolsOfTheNodeAndTheRootIsMounted() {
    Blueprint blueprint = made("executor: emulator", "root: {image: web}");
    assertEquals(new RootFilesystem.Layers("chain of tools"), blueprint.root());
    assertEquals("sha256:" + "t".repeat(64), blueprint.tools().orElseThrow().digest());
    assertEquals(Optional.of("sha256:" + "2".repeat(64)), blueprint.tools().get().beside());
    assertEquals(Map.of("vm", "sha256:" + "2".repeat(64)), engine.volumes.roots);
    String spec = runtime.liveSpec("vm");
    assertTrue(spec.contains("\"source\":\"/run/volumes/vm/root.\""), spec);
    assertTrue(spec.contains("sha256:" + "t".repeat(64)), spec);
    await(engine.manager().start("vm", false));
    await(engine.manager().stop("vm", false));
    assertEquals(List.of("vm/root."), List.copyOf(engine.volumes.ready));
    engine.restart();
    assertEquals(List.of("vm/root."), List.copyOf(engine.volumes.ready));
    await(engine.manager().start("vm", false));
    await(engine.manager().delete("vm", true, false));
    assertNothingIsLeft();
  }

  @Test
  void interpretersOfTheToolsRunWhatIsInTheTasksOwnRoot() {
    Blueprint blueprint = made("executor: interpreted", "root: {image: web}", "command: [serve]");
    assertEquals(new RootFilesystem.Layers("sha256:" + "2".repeat(64)), blueprint.root());
    assertEquals(Optional.of("chain of silent"), blueprint.tools().orElseThrow().beside());
    assertEquals(Map.of("vm", "chain of silent"), engine.volumes.tools);
    assertEquals(Map.of("vm", Kind.OWN_WITH_USERS), engine.namespaces.kinds);
    assertTrue(runtime.liveSpec("vm").contains("/dev/binfmt_misc"), runtime.liveSpec("vm"));
    assertEquals(List.of(), engine.binaryFormats.tasks());
    await(engine.manager().start("vm", false));
    assertEquals(Map.of("vm", "[tst] of /run/volumes/vm/tools."), engine.binaryFormats.registered);
    await(engine.manager().stop("vm", false));
    engine.restart();
    engine.binaryFormats.registered.clear();
    await(engine.manager().start("vm", false));
    assertEquals(List.of("vm"), engine.binaryFormats.tasks());
    await(engine.manager().delete("vm", true, false));
    assertNothingIsLeft();
  }

  @Test
  void whereInterpretersServeTheWholeNodeTheTaskHasNoTable() {
    engine.binaryFormats.scope = BinaryFormats.Scope.NODE;
    made("executor: interpreted", "root: {image: web}", "command: [serve]");
    assertFalse(runtime.liveSpec("vm").contains("binfmt"), runtime.liveSpec("vm"));
    await(engine.manager().start("vm", false));
    assertEquals(List.of("vm"), engine.binaryFormats.tasks());
  }

  @Test
  void whatIsInterpretedIsNotOnTheNetworkOfTheNode() {
    engine.policy =
        new Policy(
            false,
            true,
            false,
            engine.policy.directories(),
            engine.policy.devices(),
            engine.policy.trustedPlugins(),
            engine.policy.additions());
    engine.restart();
    Problem refused =
        refused(
            "executor: interpreted",
            "root: {image: web}",
            "command: [serve]",
            "interfaces: [{network: host}]");
    assertEquals("CONFLICT interfaces[0].network", place(refused));
  }

  @Test
  void theLimitIsThatOfTheTasksOwnRoot() {
    made("executor: emulator", "root: {image: web, maxWritable: 1MiB}");
    assertEquals(Map.of("vm", "sha256:" + "2".repeat(64) + " limited"), engine.volumes.roots);
    assertEquals(List.of("vm/", "vm/root."), List.copyOf(engine.volumes.ready));
    assertEquals(
        Optional.of(new RootFilesystem.Layers("chain of tools")),
        runtime.container("vm").map(container -> container.root()));
  }

  @Test
  void aRootForReadingHasNoLayerToLimit() {
    made("executor: emulator", "root: {image: web, readOnly: true, maxWritable: 1MiB}");
    assertEquals(Map.of("vm", "sha256:" + "2".repeat(64) + " ro"), engine.volumes.roots);
    assertEquals(List.of("vm/root."), List.copyOf(engine.volumes.ready));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "root: {directory: /srv} | true",
        "root: {disk: {source: /srv/guest, format: qcow2}} | true",
        "root: {jar: /srv/a.jar} | true",
        "env: {A: b} | false"
      })
  void whateverTheRootIsItIsHandedOver(String root, boolean mounted) {
    Blueprint blueprint = made("executor: emulator", root);
    assertEquals(Optional.empty(), blueprint.tools().orElseThrow().beside());
    assertEquals(mounted, engine.volumes.ready.contains("vm/root."));
    assertEquals(mounted, runtime.liveSpec("vm").contains("/run/volumes/vm/root."));
  }

  @Test
  void whatAJarSaysOfItselfReachesTheExecutor() {
    made("executor: emulator", "root: {jar: /srv/a.jar}");
    String spec = runtime.liveSpec("vm");
    assertTrue(spec.contains("{mainClass=org.example.Main}"), spec);
  }

  @Test
  void whatIsWrongWithAJarIsSaidOfTheRoot() {
    Problem refused = refused("executor: emulator", "root: {jar: /srv/hostile.jar}");
    assertEquals("NOT_A_JAR root.jar", place(refused));
  }

  @Test
  void withoutARootAndWithoutToolsItIsTheRootOfTheNode() {
    Problem refused = refused("command: [serve]");
    assertEquals("HOST_ROOT_NOT_ALLOWED root", place(refused));
  }

  @Test
  void whatADiskSaysOfItselfReachesTheExecutor() {
    made(
        "executor: emulator", DISK, "volumes: [{name: data, source: {file: /srv/d, format: raw}}]");
    String spec = runtime.liveSpec("vm");
    assertTrue(spec.contains("{bytes=1073741824, format=qcow2}"), spec);
    assertTrue(spec.contains("{bytes=1073741824, format=raw}"), spec);
  }

  @Test
  void aDiskThatIsRefusedIsNamedByItsPlaceInTheDocument() {
    assertEquals(
        "BACKING_FILE_REFUSED root.disk",
        place(refused("executor: emulator", "root: {file: {source: /srv/hostile, format: vmdk}}")));
    assertEquals(
        "BACKING_FILE_REFUSED volumes[1].source",
        place(
            refused(
                "executor: emulator",
                "volumes: [{name: a, source: {file: /srv/a, format: raw}},"
                    + " {name: b, source: {file: /srv/hostile, format: raw}}]")));
  }

  @Test
  void aQuestionAboutWhatIsNoDiskIsAFaultOfTheExecutor() {
    for (String name : List.of("missing", "data")) {
      Problem refused =
          refused(
              "executor: emulator",
              "volumes: [{name: data, source: {file: /srv/d, format: jar}}]",
              "options: {ask: " + name + "}");
      assertEquals("EXECUTOR_FAILED", refused.code());
    }
  }

  @Test
  void toolsSayWhichExecutorTheyAreFor() {
    assertEquals("emulator", made("tools: tools").executor());
    await(engine.manager().delete("vm", false, false));
    assertEquals("EXECUTOR_NOT_NAMED executor", place(refused("tools: silent")));
    assertEquals("EXECUTOR_NOT_FOUND executor", place(refused("tools: others")));
    assertEquals("emulator", made("tools: silent", "executor: emulator").executor());
  }

  @Test
  void toolsMayBringTheExecutorAlong() {
    bring("artifact", "jvm", "/seed.json");
    engine.images.files.put(
        "/seed.json",
        """
        {"spi": "1.0", "summary": "a test", "rootKinds": ["none"],
         "seed": {"base": "tools", "process": {"args": ["/run", {"$splice": "${task.command}"}]}}}
        """
            .getBytes(StandardCharsets.UTF_8));
    Blueprint blueprint = made("tools: artifact", "command: ['${task.name}']");
    assertEquals("jvm", blueprint.executor());
    assertEquals("1.2.3", blueprint.executorVersion());
    assertEquals(Origin.TOOLS_ARTIFACT, blueprint.origin());
    assertEquals(blueprint.tools().orElseThrow().digest(), blueprint.executorDigest());
    assertEquals(List.of("/run", "${task.name}"), blueprint.seed().process().args());
    await(engine.manager().delete("vm", false, false));

    assertEquals(
        "TOOLS_MISMATCH tools", place(refused("tools: artifact", "executor: native-container")));
    bring("claims", "native-container", "/seed.json");
    assertEquals("NAME_RESERVED tools", place(refused("tools: claims")));
    bring("misses", "jvm", "/other.json");
    assertEquals("BAD_ARTIFACT tools", place(refused("tools: misses")));
  }

  private void bring(String image, String executor, String path) {
    String label = "org.lfedge.eve.tasks.executor";
    engine.images.tools.put(
        image,
        Map.of(
            label,
            executor,
            label + ".form",
            "declarative",
            label + ".path",
            path,
            label + ".spi",
            "1.0",
            "org.opencontainers.image.version",
            "1.2.3"));
  }

  @Test
  void toolsForAnotherExecutorAreRefused() {
    assertEquals(
        "TOOLS_MISMATCH tools", place(refused("executor: emulator", "tools: others", DISK)));
    assertEquals(
        "TOOLS_MISMATCH tools",
        place(
            refused(
                "executor: native-container",
                "tools: tools",
                "root: {image: web}",
                "command: [serve]")));
  }

  @Test
  void toolsForNothingAreRefusedIfTheDocumentNamesThem() {
    String[] inRoot = {"root: {image: web}", "options: {base: task}"};
    assertEquals("TOOLS_NOT_USED tools", place(refused("tools: tools", inRoot[0], inRoot[1])));
    Blueprint blueprint = made("executor: emulator", inRoot[0], inRoot[1]);
    assertEquals(Optional.empty(), blueprint.tools());
    assertEquals(Map.of(), engine.volumes.roots);
  }

  @Test
  void toolsThatAreNotHereAreFetchedAndTellTheExecutorThen() {
    assertEquals("emulator", made("tools: newer-tools", DISK).executor());
    await(engine.manager().delete("vm", false, false));
    assertEquals("REGISTRY_UNREACHABLE tools", place(refused("tools: nowhere", DISK)));
    assertEquals("DIGEST_REQUIRED tools", place(refused("tools: web", DISK)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "root: {image: web} | {mounts: 0} | ROOT_NOT_PLACED",
        "root: {image: web} | {mounts: 2} | ROOT_NOT_PLACED",
        "env: {A: b} | {mounts: 1} | ROOT_NOT_PLACED",
        "root: {image: web} | {mounts: 1, base: task} | ROOT_NOT_PLACED",
        "root: {jar: /srv/a.jar} | {base: task} | ROOT_NOT_A_FILESYSTEM",
        "env: {A: b} | {base: task} | ROOT_NOT_A_FILESYSTEM"
      })
  void aSeedThatBreaksItsContractIsAFaultOfTheExecutor(String root, String options, String code) {
    Problem refused = refused("executor: emulator", root, "options: " + options);
    assertEquals(code, refused.code());
    assertEquals(Problem.Kind.INTERNAL, refused.kind());
  }

  @Test
  void aRenderingLeavesNothing() {
    Rendering rendering =
        engine.manager().render(guest("executor: emulator", "root: {image: web}"));
    assertTrue(rendering.specJson().contains("/run/volumes/vm/root."), rendering.specJson());
    assertNothingIsLeft();
    assertEquals(Map.of(), engine.volumes.roots);
  }

  @Test
  void anotherRootOrOtherToolsNeedAnotherAnchor() {
    made("executor: emulator", DISK);
    assertEquals(Change.Action.UPDATE, change("executor: emulator", DISK, "env: {A: b}"));
    assertEquals(Change.Action.REPLACE, change("executor: emulator", DISK.replace("qcow2", "raw")));
    assertEquals(
        Change.Action.REPLACE, change("executor: emulator", DISK.replace("guest", "other")));
    assertEquals(Change.Action.REPLACE, change("executor: emulator", "tools: silent", DISK));
  }

  private Change.Action change(String... parts) {
    return await(engine.manager().apply(List.of(guest(parts)), true, false, false)).get(0).action();
  }

  @Test
  void theRecordSaysWhatTheDocumentSaid() {
    made("executor: emulator");
    TaskDocument document = engine.manager().record("vm").orElseThrow().document();
    assertEquals(new RootSource.Unsaid(), document.root());
    assertFalse(document.tools().isPresent());
  }
}
