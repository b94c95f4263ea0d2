package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxProcessesTest {

  @TempDir private Path root = Path.of("");

  private LinuxProcesses version1() {
    return new LinuxProcesses(
        CgroupMounts.parse(
            List.of("31 23 0:27 / " + root + "/memory rw - cgroup cgroup rw,memory")));
  }

  private LinuxProcesses version2() {
    return new LinuxProcesses(
        CgroupMounts.parse(List.of("30 23 0:26 / " + root + " rw,nosuid - cgroup2 cgroup2 rw")));
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(Objects.requireNonNull(path.getParent()));
    Files.writeString(path, text);
  }

  @Test
  void killsForMemoryAreCountedInBothVersions() throws IOException {
    write("memory/t/web/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    write("t/web/memory.events", "low 0\nmax 9\noom 2\noom_kill 4\noom_group_kill 0\n");
    assertEquals(OptionalLong.of(3), version1().oomKills("/t/web"));
    assertEquals(OptionalLong.of(4), version2().oomKills("/t/web"));
    assertEquals(OptionalLong.empty(), version1().oomKills("/t/other"));
    assertEquals(OptionalLong.empty(), version2().oomKills("/t/other"));
  }

  @Test
  void memoryWithoutPageCacheIsSummedUpInBothVersions() throws IOException {
    write(
        "memory/t/web/memory.stat",
        "cache 900\nrss 1\nshmem 2\ntotal_cache 900\ntotal_rss 100\ntotal_shmem 20\n");
    write("memory/t/web/memory.kmem.usage_in_bytes", "3\n");
    assertEquals(OptionalLong.of(123), version1().unreclaimable("/t/web"));
    write("t/web/memory.stat", "anon 100\nfile 900\nkernel 3\nkernel_stack 1\nshmem 20\n");
    assertEquals(OptionalLong.of(123), version2().unreclaimable("/t/web"));
    write(
        "t/web/memory.stat",
        """
        anon 100
        file 900
        kernel_stack 1
        pagetables 2
        percpu 3
        sock 4
        shmem 20
        slab 5
        slab_unreclaimable 5
        """);
    assertEquals(OptionalLong.of(135), version2().unreclaimable("/t/web"), "before Linux 5.18");
    assertEquals(OptionalLong.empty(), version2().unreclaimable("/t/other"));
  }
}
