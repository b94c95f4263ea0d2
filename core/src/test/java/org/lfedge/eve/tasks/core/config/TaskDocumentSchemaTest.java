package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** The published schema and the reader say the same. */
class TaskDocumentSchemaTest {

  private static final JsonSchema SCHEMA = schema();

  private static JsonSchema schema() {
    try (InputStream file = TaskDocuments.class.getResourceAsStream("task-document.schema.json")) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
          .getSchema(Objects.requireNonNull(file));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Provide
  Arbitrary<ObjectNode> documents() {
    return TaskDocumentArbitraries.documents();
  }

  @Provide
  Arbitrary<Fault> faults() {
    return Arbitraries.of(Fault.all());
  }

  @Property
  void bothAcceptEveryValidDocument(@ForAll("documents") ObjectNode document) {
    assertEquals(Set.of(), SCHEMA.validate(document));
    assertEquals(1, parse(document).size());
  }

  @Property
  void bothRefuseAValidDocumentWithOneFault(
      @ForAll("documents") ObjectNode document, @ForAll("faults") Fault fault) {
    ObjectNode broken = fault.breakCopyOf(document);
    assertFalse(SCHEMA.validate(broken).isEmpty(), () -> "the schema accepts " + fault);
    assertReported(fault, assertThrows(TaskException.class, () -> parse(broken)).problems());
  }

  @Example
  void everyFaultOfTheTableIsRefusedByBoth() {
    ObjectNode document = JsonNodeFactory.instance.objectNode().put("name", "web");
    document.putObject("resources").put("memory", "64MiB");
    for (Fault fault : Fault.all()) {
      bothRefuseAValidDocumentWithOneFault(document, fault);
    }
  }

  @Provide
  Arbitrary<Map.Entry<String, String>> texts() {
    Arbitrary<String> near = Arbitraries.strings().withChars("a9.-_/:@ AéB").ofMaxLength(6);
    Arbitrary<String> amounts = Arbitraries.strings().withChars("019.KMiBhms").ofMaxLength(6);
    Arbitrary<String> urls =
        Arbitraries.strings().withChars("a9.-:/?%@# é").ofMaxLength(9).map("http://"::concat);
    return Arbitraries.oneOf(
        near.map(text -> Map.entry("name", text)),
        near.map(text -> Map.entry("displayName", text)),
        near.map(text -> Map.entry("executor", text)),
        near.map(text -> Map.entry("user", text)),
        near.map(text -> Map.entry("workingDir", text)),
        near.map(text -> Map.entry("root.image", text)),
        near.map(text -> Map.entry("root.layout", text)),
        near.map(text -> Map.entry("root.jar", text)),
        amounts.map(text -> Map.entry("resources.tax.memory", text)),
        amounts.map(text -> Map.entry("stop.grace", text)),
        near.map(text -> Map.entry("restart.policy", text)),
        amounts.map(text -> Map.entry("restart.backoff", text)),
        amounts.map(text -> Map.entry("restart.maxBackoff", text)),
        amounts.map(text -> Map.entry("restart.bootDelay", text)),
        urls.map(text -> Map.entry("health.http", text)));
  }

  @Property
  void bothAcceptTheSameTexts(@ForAll("texts") Map.Entry<String, String> text) {
    ObjectNode document = JsonNodeFactory.instance.objectNode().put("name", "web");
    document.putObject("resources").put("memory", "64MiB");
    ObjectNode parent = document;
    String[] keys = text.getKey().split("\\.", -1);
    for (int i = 0; i < keys.length - 1; i++) {
      parent = parent.withObject("/" + keys[i]);
    }
    parent.put(keys[keys.length - 1], text.getValue());
    Set<ValidationMessage> messages = SCHEMA.validate(document);
    List<Problem> problems = problems(document);
    // Bounds of what a text stands for are, most of them, beyond a schema.
    boolean agree =
        messages.isEmpty()
            ? problems.stream().allMatch(problem -> problem.code().equals("OUT_OF_RANGE"))
            : !problems.isEmpty();
    assertTrue(agree, () -> document + ": " + messages + ", " + problems);
  }

  @Provide
  Arbitrary<Set<Fault>> independentFaults() {
    return Arbitraries.of(Fault.all())
        .list()
        .uniqueElements(Fault::part)
        .ofMaxSize(12)
        .map(Set::copyOf);
  }

  @Property
  void everyOneOfSeveralIndependentFaultsIsReported(
      @ForAll("documents") ObjectNode document, @ForAll("independentFaults") Set<Fault> faults) {
    ObjectNode broken = document;
    for (Fault fault : faults) {
      broken = fault.breakCopyOf(broken);
    }
    List<Problem> problems = problems(broken);
    faults.forEach(fault -> assertReported(fault, problems));
    assertEquals(faults.isEmpty(), problems.isEmpty());
  }

  @Example
  void everyKeyOfTheSchemaHasADescription() {
    Set<String> without = new TreeSet<>();
    collectUndescribed(SCHEMA.getSchemaNode(), "", without);
    assertEquals(Set.of(), without);
  }

  private static void collectUndescribed(JsonNode schema, String path, Set<String> without) {
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              String place = path + "/" + property.getKey();
              if (!property.getValue().path("description").isTextual()) {
                without.add(place);
              }
              collectUndescribed(property.getValue(), place, without);
            });
  }

  private static void assertReported(Fault fault, List<Problem> problems) {
    assertTrue(
        problems.stream()
            .anyMatch(p -> p.path().equals(fault.path()) && p.code().equals(fault.code())),
        () -> fault + " is not among " + problems);
  }

  private static List<TaskDocument> parse(JsonNode document) {
    return TaskDocuments.parse(
        document.toString().getBytes(StandardCharsets.UTF_8), TaskDocumentArbitraries.BASE);
  }

  private static List<Problem> problems(JsonNode document) {
    try {
      parse(document);
      return List.of();
    } catch (TaskException e) {
      return e.problems();
    }
  }
}
