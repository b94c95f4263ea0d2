package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveCgroupsTest {

  private static final Path WEB = Path.of("tasks/web");

  @TempDir private Path root = Path.of("");

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(Objects.requireNonNull(path.getParent()));
    Files.writeString(path, text);
  }

  @Test
  void pageCacheAndFreeableKernelMemoryCanBeGivenBack() throws IOException {
    write("tasks/web/memory.current", "1000\n");
    write(
        "tasks/web/memory.stat",
        """
        anon 400
        file 500
        shmem 100
        inactive_file 300
        active_file 100
        slab 50
        slab_reclaimable 30
        slab_unreclaimable 20
        """);
    assertEquals(OptionalLong.of(570), new LiveCgroups(root).unreclaimable(WEB));
  }

  @Test
  void onVersionOneTheKernelItselfRefuses() throws IOException {
    write("memory/tasks/web/memory.usage_in_bytes", "1000\n");
    assertEquals(OptionalLong.empty(), new LiveCgroups(root).unreclaimable(WEB));
  }

  @Test
  void allCpusAreThoseOfTheParentInBothVersions() throws IOException {
    LiveCgroups cgroups = new LiveCgroups(root);
    assertEquals(Optional.empty(), cgroups.cpusOfParent(WEB));
    write("cpuset/tasks/cpuset.cpus", "0-3\n");
    assertEquals(Optional.of("0-3"), cgroups.cpusOfParent(WEB));
    write("tasks/cpuset.cpus.effective", "0-1\n");
    assertEquals(Optional.of("0-1"), cgroups.cpusOfParent(WEB));
    write("cpuset.cpus.effective", "0-7\n");
    assertEquals(Optional.of("0-7"), cgroups.cpusOfParent(Path.of("web")));
  }
}
