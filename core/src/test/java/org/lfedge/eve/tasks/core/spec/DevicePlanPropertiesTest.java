package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

/** Devices in specs: whatever there is, nothing but what was granted can be opened. */
class DevicePlanPropertiesTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final List<String> PATHS =
      List.of("/dev/ttyS0", "/dev/ttyS1", "/dev/net/tun", "/dev/loop0", "/dev/dri/card0", "/dev/ä");

  /**
   * Devices as a node may have them.
   *
   * @param own nodes of the document
   * @param further nodes that the seed asks for
   * @param granted patterns for these
   */
  record Case(List<DeviceNode> own, List<DeviceNode> further, Set<String> granted) {

    Seed seed(String patch) {
      Seed.Builder seed =
          Seed.builder(Base.TASK, true, AnchorProcess.builder(List.of("/bin/x")).build());
      own.forEach(node -> seed.device(request(node)));
      further.forEach(node -> seed.device(request(node)));
      return patch.isEmpty() ? seed.build() : seed.oci(patch).build();
    }

    Grants grants() {
      Grants usual = Policy.DEFAULT.grants(Origin.BUNDLED);
      return new Grants(
          usual.origin(),
          usual.capabilities(),
          usual.namespaces(),
          usual.hostPaths(),
          SortedCopies.setOf(granted),
          false);
    }

    SpecInputs inputs() {
      SortedMap<String, DeviceNode> others = new TreeMap<>();
      // Also what is not granted: it must not be let through, whoever looked it up.
      further.forEach(node -> others.put(node.path(), node));
      return DevicePlanPropertiesTest.inputs(
          new DeviceInputs(
              own.stream().map(DevicePlanPropertiesTest::request).toList(),
              DeviceEdits.of(own),
              others));
    }
  }

  private static DeviceRequest request(DeviceNode node) {
    return new DeviceRequest.Node(node.path(), node.access());
  }

  private static SpecInputs inputs(DeviceInputs devices) {
    return new SpecInputs(
        "web",
        new UUID(1, 2),
        64 << 20,
        1000,
        "/tasks/web",
        Path.of("/run/netns/web"),
        List.of(),
        Optional.empty(),
        Path.of("/usr/lib/init"),
        "amd64",
        false,
        "vendors-own",
        Optional.empty(),
        new TreeMap<>(),
        new TreeMap<>(),
        Optional.empty(),
        devices);
  }

  private static Arbitrary<DeviceNode> nodes() {
    return Combinators.combine(
            Arbitraries.of(PATHS),
            Arbitraries.of(DeviceNode.Type.CHARACTER, DeviceNode.Type.BLOCK),
            Arbitraries.integers().between(0, 4095),
            Arbitraries.integers().between(0, 1 << 20),
            Arbitraries.of(0, 0600, 0666, 0777),
            Arbitraries.of(OptionalInt.empty(), OptionalInt.of(0), OptionalInt.of(1000)),
            Arbitraries.of("r", "w", "rw", "rwm", "m"))
        .as(
            (path, type, major, minor, mode, owner, access) ->
                new DeviceNode(path, type, major, minor, mode, owner, owner, access));
  }

  /** Its guest's memory is locked; only the seeds of machines name such devices. */
  @Example
  void anAnchorWithAPciDeviceMayLockAllOfItsMemory() {
    DeviceRequest card = new DeviceRequest.Pci("0000:03:00.0");
    for (List<DeviceRequest> asked : List.of(List.of(card), List.<DeviceRequest>of())) {
      Seed.Builder seed =
          Seed.builder(Base.TASK, true, AnchorProcess.builder(List.of("/bin/serve")).build());
      asked.forEach(seed::device);
      String spec =
          SpecAssembly.assemble(
                  seed.build(),
                  inputs(new DeviceInputs(asked, DeviceEdits.NONE, new TreeMap<>())),
                  Policy.DEFAULT.grants(Origin.BUNDLED))
              .json();
      assertEquals(!asked.isEmpty(), spec.contains("18446744073709551615"), spec);
    }
  }

  @Provide
  Arbitrary<Case> cases() {
    return Combinators.combine(
            nodes().list().uniqueElements(DeviceNode::path).ofMaxSize(6),
            Arbitraries.integers().between(0, 6),
            Arbitraries.of("/dev/ttyS*", "/dev/net/*", "/dev/*", "/dev/loop0").set().ofMaxSize(3))
        .as(
            (all, cut, granted) ->
                new Case(
                    all.subList(0, Math.min(cut, all.size())),
                    all.subList(Math.min(cut, all.size()), all.size()),
                    granted));
  }

  @Provide
  Arbitrary<String> patches() {
    return Arbitraries.of(
        "",
        "{\"linux\":{\"devices\":[{\"path\":\"/dev/sda\",\"type\":\"b\",\"major\":8,\"minor\":0}]}}",
        "{\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwm\"}]}}}",
        "{\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"b\",\"major\":8}]}}}",
        "{\"hooks\":{\"prestart\":[{\"path\":\"/bin/mknod\"}]}}");
  }

  @Property
  void whatIsGrantedIsThereOnceAndAllElseIsDenied(
      @ForAll("cases") Case devices, @ForAll("patches") String patch)
      throws JsonProcessingException {
    AssembledSpec assembled =
        SpecAssembly.assemble(devices.seed(patch), devices.inputs(), devices.grants());
    assertEquals(List.of(), OciSchema.violations(assembled.json()));
    assertEquals(assembled.spec(), RuntimeSpec.parse(assembled.json()));

    List<DeviceNode> expected = new ArrayList<>(devices.own());
    for (DeviceNode node : devices.further()) {
      boolean granted =
          devices.granted().stream()
              .anyMatch(pattern -> node.path().matches(pattern.replace("*", "[^/]*")));
      boolean listed =
          assembled.withheld().stream()
              .anyMatch(entry -> entry.what().equals("device " + node.path()));
      assertEquals(!granted, listed, node.path());
      if (granted) {
        expected.add(node);
      }
    }
    JsonNode spec = MAPPER.readTree(assembled.json());
    List<String> nodes = new ArrayList<>();
    for (JsonNode node : spec.at("/linux/devices")) {
      nodes.add(node.path("path").asText() + " " + node.path("major") + ":" + node.path("minor"));
    }
    assertEquals(
        expected.stream().map(n -> n.path() + " " + n.major() + ":" + n.minor()).toList(), nodes);
    assertFalse(spec.has("hooks"));

    JsonNode rules = spec.at("/linux/resources/devices");
    assertEquals("{\"allow\":false,\"access\":\"rwm\"}", rules.path(0).toString());
    Set<String> allowed = new LinkedHashSet<>();
    for (int i = 1; i < rules.size(); i++) {
      JsonNode rule = rules.get(i);
      assertTrue(rule.path("allow").asBoolean() && rule.has("major"), rule.toString());
      allowed.add(
          rule.path("type").asText()
              + " "
              + rule.path("major")
              + ":"
              + rule.path("minor").asText("*")
              + " "
              + rule.path("access").asText());
    }
    Set<String> wanted = new LinkedHashSet<>();
    for (String own : List.of("1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:2", "136:*")) {
      wanted.add("c " + own + " rwm");
    }
    expected.forEach(
        n -> wanted.add(n.type().letter() + " " + n.major() + ":" + n.minor() + " " + n.access()));
    assertEquals(wanted, allowed);
  }

  /** A seed that leaves a device out, widens it or takes another one is refused. */
  @Property
  void aSeedTakesWhatItsTaskHas(@ForAll("requests") List<DeviceRequest> devices) {
    Seed.Builder less =
        Seed.builder(Base.TASK, true, AnchorProcess.builder(List.of("/bin/x")).build());
    devices.subList(1, devices.size()).forEach(less::device);
    SpecInputs inputs = inputs(new DeviceInputs(devices, DeviceEdits.NONE, new TreeMap<>()));
    assertEquals("DEVICE_NOT_TAKEN", refusal(less.build(), inputs));
    Seed all = less.device(devices.get(0)).build();
    SpecAssembly.assemble(all, inputs, Policy.DEFAULT.grants(Origin.BUNDLED));
    assertEquals(
        "DEVICE_NOT_TAKEN", refusal(less.device(new DeviceRequest.Nic("more")).build(), inputs));
  }

  @Provide
  Arbitrary<List<DeviceRequest>> requests() {
    return SeedArbitraries.devices()
        .list()
        .uniqueElements(SeedArbitraries::identity)
        .ofMinSize(1)
        .ofMaxSize(5);
  }

  private static String refusal(Seed seed, SpecInputs inputs) {
    return assertThrows(
            TaskException.class,
            () -> SpecAssembly.assemble(seed, inputs, Policy.DEFAULT.grants(Origin.BUNDLED)))
        .first()
        .code();
  }

  @Example
  void whatCdiBringsIsMerged() throws JsonProcessingException {
    DeviceNode node =
        new DeviceNode(
            "/dev/vendor0",
            DeviceNode.Type.CHARACTER,
            240,
            0,
            0666,
            OptionalInt.empty(),
            OptionalInt.empty(),
            "r");
    DeviceEdits edits =
        new DeviceEdits(
            List.of(node, node.allowing("w"), at("/dev/null", node)),
            List.of("PATH=/vendor", "GPU=0"),
            List.of(
                new DeviceEdits.Bind("/usr/lib/v.so", "/lib/v.so", Optional.empty(), List.of("ro")),
                new DeviceEdits.Bind("/x", "/proc/x", Optional.empty(), List.of("rbind"))),
            List.of(
                new DeviceEdits.Hook(
                    "createContainer",
                    "/bin/hook",
                    List.of("hook", "x"),
                    List.of(),
                    OptionalInt.of(5))),
            List.of(44));
    List<DeviceRequest> asked = List.of(new DeviceRequest.Cdi("vendor.com/gpu=0"));
    AnchorProcess process =
        AnchorProcess.builder(List.of("/bin/x"))
            .env(List.of("PATH=/bin", "A=b"))
            .user(new User(1000, 100, List.of(44)))
            .build();
    AssembledSpec assembled =
        SpecAssembly.assemble(
            Seed.builder(Base.TASK, true, process).device(asked.get(0)).build(),
            inputs(new DeviceInputs(asked, edits, new TreeMap<>())),
            Policy.DEFAULT.grants(Origin.BUNDLED));
    assertEquals(List.of(), OciSchema.violations(assembled.json()));
    JsonNode spec = MAPPER.readTree(assembled.json());
    assertEquals("[\"A=b\",\"PATH=/vendor\",\"GPU=0\"]", spec.at("/process/env").toString());
    assertEquals("[44]", spec.at("/process/user/additionalGids").toString());
    assertEquals(1, spec.at("/linux/devices").size());
    assertEquals(1000, spec.at("/linux/devices/0/uid").asInt());
    assertEquals("rw", spec.at("/linux/resources/devices/9/access").asText());
    assertEquals(
        "{\"createContainer\":[{\"path\":\"/bin/hook\",\"args\":[\"hook\",\"x\"],\"timeout\":5}]}",
        spec.path("hooks").toString());
    assertTrue(
        assembled
            .json()
            .contains(
                "{\"destination\":\"/lib/v.so\",\"type\":\"bind\",\"source\":\"/usr/lib/v.so\","
                    + "\"options\":[\"ro\",\"rbind\"]}"),
        assembled.json());
    assertEquals(
        List.of("device /dev/null", "mount /proc/x of a device"),
        assembled.withheld().stream().map(entry -> entry.what()).toList());
  }

  private static DeviceNode at(String path, DeviceNode node) {
    return new DeviceNode(
        path, node.type(), node.major(), node.minor(), 0666, node.uid(), node.gid(), "rw");
  }
}
