package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.spi.task.HostFacts;

class HostInspectionTest {

  @ParameterizedTest
  @CsvSource({"amd64,amd64", "x86_64,amd64", "aarch64,arm64", "riscv64,riscv64"})
  void architecturesAreNamedAsInImages(String java, String go) {
    assertEquals(go, HostInspection.architecture(java));
  }

  @Test
  void thisNodeIsDescribed() {
    HostFacts facts = HostInspection.inspect(CgroupMounts.find());
    assertTrue(facts.memoryBytes() > 64L << 20, "memory " + facts.memoryBytes());
    assertTrue(facts.cpus() >= 1);
    assertEquals(facts.cpus(), HostInspection.onlineCpus().size());
    assertTrue(facts.kernel().matches("[0-9]+\\.[0-9]+.*"), facts.kernel());
    assertTrue(facts.accelerators().containsKey("kvm"));
    assertTrue(facts.accelerators().containsKey("xen"));
  }
}
