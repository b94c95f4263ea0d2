package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.TaskException;

class CgroupMountsTest {

  private static final String V1_MEMORY =
      "31 23 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory";
  private static final String V1_CPU =
      "32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct";
  private static final String V2_UNIFIED =
      "33 23 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";
  private static final String V2 =
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";

  @Test
  void aHybridNodeCountsAsVersionOne() {
    CgroupMounts mounts = CgroupMounts.parse(List.of(V1_MEMORY, V1_CPU, V2_UNIFIED));
    assertEquals(1, mounts.version());
    assertEquals(Optional.of(Path.of("/sys/fs/cgroup/memory")), mounts.controller("memory"));
    assertEquals(Optional.of(Path.of("/sys/fs/cgroup/cpu,cpuacct")), mounts.controller("cpu"));
  }

  @Test
  void aUnifiedTreeAloneIsVersionTwo() {
    CgroupMounts mounts = CgroupMounts.parse(List.of(V2));
    assertEquals(2, mounts.version());
    assertEquals(Optional.of(Path.of("/sys/fs/cgroup")), mounts.controller(""));
  }

  @Test
  void aNodeWithoutCgroupsIsToldSo() {
    TaskException e = assertThrows(TaskException.class, () -> CgroupMounts.parse(List.of()));
    assertEquals("NO_CGROUPS", e.first().code());
  }
}
