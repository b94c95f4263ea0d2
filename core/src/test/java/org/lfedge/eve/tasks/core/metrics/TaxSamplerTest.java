package org.lfedge.eve.tasks.core.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;

class TaxSamplerTest {

  private static final AnchorTax MEASURED =
      AnchorTax.NONE.measured(new Measurement.AllBut("/memfd:ram"));

  private final List<TaskRecord> records = new ArrayList<>();
  private final Map<Anchor, Long> memory = new HashMap<>();
  private final List<Measurement> asked = new ArrayList<>();
  private final TaxSampler sampler =
      new TaxSampler(
          () -> records,
          (anchor, measurement) -> {
            asked.add(measurement);
            Long bytes = memory.get(anchor);
            return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
          });

  @AfterEach
  void end() {
    sampler.close();
  }

  private static Anchor anchor(int pid) {
    return new Anchor(pid, pid * 10L, "boot");
  }

  private static TaskRecord running(String name, AnchorTax tax, Anchor anchor) {
    return running(name, tax, Pool.CGROUP, anchor);
  }

  private static TaskRecord running(String name, AnchorTax tax, Pool memory, Anchor anchor) {
    String document =
        "{name: %s, root: {directory: /srv}, command: [/x], resources: {memory: 8MiB, cpus: 1}}";
    Seed seed =
        Seed.builder(Base.TASK, false, AnchorProcess.builder(List.of("/x")).build())
            .memory(memory)
            .tax(tax)
            .build();
    return TaskRecord.of(
            new UUID(1, 2),
            TaskDocuments.parse(document.formatted(name).getBytes(UTF_8), Path.of("/")).get(0),
            Desired.RUNNING,
            Instant.EPOCH)
        .planned(
            new TaskRecord.Blueprint(
                "test",
                "1",
                "sha256:0",
                Origin.BUNDLED,
                Optional.empty(),
                Optional.empty(),
                new RootFilesystem.Directory("/srv"),
                Optional.empty(),
                false,
                seed,
                "{}",
                Optional.empty(),
                Optional.empty(),
                Optional.empty()))
        .anchored(anchor);
  }

  private OptionalLong sampled(String task, long bytes, Anchor anchor) {
    memory.put(anchor, bytes);
    sampler.sample();
    return sampler.peak(task);
  }

  @Test
  void thePeakOfAnAnchorIsKept() {
    records.add(running("vm", MEASURED, anchor(7)));
    assertEquals(OptionalLong.empty(), sampler.peak("vm"), "before the first look");
    assertEquals(OptionalLong.of(50), sampled("vm", 50, anchor(7)));
    assertEquals(OptionalLong.of(80), sampled("vm", 80, anchor(7)));
    assertEquals(OptionalLong.of(80), sampled("vm", 20, anchor(7)));
    assertEquals(List.of(new Measurement.AllBut("/memfd:ram")), asked.stream().distinct().toList());
  }

  @Test
  void aCgroupThatHoldsNothingButTheAnchorIsMeasuredAsAWhole() {
    records.add(running("guest", AnchorTax.NONE, Pool.HYPERVISOR, anchor(7)));
    assertEquals(OptionalLong.of(50), sampled("guest", 50, anchor(7)));
    records.add(running("other", MEASURED, Pool.HYPERVISOR, anchor(8)));
    assertEquals(OptionalLong.of(60), sampled("other", 60, anchor(8)));
    assertEquals(
        List.of(
            new Measurement.OfCgroup(),
            new Measurement.OfCgroup(),
            new Measurement.AllBut("/memfd:ram")),
        asked);
  }

  @Test
  void aNewAnchorHasAPeakOfItsOwnAndTheLastOneIsKeptUntilThen() {
    records.add(running("vm", MEASURED, anchor(7)));
    assertEquals(OptionalLong.of(80), sampled("vm", 80, anchor(7)));
    memory.clear();
    sampler.sample();
    assertEquals(OptionalLong.of(80), sampler.peak("vm"), "it has ended");
    records.set(0, running("vm", MEASURED, anchor(8)));
    assertEquals(OptionalLong.of(20), sampled("vm", 20, anchor(8)));
  }

  @Test
  void whatCannotBeMeasuredIsNotAsked() {
    records.add(running("plain", AnchorTax.NONE, anchor(7)));
    assertEquals(OptionalLong.empty(), sampled("plain", 80, anchor(7)));
  }

  @Test
  void aTaskThatIsGoneIsForgotten() {
    records.add(running("vm", MEASURED, anchor(7)));
    assertEquals(OptionalLong.of(80), sampled("vm", 80, anchor(7)));
    records.clear();
    sampler.sample();
    assertEquals(OptionalLong.empty(), sampler.peak("vm"));
  }
}
