package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.output.OutputBounds;
import org.lfedge.eve.tasks.core.output.OutputLogs;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

class TaskDirectoriesTest {

  @TempDir Path temporary;
  private TaskDirectories files;

  @BeforeEach
  void make() {
    files =
        new TaskDirectories(
            new OutputLogs(
                temporary.resolve("logs"),
                OutputBounds.DEFAULT,
                (task, purpose, command) -> "",
                InstantSource.system()),
            temporary.resolve("run"),
            path -> path.startsWith(temporary.resolve("allowed").toString()));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void outputOfAnEarlierRunIsKept() throws IOException {
    OutputFiles output = files.createOutput("web");
    Files.writeString(output.stdout(), "first run");
    assertEquals(output, files.createOutput("web"));
    assertEquals("first run", Files.readString(output.stdout()));
    assertEquals("rw-------", mode(output.stdout()));
  }

  @Test
  void seedFilesGetTheirContentAndMode() throws IOException {
    byte[] script = "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8);
    files.writeSeedFiles("web", List.of(new SeedFile("/etc/start", script, 0755)));
    files.writeSeedFiles("web", List.of(new SeedFile("/etc/start", script, 0540)));
    Path written = files.seedFile("web", 0);
    assertEquals("#!/bin/sh\n", Files.readString(written));
    assertEquals("r-xr-----", mode(written));
  }

  @Test
  void aSecretIsReadableByItsTaskAlone() throws IOException {
    Path token = Files.createDirectories(temporary.resolve("allowed")).resolve("token");
    Files.writeString(token, "s3cret");
    files.writeSecrets(
        "web", SortedCopies.mapOf(Map.of("TOKEN", token.toString())), new User(33, 33, List.of()));
    Path written = files.secretsDirectory("web").resolve("TOKEN");
    assertEquals("s3cret", Files.readString(written));
    assertEquals("rw-------", mode(written));
    assertEquals("rwx------", mode(files.secretsDirectory("web")));
    assertEquals(33, Files.getAttribute(written, "unix:uid"));
  }

  @Test
  void aLinkDoesNotLeadASecretOutOfTheAllowedDirectories() throws IOException {
    Path allowed = Files.createDirectories(temporary.resolve("allowed"));
    Path shadow = Files.writeString(temporary.resolve("shadow"), "root:x");
    Path link = Files.createSymbolicLink(allowed.resolve("link"), shadow);
    TaskException e =
        assertThrows(
            TaskException.class,
            () ->
                files.writeSecrets(
                    "web", SortedCopies.mapOf(Map.of("TOKEN", link.toString())), User.ROOT));
    assertEquals("SOURCE_NOT_ALLOWED", e.first().code());
  }

  @Test
  void nothingIsLeftOfARemovedTask() {
    files.createOutput("web");
    files.writeSeedFiles("web", List.of(new SeedFile("/a", new byte[1], 0400)));
    assertEquals(List.of("web"), files.tasks());
    files.remove("web");
    files.remove("web");
    assertEquals(List.of(), files.tasks());
    assertFalse(Files.exists(files.output("web").stdout()));
  }
}
