package org.lfedge.eve.tasks.core.eve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.statistics.Statistics;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;

class DomainConfigPropertiesTest {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final NodeRules RULES = new NodeRules(NodeRules.usual(false), 4);

  @Provide
  Arbitrary<Domains> domains() {
    Arbitrary<byte[]> image =
        Arbitraries.frequencyOf(
                Tuple.of(
                    8,
                    Arbitraries.just(
                        "{\"config\": {\"Cmd\": [\"sh\"], \"Env\": [\"A=b\", \"C=\"]}}")),
                Tuple.of(
                    1,
                    Arbitraries.of(
                        "{}",
                        "{",
                        "{\"config\": {\"Cmd\": [1], \"Env\": \"x\"}}",
                        "{\"config\": {\"Cmd\": [\"\"], \"Env\": [\"=\", \"no\"], \"User\": \"a b\"}}",
                        "{\"config\": {\"Cmd\": [\"x\"], \"WorkingDir\": \"here\"}}")))
            .map(text -> text.getBytes(UTF_8));
    return Combinators.combine(
            configs().list().ofMaxSize(3), image, Arbitraries.of(true, true, true, false))
        .as(DomainConfigPropertiesTest::domains);
  }

  private static Domains domains(List<ObjectNode> configs, byte[] image, boolean whole) {
    SortedMap<String, DomainConfig> all = new TreeMap<>();
    IntStream.range(0, configs.size())
        .forEach(
            i -> {
              String id = EdgeConfigArbitraries.id(i);
              configs.get(i).putObject("UUIDandVersion").put("UUID", id).put("Version", "1");
              all.put(id, DomainConfig.parse(configs.get(i).toString().getBytes(UTF_8), id));
            });
    SortedMap<String, byte[]> images = new TreeMap<>();
    images.put("/v/a#0.container/image-config.json", image);
    return new Domains(all, images, new TreeMap<>(), whole, new TreeSet<>());
  }

  /** Mostly what EVE writes, and now and then something of another type. */
  private static Arbitrary<JsonNode> mostly(Arbitrary<? extends JsonNode> usual) {
    Arbitrary<JsonNode> others =
        Arbitraries.of(
            JSON.nullNode(),
            JSON.textNode("x"),
            JSON.numberNode(-1),
            JSON.numberNode(1L << 40),
            JSON.numberNode(0.5),
            JSON.arrayNode().add(1),
            JSON.objectNode());
    return Arbitraries.frequencyOf(Tuple.of(40, usual.map(node -> node)), Tuple.of(1, others));
  }

  private static Arbitrary<JsonNode> numbers(long... of) {
    return mostly(
        Arbitraries.of(IntStream.range(0, of.length).mapToObj(i -> of[i]).toList())
            .map(JSON::numberNode));
  }

  private static Arbitrary<JsonNode> texts(String... of) {
    return mostly(Arbitraries.of(of).map(JSON::textNode));
  }

  private static Arbitrary<JsonNode> flags() {
    return mostly(Arbitraries.of(true, false).map(JSON::booleanNode));
  }

  private static Arbitrary<JsonNode> rarely() {
    return Arbitraries.frequencyOf(
        Tuple.of(15, Arbitraries.just(JSON.booleanNode(false))), Tuple.of(1, flags()));
  }

  private static Arbitrary<ObjectNode> struct(SortedMap<String, Arbitrary<JsonNode>> fields) {
    List<String> names = List.copyOf(fields.keySet());
    return Combinators.combine(List.copyOf(fields.values()))
        .as(
            values -> {
              ObjectNode object = JSON.objectNode();
              IntStream.range(0, names.size())
                  .forEach(i -> object.set(names.get(i), values.get(i)));
              return object;
            });
  }

  private static Arbitrary<JsonNode> list(Arbitrary<ObjectNode> of, int most) {
    return mostly(of.list().ofMaxSize(most).map(all -> JSON.arrayNode().addAll(all)));
  }

  private static Arbitrary<ObjectNode> configs() {
    SortedMap<String, Arbitrary<JsonNode>> fields = new TreeMap<>();
    fields.put(
        "DisplayName",
        Arbitraries.of("web", "", "a\nb", "x".repeat(300), "\u00e4 \u0007").map(JSON::textNode));
    fields.put("Activate", Arbitraries.of(true, false).map(JSON::booleanNode));
    fields.put("AppNum", Arbitraries.of(0, 1).map(JSON::numberNode));
    fields.put("Memory", numbers(65536, 1024, 1 << 20, 0));
    fields.put("VCpus", numbers(0, 1, 2, 100));
    fields.put("VirtualizationMode", numbers(0, 1, 2, 3, 4, 4, 4, 5, 9));
    fields.put("EnableVnc", flags());
    fields.put("CPUsPinned", rarely());
    fields.put("VMMMaxMem", numbers(0, 0, 102_400));
    fields.put("BootLoader", texts("", "/usr/lib/xen/boot/ovmf.bin", "/x/OVMF_CODE.fd"));
    fields.put("Kernel", texts(""));
    fields.put("EnforceNetworkInterfaceOrder", flags());
    fields.put("EnableOemWinLicenseKey", rarely());
    fields.put("Service", rarely());
    fields.put("IsCipher", rarely());
    fields.put("RestartCounter", numbers(0, 1));
    fields.put("PurgeCounter", numbers(0, 1));
    fields.put("MetaDataType", numbers(0, 0, 1, 2, 3));
    fields.put(
        "pubsub-large-CloudInitUserData",
        texts("", base64("A=b"), base64("#cloud-config\nruncmd: [A=b]"), base64("#!/bin/sh"), "%"));
    fields.put("DiskConfigList", list(disks(), 3));
    fields.put("VifList", list(interfaces(), 2));
    fields.put("IoAdapterList", Arbitraries.just(JSON.nullNode()));
    fields.put("SomethingNew", texts("later"));
    return struct(fields);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  private static Arbitrary<ObjectNode> disks() {
    SortedMap<String, Arbitrary<JsonNode>> fields = new TreeMap<>();
    fields.put(
        "FileLocation", texts("/v/a#0.container", "/v/a#0.container", "/v/b", "/v/../c", "d"));
    fields.put("Format", numbers(8, 8, 8, 1, 3, 9, 4));
    fields.put("ReadOnly", flags());
    fields.put("MountDir", texts("", "/", "/data", "data", "/proc"));
    fields.put("Target", numbers(0, 1, 1, 1, 5, 2));
    fields.put("DisplayName", texts("disk"));
    return struct(fields);
  }

  private static Arbitrary<ObjectNode> interfaces() {
    SortedMap<String, Arbitrary<JsonNode>> fields = new TreeMap<>();
    fields.put("Bridge", texts("bn1", "eth1", "bn1", "no bridge"));
    fields.put("Vif", texts("nbu1x1"));
    fields.put("Mac", texts("ABY+AAEC", "ABY+AAED", "", "AQAAAAAA", "AA==", "%"));
    fields.put("MTU", numbers(0, 1500, 65_535));
    fields.put("VifOrder", numbers(0, 1, 2));
    return struct(fields);
  }

  @Property
  void everyDomainBecomesAValidTaskOrNamesWhatIsWrong(@ForAll("domains") Domains domains) {
    Wanted wanted = DomainConfigs.map(domains, new TreeSet<>(), RULES);
    assertEquals(
        List.copyOf(domains.configs().keySet()), wanted.apps().stream().map(App::id).toList());
    for (App app : wanted.apps()) {
      assertEquals(app.document().isEmpty(), !app.problems().isEmpty(), app.toString());
      app.document()
          .ifPresent(
              document -> {
                assertEquals(app.id(), document.name());
                assertEquals(document, TaskDocuments.fromJson(TaskDocuments.toJson(document)));
              });
      for (Problem problem : app.problems()) {
        assertEquals(Problem.Kind.USER, problem.kind());
        assertFalse(problem.message().isBlank());
        assertFalse(problem.path().isBlank());
      }
      Statistics.collect(app.document().isPresent() ? "a task" : "problems");
    }
  }

  @Property
  void equalDomainsAreMappedAlike(@ForAll("domains") Domains domains) {
    SortedMap<String, DomainConfig> again = new TreeMap<>();
    domains
        .configs()
        .forEach(
            (id, config) ->
                again.put(id, DomainConfig.parse(config.json().toString().getBytes(UTF_8), id)));
    Domains same =
        new Domains(again, domains.images(), domains.unreadable(), domains.whole(), domains.gone());
    assertEquals(
        DomainConfigs.map(domains, new TreeSet<>(), RULES),
        DomainConfigs.map(same, new TreeSet<>(), RULES));
  }
}
