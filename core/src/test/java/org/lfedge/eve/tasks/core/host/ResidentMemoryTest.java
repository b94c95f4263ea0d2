package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.spi.seed.Measurement;

class ResidentMemoryTest {

  private static final String SMAPS =
      """
      55d0-55d1 r--p 00000000 08:01 1048 /usr/bin/vmm
      Size:                  4 kB
      Rss:                   4 kB
      7f00-7f40 rw-s 00000000 00:01 1027                       /memfd:guest ram (deleted)
      Size:             262144 kB
      Rss:              131072 kB
      VmFlags: rd wr sh mr mw me ms sd
      7f40-7f41 rw-p 00000000 00:00 0
      Rss:                   8 kB
      7f41-7f81 rw-s 10000000 00:01 1027                       /memfd:guest ram (deleted)
      Rss:                1024 kB
      7f90-7f91 rw-p 00000000 00:00 0                          [stack]
      Rss:                  16 kB
      """;

  private final LinuxProcesses processes = new LinuxProcesses(CgroupMounts.find());

  @TempDir private Path proc = Path.of("");

  private Anchor self() {
    int pid = (int) ProcessHandle.current().pid();
    return new Anchor(pid, processes.startTime(pid).orElseThrow(), "boot");
  }

  private void write(String file, String text) throws IOException {
    Path directory =
        Files.createDirectories(proc.resolve(Long.toString(ProcessHandle.current().pid())));
    Files.writeString(directory.resolve(file), text);
  }

  @Test
  void onlyTheNamedMappingIsSummedUp() {
    assertEquals(132096L * 1024, ResidentMemory.resident(SMAPS.lines(), "/memfd:guest ram"));
    assertEquals(4096, ResidentMemory.resident(SMAPS.lines(), "/usr/bin/vmm"));
    assertEquals(0, ResidentMemory.resident(SMAPS.lines(), "/memfd:guest"));
  }

  @Test
  void anAnchorBesideTheWorkIsItsOwnMemoryAlone() throws IOException {
    ResidentMemory memory = new ResidentMemory(processes, proc);
    assertEquals(OptionalLong.empty(), memory.measure(self(), new Measurement.OfAnchor()));
    write("status", "Name:\tinit\nRssAnon:\t     24 kB\nRssFile:\t 900 kB\nRssShmem:\t 8 kB\n");
    assertEquals(OptionalLong.of(32 * 1024), memory.measure(self(), new Measurement.OfAnchor()));
  }

  @Test
  void anAnchorWhosePidIsUsedAgainIsNotMeasured() throws IOException {
    write("status", "RssAnon:\t24 kB\nRssShmem:\t8 kB\n");
    Anchor earlier = new Anchor(self().pid(), self().startTime() - 1, "boot");
    ResidentMemory memory = new ResidentMemory(processes, proc);
    assertEquals(OptionalLong.empty(), memory.measure(earlier, new Measurement.OfAnchor()));
  }

  @Test
  void aCgroupLessTheMemoryOfTheWorkIsNeverNegative() throws IOException {
    write("smaps", SMAPS);
    ResidentMemory memory = new ResidentMemory(processes, proc);
    long all = memory.measure(self(), new Measurement.AllBut("[heap]")).orElseThrow();
    long less = memory.measure(self(), new Measurement.AllBut("/memfd:guest ram")).orElseThrow();
    assertTrue(all > 0);
    long cgroup = memory.measure(self(), new Measurement.OfCgroup()).orElseThrow();
    assertTrue(cgroup > less, cgroup + " in the cgroup, " + less + " of the anchor");
    assertTrue(less >= 0 && less < all, less + " of " + all);
  }

  @Test
  void thisVeryProcessIsMeasured() {
    ResidentMemory memory = new ResidentMemory(processes);
    assertTrue(memory.measure(self(), new Measurement.OfAnchor()).orElseThrow() > 1 << 20);
  }
}
