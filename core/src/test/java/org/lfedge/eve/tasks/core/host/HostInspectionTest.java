package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.spi.task.HostFacts;

class HostInspectionTest {

  @TempDir private Path locks = Path.of("");

  @ParameterizedTest
  @CsvSource({"amd64,amd64", "x86_64,amd64", "aarch64,arm64", "riscv64,riscv64"})
  void architecturesAreNamedAsInImages(String java, String go) {
    assertEquals(go, HostInspection.architecture(java));
  }

  @Test
  void thisNodeIsDescribed() {
    Xen xen = new Xen(new LockedHelperCommand(locks, Duration.ofSeconds(10)));
    HostFacts facts = HostInspection.inspect(CgroupMounts.find(), xen);
    assertTrue(facts.memoryBytes() > 64L << 20, "memory " + facts.memoryBytes());
    assertTrue(facts.cpus() >= 1);
    assertEquals(facts.cpus(), HostInspection.onlineCpus().size());
    assertTrue(facts.kernel().matches("[0-9]+\\.[0-9]+.*"), facts.kernel());
    assertTrue(facts.accelerators().containsKey("kvm"));
    assertEquals(
        facts.hypervisor().isPresent(), "ok".equals(facts.accelerators().get("xen")), "" + facts);
  }
}
