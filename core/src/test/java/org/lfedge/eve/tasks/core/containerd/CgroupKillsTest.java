package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupKillsTest {

  private static final String CGROUP = "/tasks/web";

  @TempDir private Path cgroups = Path.of("");
  private CgroupKills kills = new CgroupKills(cgroups);

  @BeforeEach
  void makeKills() {
    kills = new CgroupKills(cgroups);
  }

  private void write(String file, String text) throws IOException {
    Path path = cgroups.resolve(file);
    Files.createDirectories(cgroups.resolve("tasks/web"));
    Files.createDirectories(cgroups.resolve("memory/tasks/web"));
    Files.writeString(path, text);
  }

  @Test
  void aKillIsCountedInBothVersionsOfCgroups() throws IOException {
    write("tasks/web/memory.events", "low 0\nmax 9\noom 2\noom_kill 1\noom_group_kill 0\n");
    assertTrue(kills.any(CGROUP));
    write("tasks/web/memory.events", "low 0\nmax 9\noom 2\noom_kill 0\noom_group_kill 0\n");
    assertFalse(kills.any(CGROUP));
    write("memory/tasks/web/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    assertTrue(kills.any(CGROUP));
  }

  @Test
  void whereThereIsNoCgroupNobodyWasKilled() {
    assertFalse(kills.any(CGROUP));
    assertFalse(kills.any(""));
    assertFalse(kills.any("system.slice:prefix:name"));
  }
}
