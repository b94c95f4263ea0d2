package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.Executor;

/** From nothing to a running task, as the guide for vendors says it. */
@Tag("long")
class VendorKitIT {

  @Test
  void aGeneratedProjectBecomesAnExecutorThatRunsTasks() throws IOException {
    try (VendorProject project = new VendorProject("made-here")) {
      Path jar = project.jar();
      assertTrue(
          Files.readString(
                  project.file("target/surefire-reports/com.example.made.VendorExecutorTest.txt"))
              .contains("Tests run: 2, Failures: 0, Errors: 0, Skipped: 0"));
      assertTrue(
          Files.readString(project.file("pom.xml"))
              .contains("&gt;=" + Executor.SPI_VERSION + " &amp;"),
          "it requires the version of the SPI that it is compiled with");
      JsonNode report =
          Programs.run(List.of(taskctl(), "-o", "json", "executors", "verify", jar.toString()))
              .expect(0)
              .json();
      assertEquals(
          List.of("made-here", "1.0.0", "jar"),
          List.of(
              report.path("executor").asText(),
              report.path("version").asText(),
              report.path("form").asText()));

      try (PackagedNode node = new PackagedNode()) {
        Path part = node.pluginsDirectory().resolve(".new");
        Files.createDirectories(node.pluginsDirectory());
        Files.copy(jar, part);
        Files.move(part, node.pluginsDirectory().resolve("made-here-1.0.0.jar"));
        Programs.await(
            "the executor to be listed",
            () -> node.json("executors", "list").findValuesAsText("name").contains("made-here"));
        String document =
            Files.readString(project.file("task.yaml"))
                .replace("image: busybox", "directory: " + node.busyboxRoot());
        Programs.Result run = node.taskctl("run", node.document("hello.yaml", document)).expect(0);
        assertEquals("hello from greeting, with kind regards\n", run.out());
        assertEquals("1.0.0", node.json("inspect", "greeting").path("executorVersion").asText());
      }
    }
  }

  private static String taskctl() {
    return PackagedNode.taskctlAt(Path.of("/nowhere")).get(0);
  }
}
