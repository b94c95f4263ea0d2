package org.lfedge.eve.tasks.core.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptFilesTest {

  @TempDir Path directory;

  /** Ends as the daemon does, which interrupts whoever fetches. */
  private static InputStream interruptedAtItsEnd(byte[] content) {
    return new ByteArrayInputStream(content) {
      @Override
      public int read(byte[] buffer, int offset, int length) {
        int count = super.read(buffer, offset, length);
        if (count < 0) {
          Thread.currentThread().interrupt();
        }
        return count;
      }
    };
  }

  @Test
  void whatHasCompletelyArrivedIsKeptThoughTheDaemonEnds() throws IOException {
    KeptFiles files = new KeptFiles(directory);
    byte[] content = "all of it".getBytes(UTF_8);
    String digest = Digests.of(content);
    files.write("a file", digest, interruptedAtItsEnd(content));
    files.note("an artifact", content);
    assertTrue(Thread.interrupted(), "who interrupted is not forgotten");
    assertEquals("all of it", Files.readString(files.path(digest)));
    assertArrayEquals(content, files.note("an artifact").orElseThrow());
  }
}
