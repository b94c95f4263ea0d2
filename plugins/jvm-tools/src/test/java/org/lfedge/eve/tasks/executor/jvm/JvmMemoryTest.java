package org.lfedge.eve.tasks.executor.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;

/** All of a task's memory is the program's, and no more is promised. */
class JvmMemoryTest {

  private static final long MIB = 1 << 20;

  private static long bytes(List<String> args, String option) {
    String value = args.stream().filter(arg -> arg.startsWith(option)).findFirst().orElseThrow();
    return Long.parseLong(value.substring(option.length(), value.length() - 1)) << 10;
  }

  /** What the program may take by what the JVM is told, but for its threads. */
  private static long promised(List<String> args) {
    return bytes(args, "-Xmx")
        + bytes(args, "-XX:MaxMetaspaceSize=")
        + bytes(args, "-XX:MaxDirectMemorySize=");
  }

  @Property
  void allOfItIsSharedOut(@ForAll @LongRange(min = 32 << 20, max = 1L << 42) long memory)
      throws SeedException {
    JvmMemory shared = JvmMemory.of(memory, JvmOptions.of(Requests.jar().options()));
    assertEquals(memory, shared.total());
    assertTrue(shared.heap() >= memory / 2, shared.toString());
    assertTrue(shared.metaspace() <= 256 * MIB && shared.metaspace() >= 8 * MIB);
  }

  @Property
  void sizesThatAreGivenHold(
      @ForAll @LongRange(min = 256, max = 8192) long memory,
      @ForAll @IntRange(min = 8, max = 64) int heap,
      @ForAll @IntRange(min = 8, max = 64) int metaspace,
      @ForAll @IntRange(min = 1, max = 64) int direct,
      @ForAll @IntRange(min = 1, max = 100) int threads)
      throws SeedException {
    Requests request =
        Requests.jar()
            .memory(memory * MIB)
            .option("heap", heap * MIB)
            .option("metaspace", metaspace * MIB)
            .option("directMemory", direct * MIB)
            .option("threads", threads);
    List<String> args = request.args();
    assertEquals(heap * MIB, bytes(args, "-Xmx"));
    assertEquals(metaspace * MIB, bytes(args, "-XX:MaxMetaspaceSize="));
    assertEquals(direct * MIB, bytes(args, "-XX:MaxDirectMemorySize="));
  }

  @Property
  void apartOfItMayBeGiven(
      @ForAll @LongRange(min = 128, max = 8192) long memory,
      @ForAll @IntRange(min = 10, max = 80) int percent)
      throws SeedException {
    List<String> args = Requests.jar().memory(memory * MIB).option("heapPercent", percent).args();
    assertEquals(memory * MIB / 100 * percent / 1024 * 1024, bytes(args, "-Xmx"));
    assertTrue(promised(args) <= memory * MIB);
  }

  /** The limit of the cgroup holds all that the program may take, and what the JVM is known to. */
  @Property
  void theTaxIsForTheJvm(
      @ForAll @LongRange(min = 32, max = 1 << 20) long memory,
      @ForAll @IntRange(min = 1, max = 64_000) int milliCpus,
      @ForAll("collectors") String gc)
      throws SeedException {
    Seed seed = Requests.jar().memory(memory * MIB).milliCpus(milliCpus).option("gc", gc).seed();
    List<String> args = seed.process().args();
    long tax = seed.tax().bytes(Pool.CGROUP);
    assertTrue(promised(args) <= memory * MIB);
    assertTrue(tax >= bytes(args, "-XX:ReservedCodeCacheSize=") + 40 * MIB, seed.toString());
    assertTrue(tax <= 256 * MIB + memory * MIB / 16, tax + " of " + memory);
  }

  @Provide
  Arbitrary<String> collectors() {
    return Arbitraries.of("serial", "parallel", "g1");
  }
}
