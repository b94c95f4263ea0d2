package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.Executor;

/** From nothing to a running task, as the guide for vendors says it. */
class VendorKitIT {

  @Test
  void aGeneratedProjectBecomesAnExecutorThatRunsTasks()
      throws IOException, NoSuchAlgorithmException {
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

      byte[] content = Files.readAllBytes(jar);
      String digest =
          "sha256:"
              + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
      try (PackagedNode node = new PackagedNode(List.of(digest), with(jar))) {
        String document =
            Files.readString(project.file("task.yaml"))
                .replace("image: busybox", "directory: " + node.busyboxRoot());
        Programs.Result run = node.taskctl("run", node.document("hello.yaml", document)).expect(0);
        assertEquals("hello from hello, with kind regards\n", run.out());
        assertEquals(digest, node.json("inspect", "hello").path("executorDigest").asText());
      }
    }
  }

  private static String taskctl() {
    return PackagedNode.taskctlAt(Path.of("/nowhere")).get(0);
  }

  private static Consumer<PackagedNode> with(Path jar) {
    return node -> {
      try {
        Files.createDirectories(node.pluginsDirectory());
        Files.copy(jar, node.pluginsDirectory().resolve(jar.getFileName()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }
}
