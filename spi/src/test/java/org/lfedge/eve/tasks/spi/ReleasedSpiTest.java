package org.lfedge.eve.tasks.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.Runtime.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The JAR that the build compares this SPI with belongs to the version that this SPI says it is.
 */
class ReleasedSpiTest {

  @Test
  void theSpiIsComparedWithTheLastReleaseOfItsOwnMajorVersion() throws IOException {
    List<String> files;
    try (Stream<Path> found = Files.list(Path.of("released"))) {
      files = found.map(file -> file.getFileName().toString()).toList();
    }
    assertEquals(1, files.size(), files.toString());
    Version released = Version.parse(trailingZeros(files.get(0).replaceAll("[^0-9.]|\\.jar", "")));
    Version ours = Version.parse(trailingZeros(Executor.SPI_VERSION));
    assertEquals(ours.feature(), released.feature());
    assertTrue(released.compareTo(ours) <= 0, released + " is newer than " + ours);
  }

  /** Versions of Java have none. */
  private static String trailingZeros(String version) {
    return version.replaceAll("(\\.0)+$", "");
  }
}
