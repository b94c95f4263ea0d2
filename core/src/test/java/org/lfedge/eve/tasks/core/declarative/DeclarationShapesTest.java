package org.lfedge.eve.tasks.core.declarative;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.declarative.Declarations.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.seedprotocol.SeedCodec;
import org.lfedge.eve.tasks.core.spec.SeedArbitraries;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;

/** What a file is held against when it is read is what requests and seeds really are. */
class DeclarationShapesTest {

  private static final Declaration DECLARATION = declaration();

  private static Declaration declaration() {
    ObjectNode file = Declarations.withArgs("[\"/bin/true\"]");
    file.set("rootKinds", json("[\"image\",\"directory\",\"bundle\",\"host\",\"file\",\"none\"]"));
    file.set(
        "options",
        json(
            """
            [{"name": "a", "type": "string", "doc": ""}, {"name": "b", "type": "integer", "doc": ""},
             {"name": "c", "type": "boolean", "doc": ""}, {"name": "d", "type": "size", "doc": ""},
             {"name": "e", "type": "duration", "doc": ""},
             {"name": "f", "type": "string_list", "doc": ""},
             {"name": "g", "type": "platform", "doc": ""}]
            """));
    file.set(
        "facts",
        json(
            """
            [{"jsonFile": {"path": "config.json"}}, {"pciDevice": {"address": "0000:03:00.0"}},
             {"usbDevice": {"id": "1-2"}}, {"diskImage": {}}, {"hostDevice": {"path": "/dev/kvm"}}]
            """));
    return Declarations.read(file);
  }

  private static final SortedMap<String, Shape> NAMES =
      Vocabulary.ofSeeds(
          DECLARATION.info().options(),
          DECLARATION.info().rootKinds(),
          List.of("jsonFile", "pciDevice", "usbDevice", "diskImage", "hostDevice"));

  private static ObjectNode context(Root.Kind kind, long seed) {
    SeedRequest request = SampleRequests.of(DECLARATION.info(), kind, seed);
    List<FactQuery> questions =
        List.of(
            new FactQuery.JsonFile("config.json"),
            new FactQuery.PciDevice("0000:03:00.0"),
            new FactQuery.UsbDevice("1-2"),
            new FactQuery.DiskImage(Optional.empty()),
            new FactQuery.HostDevice("/dev/kvm"),
            new FactQuery.JarFile(Optional.empty(), Optional.empty()));
    return Contexts.of(request, DECLARATION, questions);
  }

  @Property
  void everythingInARequestHasAShape(@ForAll Root.Kind kind, @ForAll long seed) {
    Set<String> seen = new TreeSet<>();
    ObjectNode context = context(kind, seed);
    // Placeholders name the question of a fact and the options of a task in another place.
    context.get("facts").forEach(fact -> ((ObjectNode) fact).remove("query"));
    ((ObjectNode) context.get("task")).remove("options");
    hold(context, new Shape.Members(NAMES), "", seen);
  }

  @Example
  void everyShapeIsOfSomethingInARequest() {
    Set<String> known = new TreeSet<>();
    collect(new Shape.Members(NAMES), "", known);
    Set<String> seen = new TreeSet<>();
    for (Root.Kind kind : Root.Kind.values()) {
      for (long seed = 0; seed < 40; seed++) {
        ObjectNode context = context(kind, seed);
        context.get("facts").forEach(fact -> ((ObjectNode) fact).remove("query"));
        ((ObjectNode) context.get("task")).remove("options");
        hold(context, new Shape.Members(NAMES), "", seen);
      }
    }
    assertEquals(known, seen);
  }

  private static void hold(JsonNode value, Shape shape, String place, Set<String> seen) {
    seen.add(place);
    if (shape instanceof Shape.Scalar scalar) {
      boolean fits =
          switch (scalar.kind()) {
            case TEXT -> value.isTextual();
            case INTEGER -> value.isIntegralNumber() && value.canConvertToLong();
            case BOOLEAN -> value.isBoolean();
          };
      assertTrue(fits, () -> place + " is " + value);
      assertTrue(
          scalar.choices().isEmpty() || scalar.choices().contains(value.asText()),
          () -> place + " is " + value);
    } else if (shape instanceof Shape.ListOf list) {
      assertTrue(value.isArray(), () -> place + " is " + value);
      value.forEach(element -> hold(element, list.element(), place + "[]", seen));
    } else if (shape instanceof Shape.Members object) {
      for (var member : object.members().entrySet()) {
        // Facts are a list, of which each element has a shape of its own.
        JsonNode child =
            value.isArray()
                ? value.get(Integer.parseInt(member.getKey()))
                : value.get(member.getKey());
        if (child != null) {
          hold(child, member.getValue(), place + "." + member.getKey(), seen);
        }
      }
      value
          .fieldNames()
          .forEachRemaining(key -> assertTrue(object.members().containsKey(key), key));
    } else {
      value.forEach(text -> assertTrue(text.isTextual(), () -> place + " is " + value));
    }
  }

  private static void collect(Shape shape, String place, Set<String> known) {
    known.add(place);
    if (shape instanceof Shape.ListOf list) {
      collect(list.element(), place + "[]", known);
    } else if (shape instanceof Shape.Members object) {
      object.members().forEach((key, member) -> collect(member, place + "." + key, known));
    }
  }

  @Provide
  Arbitrary<Seed> seeds() {
    return SeedArbitraries.seedsWithVolumes();
  }

  /** Every seed can be written in a file, and comes out of it as it was. */
  @Property
  void everySeedIsOfTheForm(@ForAll("seeds") Seed seed) throws SeedException {
    ObjectNode json = SeedCodec.toJson(seed);
    // A patch is an object here; what the generator has of them is not always JSON.
    json.remove("oci");
    json.putObject("oci").putObject("process").putArray("args").add(1.5).addNull();
    Findings findings = new Findings();
    Expression read =
        new ExpressionReader(findings).read(withoutPlaceholders(json), "seed", new TreeMap<>());
    ObjectNode file = Declarations.withSeed("{}");
    file.set("seed", withoutPlaceholders(json));
    assertEquals(Set.of(), SeedJsonSchema.validate(file));
    new FormCheck(findings).check(read, SeedForm.SEED);
    assertDoesNotThrow(findings::throwIfAny);
    assertEquals(Optional.of(json), Expansion.expand(read, JsonNodeFactory.instance.objectNode()));
  }

  /** The same, with texts that look like placeholders taken apart, as the guide says. */
  private static JsonNode withoutPlaceholders(JsonNode tree) {
    if (tree.isTextual() && tree.textValue().contains("${")) {
      ObjectNode join = JsonNodeFactory.instance.objectNode();
      ArrayNode parts = join.putArray("$join");
      Arrays.stream(tree.textValue().split("(?<=\\$)", -1)).forEach(parts::add);
      return join;
    }
    if (tree.isArray()) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      tree.forEach(element -> list.add(withoutPlaceholders(element)));
      return list;
    }
    if (tree.isObject()) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      tree.properties().forEach(m -> object.set(m.getKey(), withoutPlaceholders(m.getValue())));
      return object;
    }
    return tree;
  }
}
