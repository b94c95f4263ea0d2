package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.api.v1.Task;

/**
 * Whether many lives of tasks leave the daemon and the node as they were; {@code
 * -Dendurance.cycles=N} gives their number.
 */
@Tag("long") // Until it is warm takes 240 lives, a minute.
class EnduranceIT {

  private static final int CYCLES = Integer.getInteger("endurance.cycles", 100);

  /** Until classes are loaded, pools are full, and the newest events fill their place in memory. */
  private static final int WARM_UP = 240;

  private static final int AT_ONCE = 4;

  /** Of live objects: what two measurements without cycles in between differ by, and some more. */
  private static final long HEAP_TOLERANCE_KIB = 1024;

  private static final Pattern USED = Pattern.compile("total \\d+K, used (\\d+)K");

  @Test
  void theDaemonAndTheNodeEndWhereTheyBegan() {
    try (PackagedNode node = new PackagedNode();
        Api api = new Api(node)) {
      cycles(node, api, WARM_UP);
      SortedMap<String, List<String>> traces = Traces.of(node);
      // First: to be asked, the daemon takes a thread and a socket, and keeps them.
      long heap = heapKib(node);
      int threads = entries(node, "task");
      int descriptors = entries(node, "fd");

      cycles(node, api, CYCLES);

      // Those that have no work for some seconds give up.
      Programs.await("as few threads", () -> entries(node, "task") <= threads);
      assertEquals(traces, Traces.of(node));
      Programs.await("as few files to be open", () -> entries(node, "fd") <= descriptors);
      long after = heapKib(node);
      System.out.printf(
          "%d cycles: heap %d KiB, then %d KiB; %d files; %d threads%n",
          CYCLES, heap, after, descriptors, threads);
      assertTrue(after - heap <= HEAP_TOLERANCE_KIB, "live heap: " + heap + ", " + after + " KiB");
    }
  }

  /** Creates, starts, lets end and deletes. */
  private static void cycles(PackagedNode node, Api api, int count) {
    CompletableFuture<?>[] workers =
        IntStream.range(0, AT_ONCE)
            .mapToObj(
                worker ->
                    CompletableFuture.runAsync(
                        () -> {
                          for (int i = worker; i < count; i += AT_ONCE) {
                            cycle(node, api, "cycle-" + worker, i % 256);
                          }
                        },
                        work -> new Thread(work, "cycles-" + worker).start()))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(workers).join();
  }

  private static void cycle(PackagedNode node, Api api, String task, int code) {
    String document =
        node.text(task, "[sh, -c, 'echo hello; exit " + code + "']", "restart: {policy: never}");
    assertEquals("CREATED", api.create(document).getState());
    Task started = api.start(task);
    assertTrue(List.of("RUNNING", "STOPPED").contains(started.getState()), started.toString());
    Task ended = api.awaitExit(task);
    assertEquals("STOPPED", ended.getState());
    assertEquals(code, ended.getExitCode());
    api.delete(task, false);
  }

  /** How many entries a directory of the daemon in {@code /proc} has. */
  private static int entries(PackagedNode node, String directory) {
    Path path = Path.of("/proc", Long.toString(node.pid()), directory);
    try (Stream<Path> entries = Files.list(path)) {
      return (int) entries.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is alive on the daemon's heap. */
  private static long heapKib(PackagedNode node) {
    String pid = Long.toString(node.pid());
    jcmd(pid, "GC.run");
    jcmd(pid, "GC.run");
    long used = 0;
    Matcher spaces = USED.matcher(jcmd(pid, "GC.heap_info"));
    while (spaces.find()) {
      used += Long.parseLong(spaces.group(1));
    }
    assertTrue(used > 0);
    return used;
  }

  private static String jcmd(String pid, String command) {
    String program = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
    return Programs.run(List.of(program, pid, command)).expect(0).out();
  }
}
