package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.output.OutputBounds;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

class NodeConfigReaderTest {

  private static final byte[] LOOPBACK_6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

  private static NodeConfig parse(String text) {
    return NodeConfigReader.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> problems(String text) {
    TaskException failure = assertThrows(TaskException.class, () -> parse(text));
    return failure.problems().stream()
        .map(problem -> problem.code() + " " + problem.path())
        .toList();
  }

  @Test
  void theConfigThatIsShippedSaysWhatHoldsWithoutAny() throws IOException {
    String shipped = Files.readString(Path.of("src/packaging/conf/taskd.yaml"));
    assertEquals(parse(""), parse(shipped));
  }

  @Test
  void withoutAnyKeyTheUsualDirectoriesHold() {
    NodeConfig config = parse("{}");
    assertEquals(Path.of("/var/lib/taskmanager"), config.stateDirectory());
    assertEquals(Path.of("/run/taskmanager/taskd.sock"), config.socket());
    assertEquals(new NodeConfig.Containerd.Private(), config.containerd());
    assertEquals(Policy.DEFAULT.directories(), config.policy().directories());
    assertEquals(Level.INFO, config.logLevel());
  }

  @Test
  void placesFollowTheDirectoriesThatAreGiven() {
    NodeConfig config = parse("{stateDirectory: /s, runtimeDirectory: /r}");
    assertEquals(Path.of("/r/taskd.sock"), config.socket());
    assertEquals(Path.of("/s/plugins"), config.pluginsDirectory());
  }

  @Test
  void boundsOfLogsThatMakeNoSenseAreRefused() {
    assertEquals(List.of("WRONG_VALUE logs.perTask"), problems("logs: {perTask: 1000KiB}"));
    assertEquals(List.of("WRONG_VALUE logs.total"), problems("logs: {perTask: 8MiB, total: 4MiB}"));
    assertEquals(List.of("UNKNOWN_KEY logs.size"), problems("logs: {size: 8MiB}"));
    // The total follows where one task alone may have more.
    assertEquals(1L << 30, parse("logs: {perTask: 1GiB}").logs().total());
  }

  @Test
  void everyKeyIsRead() {
    NodeConfig config =
        parse(
            """
            socket: /x/api.sock
            pluginsDirectory: /x/plugins
            containerd: {mode: external, socket: /x/containerd.sock}
            cgroupParent: /x/tasks
            policy:
              allowHostRoot: true
              directories: [/b, /a]
              devices: [/dev/ttyS*, "pci:0000:AF:00.0"]
              trustedPlugins: ["sha256:0000000000000000000000000000000000000000000000000000000000000000"]
              grants:
                bundled: {capabilities: [CAP_NET_ADMIN], namespaces: [pid], hostPaths: [/dev/x],
                  devices: [/dev/net/*]}
            cdi: {directories: [/x/cdi]}
            reserve: {memory: 1GiB}
            logs: {perTask: 2MiB, total: 32MiB, reserve: 0}
            executors: {some-emulator: {tools: "registry.example/tools:1"}}
            emulation: allow
            init: /x/init
            log: {level: debug, format: json}
            metrics: {listen: "127.0.0.1:9464"}
            """);
    assertEquals(Path.of("/x/api.sock"), config.socket());
    assertEquals(Path.of("/x/plugins"), config.pluginsDirectory());
    assertEquals(
        new NodeConfig.Containerd.External(Path.of("/x/containerd.sock")), config.containerd());
    assertEquals("/x/tasks", config.cgroupParent());
    assertTrue(config.policy().allowHostRoot());
    assertEquals(SortedCopies.setOf(List.of("/a", "/b")), config.policy().directories());
    assertEquals(
        SortedCopies.setOf(List.of("/dev/ttyS*", "pci:0000:af:00.0")), config.policy().devices());
    assertTrue(config.policy().trustsPlugin("sha256:" + "0".repeat(64)));
    assertTrue(config.policy().grants(Origin.BUNDLED).namespaces().contains(Namespace.PID));
    assertTrue(config.policy().grants(Origin.BUNDLED).allowsDevice("/dev/net/tun"));
    assertFalse(config.policy().grants(Origin.BUNDLED).allowsDevice("/dev/net/x/y"));
    assertEquals(List.of(Path.of("/x/cdi")), config.cdiDirectories());
    assertEquals(1L << 30, config.reservedMemoryBytes());
    assertEquals(new OutputBounds(2 << 20, 32 << 20, 0), config.logs());
    assertEquals(Map.of("some-emulator", "registry.example/tools:1"), config.tools());
    assertTrue(config.emulation());
    assertEquals(Path.of("/x/init"), config.initProgram());
    assertEquals(Level.FINE, config.logLevel());
    assertEquals(NodeConfig.LogFormat.JSON, config.logFormat());
    assertEquals(
        Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9464)),
        config.metricsListen());
  }

  @Test
  void emulationIsRefusedUnlessItIsAllowed() {
    assertFalse(parse("{}").emulation());
    assertFalse(parse("emulation: refuse").emulation());
    assertEquals(List.of("WRONG_VALUE emulation"), problems("emulation: yes"));
  }

  @Test
  void whatNoExecutorCanHaveIsRefused() {
    assertEquals(
        List.of(
            "WRONG_VALUE executors",
            "WRONG_VALUE executors.a.tools",
            "UNKNOWN_KEY executors.b.tool",
            "WRONG_TYPE executors.c"),
        problems("executors: {A b: {}, a: {tools: a b}, b: {tool: x}, c: x}").stream()
            .sorted(Comparator.comparing(text -> text.replaceAll("^\\S+ ", "")))
            .toList());
  }

  @Test
  void allFaultsAreNamedAtOnceWithTheirPlaces() {
    assertEquals(
        List.of(
            "WRONG_VALUE stateDirectory",
            "WRONG_TYPE log",
            "WRONG_VALUE containerd.mode",
            "WRONG_VALUE cgroupParent",
            "WRONG_VALUE policy.grants.bundled.capabilities[1]",
            "WRONG_VALUE policy.grants.bundled.devices[0]",
            "UNKNOWN_KEY policy.grants.other",
            "WRONG_VALUE policy.allowHostRoot",
            "WRONG_VALUE policy.directories[0]",
            "WRONG_VALUE policy.devices[1]",
            "WRONG_VALUE policy.trustedPlugins[0]",
            "WRONG_VALUE reserve.memory",
            "UNKNOWN_KEY stateDirectroy"),
        problems(
            """
            stateDirectory: var/lib
            stateDirectroy: /var/lib
            containerd: {mode: shared}
            cgroupParent: tasks
            policy:
              allowHostRoot: maybe
              directories: [/a/../b]
              devices: [/dev/kvm, kvm]
              trustedPlugins: [sha256:12]
              grants: {bundled: {capabilities: [CAP_KILL, kill], devices: ["usb:1-2"]}, other: {}}
            reserve: {memory: much}
            log: debug
            """));
  }

  @Test
  void metricsAreServedAtAnAddressAndOffWithoutOne() throws UnknownHostException {
    assertEquals(Optional.empty(), parse("{}").metricsListen());
    assertEquals(
        Optional.of(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK_6), 1)),
        parse("metrics: {listen: '[::1]:1'}").metricsListen());
    for (String wrong :
        List.of("9464", "':9464'", "localhost:9464", "1.2.3.256:1", "1.2.3.4:65536", "'[:::]:1'")) {
      assertEquals(
          List.of("WRONG_VALUE metrics.listen"),
          problems("metrics: {listen: " + wrong + "}"),
          wrong);
    }
  }

  @Test
  void aSocketOfThePrivateContainerdCannotBeChosen() {
    assertEquals(
        List.of("WRONG_VALUE containerd.socket"), problems("containerd: {socket: /x/y.sock}"));
  }

  @Test
  void whatIsNoSingleMappingIsRefused() {
    assertEquals(List.of("NOT_YAML "), problems("a: [1"));
    assertEquals(List.of("NOT_YAML "), problems("init: /a\ninit: /b\n"));
    assertEquals(List.of("NOT_ONE_DOCUMENT "), problems("init: /a\n---\ninit: /b\n"));
    assertEquals(List.of("WRONG_TYPE "), problems("- a\n"));
  }

  @Test
  void aFileThatIsNotThereIsNotFound(@TempDir Path directory) {
    TaskException failure =
        assertThrows(
            TaskException.class, () -> NodeConfigReader.read(directory.resolve("absent.yaml")));
    assertEquals(TaskException.Outcome.NOT_FOUND, failure.outcome());
  }

  @Test
  void aFileThatIsTooLargeIsRefused(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("large.yaml"), "#".repeat((1 << 20) + 1));
    TaskException failure = assertThrows(TaskException.class, () -> NodeConfigReader.read(file));
    assertEquals("TOO_LARGE", failure.first().code());
  }

  @Test
  void thePlaceOfEvesDomainManagerIsTakenByConfigOrByOption(@TempDir Path directory)
      throws IOException {
    ControllerConfig.Source run = new ControllerConfig.Source.PubSub(Path.of("/run"));
    assertEquals(run, source(parse("controller: {pubsub: /run}")));
    assertEquals(
        List.of("WRONG_VALUE controller.server"), problems("controller: {pubsub: /a, config: /b}"));
    Optional<Path> option = Optional.of(Path.of("/run"));
    Path file = Files.writeString(directory.resolve("taskd.yaml"), "");
    assertEquals(run, source(NodeConfigReader.read(file, option)));
    Files.writeString(file, "controller: {executors: {PV: xen}}");
    NodeConfig both = NodeConfigReader.read(file, option);
    assertEquals(run, source(both));
    assertEquals("{PV=xen}", both.controller().orElseThrow().executors().toString());
    Files.writeString(file, "controller: {config: /b}");
    assertThrows(TaskException.class, () -> NodeConfigReader.read(file, option));
    Files.writeString(file, "controller: none");
    assertThrows(TaskException.class, () -> NodeConfigReader.read(file, option));
  }

  private static ControllerConfig.Source source(NodeConfig config) {
    return config.controller().orElseThrow().source();
  }

  @Property
  void anyTextIsAConfigOrGivesProblemsOfItsWriter(@ForAll String text) {
    try {
      parse(text);
    } catch (TaskException e) {
      assertTrue(
          e.problems().stream().allMatch(problem -> problem.kind() == Problem.Kind.USER),
          e::getMessage);
    }
  }
}
