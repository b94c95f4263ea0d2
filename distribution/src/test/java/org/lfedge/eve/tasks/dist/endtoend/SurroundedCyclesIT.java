package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * That many lives of tasks with interfaces and volumes leave nothing on the node, some of them cut
 * short by a kill of the daemon.
 */
@Tag("exclusive") // It looks at what all of the machine has.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SurroundedCyclesIT {

  private static final int CYCLES = Integer.getInteger("surrounded.cycles", 2);

  /** Every third life meets a daemon that is killed while it is made. */
  private static final int KILLED = 3;

  private static final String TASK =
      """
      interfaces:
      - {network: left, ports: ["28500:80"]}
      - {network: right}
      - {network: left, mtu: 1400, allow: [{direction: egress, cidr: 10.0.0.0/8}]}
      volumes:
      - {name: blank, source: {blank: 2MiB}, target: /blank}
      - {name: common, source: {volume: common}, target: /common}
      - {name: files, source: files, target: /files, readOnly: true}
      """;

  private final PackagedNode node =
      new PackagedNode(
          List.of(),
          """
          networks:
            left: {type: bridge, subnets: [10.233.1.0/24]}
            right: {type: bridge, subnets: [10.233.2.0/24, "fd00:233::/64"]}
          """);

  @AfterAll
  void close() {
    node.close();
  }

  @Test
  void nothingIsLeft() {
    node.taskctl("volumes", "create", "common", "--size", "2MiB").expect(0);
    assertTrue(node.documents().resolve("files").toFile().mkdir());
    // It makes what stays for good: tables of iptables that are empty, and forwarding.
    live(0, false);
    SortedMap<String, List<String>> before = settled();
    for (int i = 1; i <= CYCLES; i++) {
      live(i, i % KILLED == 0);
    }
    SortedMap<String, List<String>> after = new TreeMap<>();
    try {
      Programs.await(
          "the machine to be as it was",
          () -> {
            after.putAll(machine());
            return after.equals(before);
          });
    } catch (AssertionError e) {
      assertEquals(before, after);
    }
    node.taskctl("volumes", "delete", "common").expect(0);
    assertEquals(before.get("links"), machine().get("links"));
  }

  private void live(int number, boolean killed) {
    String document = node.document("life", "[busybox, sh, -c, 'exec busybox sleep 1000']", TASK);
    if (killed) {
      Process create;
      try {
        create =
            new ProcessBuilder(
                    Stream.concat(
                            PackagedNode.taskctlAt(node.socket()).stream(),
                            Stream.of("create", document))
                        .collect(Collectors.toList()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        // Another moment each time, from the first effects to the last.
        var unused = create.waitFor(60L * (1 + number % 9), TimeUnit.MILLISECONDS);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
      node.kill();
      create.destroyForcibly();
      node.start();
    }
    if (node.json("list").isEmpty()) {
      node.taskctl("create", document).expect(0);
    }
    node.taskctl("start", "life").expect(0);
    node.taskctl("delete", "--force", "--purge", "life").expect(0);
  }

  /** What there is on the machine of what tasks take. */
  private SortedMap<String, List<String>> machine() {
    SortedMap<String, List<String>> machine = new TreeMap<>(Traces.of(node));
    machine.put("links", lines("ip -o link | sed 's/^[0-9]*: //; s/@.*//; s/:.*//'"));
    machine.put("namespaces", lines("ip netns"));
    machine.put("nftables", lines("nft list ruleset | grep -v 'counter packets'"));
    machine.put("iptables", lines("iptables-save | grep '^-A'"));
    machine.put("ip6tables", lines("ip6tables-save | grep '^-A'"));
    machine.put("mount table", lines("cut -d' ' -f2 /proc/mounts"));
    machine.put("all loop devices", lines("losetup -l -n -O BACK-FILE"));
    machine.remove("volumes");
    return machine;
  }

  /** What there is when nothing is on its way out: a loop device may go after its volume. */
  private SortedMap<String, List<String>> settled() {
    AtomicReference<SortedMap<String, List<String>>> last = new AtomicReference<>(machine());
    Programs.await(
        "the machine to stand still",
        () -> {
          SortedMap<String, List<String>> now = machine();
          return last.getAndSet(now).equals(now) && now.get("loop devices").equals(List.of());
        });
    return last.get();
  }

  private static List<String> lines(String command) {
    return Programs.run(List.of("sh", "-c", command)).out().lines().sorted().toList();
  }
}
