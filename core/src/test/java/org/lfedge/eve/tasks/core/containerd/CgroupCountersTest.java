package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.containerd.api.cgroups.v1.BlkIOEntry;
import org.lfedge.eve.tasks.core.containerd.api.cgroups.v2.IOEntry;
import org.lfedge.eve.tasks.core.port.TaskUsage;
import org.lfedge.eve.tasks.core.port.TaskUsage.Memory;

class CgroupCountersTest {

  private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");
  private static final String V1 = "io.containerd.cgroups.v1.Metrics";
  private static final String V2 = "io.containerd.cgroups.v2.Metrics";

  private static TaskUsage read(String type, Message message)
      throws InvalidProtocolBufferException {
    Any data = Any.newBuilder().setTypeUrl(type).setValue(message.toByteString()).build();
    return CgroupCounters.usage(AT, data).orElseThrow();
  }

  private static OptionalLong some(long value) {
    return OptionalLong.of(value);
  }

  private static BlkIOEntry io(String operation, long value) {
    return BlkIOEntry.newBuilder().setOp(operation).setValue(value).build();
  }

  @ParameterizedTest
  @ValueSource(strings = {V1, "types.containerd.io/" + V1})
  void countersOfVersionOneAreRead(String type) throws InvalidProtocolBufferException {
    var metrics = org.lfedge.eve.tasks.core.containerd.api.cgroups.v1.Metrics.newBuilder();
    metrics.getPidsBuilder().setCurrent(3);
    metrics.getCpuBuilder().getUsageBuilder().setTotal(1_234_567);
    metrics.getCpuBuilder().getThrottlingBuilder().setThrottledPeriods(4).setThrottledTime(99);
    var memory = metrics.getMemoryBuilder();
    memory.setTotalCache(700).setTotalRss(200).setTotalInactiveFile(400).setTotalActiveFile(100);
    memory.getUsageBuilder().setUsage(1000);
    memory.getKernelBuilder().setUsage(100);
    metrics.getMemoryOomControlBuilder().setOomKill(2);
    metrics
        .getBlkioBuilder()
        .addIoServiceBytesRecursive(io("Read", 10))
        .addIoServiceBytesRecursive(io("Write", 20))
        .addIoServiceBytesRecursive(io("Sync", 30))
        .addIoServiceBytesRecursive(io("Total", 30))
        .addIoServiceBytesRecursive(io("read", 5));
    TaskUsage usage = read(type, metrics.build());
    assertEquals(
        new TaskUsage(
            AT,
            some(1_234_567),
            some(4),
            some(99),
            new Memory(some(1000), some(200), some(200), some(100), some(400), some(100)),
            some(2),
            some(3),
            some(15),
            some(20)),
        usage);
    assertEquals(some(500), usage.memory().cache());
  }

  @ParameterizedTest
  @ValueSource(strings = {V2, "types.containerd.io/" + V2})
  void countersOfVersionTwoAreRead(String type) throws InvalidProtocolBufferException {
    var metrics = org.lfedge.eve.tasks.core.containerd.api.cgroups.v2.Metrics.newBuilder();
    metrics.getPidsBuilder().setCurrent(3);
    metrics.getCpuBuilder().setUsageUsec(1234).setNrThrottled(4).setThrottledUsec(99);
    metrics
        .getMemoryBuilder()
        .setAnon(200)
        .setFile(700)
        .setShmem(200)
        .setInactiveFile(400)
        .setActiveFile(100)
        .setUsage(1000);
    metrics.getMemoryEventsBuilder().setOomKill(2);
    metrics
        .getIoBuilder()
        .addUsage(IOEntry.newBuilder().setRbytes(10).setWbytes(20))
        .addUsage(IOEntry.newBuilder().setRbytes(5));
    assertEquals(
        new TaskUsage(
            AT,
            some(1_234_000),
            some(4),
            some(99_000),
            new Memory(some(1000), some(200), some(200), some(100), some(400), some(100)),
            some(2),
            some(3),
            some(15),
            some(20)),
        read(type, metrics.build()));
  }

  @Test
  void whatIsNotCountedIsEmptyAndNotZero() throws InvalidProtocolBufferException {
    TaskUsage nothing =
        new TaskUsage(
            AT,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Memory.UNKNOWN,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());
    Any none = Any.newBuilder().setTypeUrl(V1).build();
    assertEquals(Optional.of(nothing), CgroupCounters.usage(AT, none));
    assertEquals(
        Optional.of(nothing), CgroupCounters.usage(AT, none.toBuilder().setTypeUrl(V2).build()));
    assertEquals(OptionalLong.empty(), nothing.memory().cache());
  }

  @Test
  void countersOfAnotherKindOfShimAreLeftOut() throws InvalidProtocolBufferException {
    Any other = Any.newBuilder().setTypeUrl("io.example.Metrics").build();
    assertEquals(Optional.empty(), CgroupCounters.usage(AT, other));
  }

  @Test
  void damagedCountersAreAnError() {
    Any damaged =
        Any.newBuilder().setTypeUrl(V1).setValue(ByteString.copyFrom(new byte[] {18, 9})).build();
    assertThrows(InvalidProtocolBufferException.class, () -> CgroupCounters.usage(AT, damaged));
  }
}
