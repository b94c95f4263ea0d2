package org.lfedge.eve.tasks.executor.crossarch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;

/** What users are told is what there is. */
class DocumentationTest {

  private static List<String> lines() throws IOException {
    return Files.readAllLines(Path.of("../../docs/cross-arch.md"));
  }

  private static String row(Option option) {
    return "| `%s` | %s | %s |"
        .formatted(option.name(), option.type().name().toLowerCase(Locale.ROOT), option.doc());
  }

  @Test
  void eachOptionIsInTheTable() throws IOException {
    List<String> lines = lines();
    int start = lines.indexOf("| option | type | meaning |") + 2;
    List<String> rows = lines.stream().skip(start).takeWhile(line -> line.startsWith("|")).toList();
    assertEquals(
        new CrossArchExecutor().info().options().stream().map(DocumentationTest::row).toList(),
        rows);
  }

  @Test
  void eachPartOfTheTaxIsInTheTable() throws IOException, SeedException {
    AnchorTax tax = Requests.image("arm64").with("init", true).option("processes", 1).seed().tax();
    for (AnchorTax.Part part : tax.parts()) {
      String begin = "| `%s` | %d MiB ".formatted(part.name(), part.bytes() >> 20);
      assertTrue(lines().stream().anyMatch(line -> line.startsWith(begin)), begin);
    }
  }

  @Test
  void eachArchitectureIsNamed() throws IOException {
    String words =
        Stream.of(Architecture.values())
            .map(Architecture::word)
            .sorted()
            .collect(Collectors.joining(", "))
            .replaceFirst(", ([^,]*)$", " and $1");
    assertTrue(lines().stream().anyMatch(line -> line.contains("Emulated are " + words)), words);
  }
}
