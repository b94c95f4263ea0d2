package org.lfedge.eve.tasks.executor.xen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.View;

/** What users are told is what there is. */
class DocumentationTest {

  private static List<String> lines() throws IOException {
    return Files.readAllLines(Path.of("../../docs/xen.md"));
  }

  private static String row(Option option) {
    String type =
        option.choices().isEmpty()
            ? option.type().name().toLowerCase(Locale.ROOT)
            : String.join(", ", option.choices().stream().map(one -> "`" + one + "`").toList());
    return "| `" + option.name() + "` | " + type + " | " + option.doc() + " |";
  }

  @Test
  void eachOptionIsInTheTable() throws IOException {
    List<String> lines = lines();
    int start = lines.indexOf("| option | type | meaning |") + 2;
    List<String> rows = lines.stream().skip(start).takeWhile(line -> line.startsWith("|")).toList();
    assertEquals(
        new XenExecutor().info().options().stream().map(DocumentationTest::row).toList(), rows);
  }

  @Test
  void eachPartOfTheTaxIsInTheTable() throws IOException, SeedException {
    AnchorTax tax =
        Requests.disk("raw")
            .link("eth0", "02:16:3e:00:00:01", 1500)
            .devices(new DeviceRequest.Usb("1-1"))
            .volume("data", View.FILESYSTEM)
            .option("vnc", "unix")
            .option("maxMemoryMib", 1024)
            .seed()
            .tax();
    List<String> lines = lines();
    List<AnchorTax.Part> parts = new ArrayList<>(tax.parts());
    parts.addAll(Requests.kernel().seed().tax().parts());
    for (AnchorTax.Part part : parts) {
      assertTrue(
          lines.stream()
              .anyMatch(
                  line ->
                      line.startsWith(
                          "| `"
                              + part.name()
                              + "` | "
                              + part.pool().name().toLowerCase(Locale.ROOT)
                              + " |")),
          part.name());
    }
  }
}
