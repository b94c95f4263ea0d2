package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/task-document.md} says what is so. */
class TaskDocumentReferenceTest {

  private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([A-Za-z.]+)` \\|.*\\|.*\\|");

  @Test
  void everyExampleIsValid() throws IOException {
    List<String> examples =
        YAML.matcher(reference()).results().map(found -> found.group(1)).toList();
    assertEquals(10, examples.size());
    List<String> names =
        examples.stream()
            .flatMap(
                text ->
                    TaskDocuments.parse(text.getBytes(StandardCharsets.UTF_8), Path.of("/srv"))
                        .stream())
            .map(TaskDocument::name)
            .toList();
    assertEquals(
        List.of(
            "hello",
            "web",
            "node-report",
            "router",
            "collector-next",
            "router-next",
            "router-with-a-disk-of-its-own",
            "sensor",
            "shop",
            "collector",
            "gateway",
            "modbus"),
        names);
  }

  @Test
  void everyKeyOfTheSchemaIsInTheTableAndNoOther() throws IOException {
    String keys = reference().split("## Keys", -1)[1].split("## Values", -1)[0];
    Set<String> documented =
        ROW.matcher(keys)
            .results()
            .map(row -> row.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> inSchema = new TreeSet<>();
    try (InputStream file = TaskDocuments.class.getResourceAsStream("task-document.schema.json")) {
      collect(new ObjectMapper().readTree(Objects.requireNonNull(file)), "", inSchema);
    }
    inSchema.add("env.KEY.secret.file");
    inSchema.removeAll(Set.of("resources", "resources.tax", "stop"));
    assertEquals(inSchema, documented);
  }

  @Test
  void everyCodeOfTheTableOfFaultsIsExplained() throws IOException {
    String problems = reference().split("## Problems", -1)[1];
    for (Fault fault : Fault.all()) {
      assertTrue(problems.contains("| `" + fault.code() + "` |"), fault.code());
    }
  }

  private static void collect(JsonNode schema, String prefix, Set<String> keys) {
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              keys.add(prefix + property.getKey());
              collect(property.getValue(), prefix + property.getKey() + ".", keys);
              collect(property.getValue().path("items"), prefix + property.getKey() + ".", keys);
            });
  }

  private static String reference() throws IOException {
    Path module = Path.of(System.getProperty("basedir", "."));
    return Files.readString(module.resolve("../docs/task-document.md"));
  }
}
