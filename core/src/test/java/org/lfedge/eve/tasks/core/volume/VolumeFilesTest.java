package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeFilesTest {

  @TempDir Path directory;

  private static VolumeRecord filled(Path making) {
    try {
      Files.writeString(VolumeFiles.diskIn(making), "a disk");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new VolumeRecord(
        "data",
        VolumeRecord.Kind.DISK,
        6,
        Instant.EPOCH,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void aVolumeThatIsFilledIsKeptThoughTheDaemonEnds() throws IOException {
    VolumeFiles volumes = new VolumeFiles(directory);
    VolumeRecord made =
        volumes.create(
            "data",
            making -> {
              VolumeRecord record = filled(making);
              // As the daemon does when it ends.
              Thread.currentThread().interrupt();
              return record;
            });
    assertTrue(Thread.interrupted(), "who interrupted is not forgotten");
    assertEquals(List.of(made), volumes.list());
    assertEquals("a disk", Files.readString(volumes.disk("data")));
  }
}
