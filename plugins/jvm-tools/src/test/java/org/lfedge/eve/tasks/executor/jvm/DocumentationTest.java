package org.lfedge.eve.tasks.executor.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;

/** What users are told is what there is. */
class DocumentationTest {

  private static List<String> lines() throws IOException {
    return Files.readAllLines(Path.of("../../docs/jvm.md"));
  }

  private static String row(Option option) {
    String type =
        option.choices().isEmpty()
            ? option.type().name().toLowerCase(Locale.ROOT).replace("string_list", "list of string")
            : String.join(", ", option.choices().stream().map(one -> "`" + one + "`").toList());
    return "| `" + option.name() + "` | " + type + " | " + option.doc() + " |";
  }

  @Test
  void eachOptionIsInTheTable() throws IOException {
    List<String> lines = lines();
    int start = lines.indexOf("| option | type | meaning |") + 2;
    List<String> rows = lines.stream().skip(start).takeWhile(line -> line.startsWith("|")).toList();
    assertEquals(
        new JvmExecutor().info().options().stream().map(DocumentationTest::row).toList(), rows);
  }

  @Test
  void eachPartOfTheTaxIsInTheTable() throws IOException, SeedException {
    AnchorTax tax = Requests.jar().option("archive", true).withInit().seed().tax();
    List<String> lines = lines();
    for (AnchorTax.Part part : tax.parts()) {
      assertTrue(
          lines.stream().anyMatch(line -> line.startsWith("| `" + part.name() + "` |")),
          part.name());
    }
    for (String fixed : List.of("jvm", "compilers", "archive", "init")) {
      AnchorTax.Part part =
          tax.parts().stream().filter(one -> one.name().equals(fixed)).findFirst().orElseThrow();
      String cell = "| `" + part.name() + "` | " + (part.bytes() >> 20) + " MiB |";
      assertTrue(lines.stream().anyMatch(line -> line.startsWith(cell)), cell);
    }
  }
}
