package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;

class ConfinedFilesTest {

  @TempDir Path outside;
  private Path root;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectories(outside.resolve("root"));
    Files.createDirectories(root.resolve("etc"));
    Files.writeString(root.resolve("etc/passwd"), "inside");
    Files.writeString(outside.resolve("secret"), "outside");
  }

  private Optional<String> read(String path) throws IOException {
    return ConfinedFiles.read(root, path, 100)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
  }

  @Test
  void aFileBelowTheRootIsRead() throws IOException {
    assertEquals(Optional.of("inside"), read("etc/passwd"));
    assertEquals(Optional.of("inside"), read("/etc/./passwd"));
    assertEquals(Optional.empty(), read("etc/group"));
    assertEquals(Optional.empty(), read("etc"));
  }

  @Test
  void linksStayInTheRoot() throws IOException {
    Files.createSymbolicLink(root.resolve("relative"), Path.of("../secret"));
    Files.createSymbolicLink(root.resolve("absolute"), outside.resolve("secret"));
    Files.createSymbolicLink(root.resolve("usr"), Path.of("/etc"));
    Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
    assertEquals(Optional.empty(), read("relative"));
    assertEquals(Optional.empty(), read("absolute"));
    assertEquals(Optional.of("inside"), read("usr/passwd"));
    assertEquals(Optional.empty(), read("loop"));
    assertEquals(Optional.empty(), read("../secret"));
  }

  @Test
  void aLargeFileIsRefused() throws IOException {
    Files.write(root.resolve("large"), new byte[101]);
    TaskException e = assertThrows(TaskException.class, () -> read("large"));
    assertEquals("FILE_TOO_LARGE", e.first().code());
    Files.write(root.resolve("fits"), new byte[100]);
    assertArrayEquals(new byte[100], ConfinedFiles.read(root, "fits", 100).orElseThrow());
  }

  @Property
  void noPathAndNoLinkLeadsOut(@ForAll("paths") String link, @ForAll("paths") String path)
      throws IOException {
    Path base = Files.createTempDirectory("confined");
    try {
      Path inner = Files.createDirectories(base.resolve("a/b"));
      Files.writeString(base.resolve("c"), "outside");
      Files.writeString(base.resolve("a/c"), "outside");
      Files.createSymbolicLink(inner.resolve("l"), Path.of(link));
      assertEquals(Optional.empty(), ConfinedFiles.read(inner, path, 100));
    } finally {
      for (String file : List.of("a/b/l", "a/b", "a/c", "a", "c", "")) {
        Files.delete(base.resolve(file));
      }
    }
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of("..", ".", "a", "b", "c", "l", "/")
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .map(parts -> String.join("/", parts));
  }
}
