package org.lfedge.eve.tasks.core.declarative;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/declarative-executors.md} and the schema say what is so. */
class DeclarativeGuideTest {

  private static final Pattern CODE =
      Pattern.compile("\"([A-Z]+_[A-Z_]+|MISSING|CONFLICT|UNSUPPORTED)\"");

  @Test
  void theExampleIsValidByTheSchemaToo() {
    assertEquals(Set.of(), SeedJsonSchema.validate(Declarations.example()));
  }

  @Test
  void everyCodeIsExplained() throws IOException {
    String explained = Declarations.guide().split("## Problems", -1)[1];
    Path sources =
        Path.of(System.getProperty("basedir", "."))
            .resolve("src/main/java/org/lfedge/eve/tasks/core/declarative");
    try (Stream<Path> files = Files.list(sources)) {
      for (Path file : files.sorted().toList()) {
        CODE.matcher(Files.readString(file))
            .results()
            .map(found -> found.group(1))
            .forEach(code -> assertTrue(explained.contains("`" + code + "`"), code));
      }
    }
  }

  @Test
  void everyNameThatAPlaceholderMayUseIsInTheTable() {
    String table =
        Declarations.guide().split("## Placeholders", -1)[1].split("## Directives", -1)[0];
    Set<String> names = new TreeSet<>();
    Vocabulary.ofSeeds(List.of(), new TreeSet<>(), List.of("jsonFile"))
        .forEach((name, shape) -> collect(name, shape, names));
    names.remove("0");
    Set<String> missing =
        names.stream()
            .filter(name -> !Pattern.compile("[`.]" + name + "`").matcher(table).find())
            .filter(name -> !table.contains("`" + name + "."))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), missing);
  }

  private static void collect(String name, Shape shape, Set<String> names) {
    names.add(name);
    if (shape instanceof Shape.ListOf list) {
      collect(name, list.element(), names);
    } else if (shape instanceof Shape.Members object) {
      object.members().forEach((key, member) -> collect(key, member, names));
    }
  }

  @Test
  void everyKeyOfTheSchemaHasADescription() {
    Set<String> without = new TreeSet<>();
    JsonNode schema = SeedJsonSchema.tree();
    undescribed(schema, "", without);
    schema
        .path("$defs")
        .properties()
        .forEach(
            definition -> {
              if (definition.getKey().endsWith("Object")) {
                undescribed(definition.getValue(), definition.getKey(), without);
              }
            });
    assertEquals(Set.of(), without);
  }

  private static void undescribed(JsonNode schema, String path, Set<String> without) {
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              if (!property.getValue().path("description").isTextual()) {
                without.add(path + "/" + property.getKey());
              }
              undescribed(property.getValue(), path + "/" + property.getKey(), without);
              undescribed(
                  property.getValue().path("items"), path + "/" + property.getKey(), without);
            });
  }
}
