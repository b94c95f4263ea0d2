package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node in the place of EVE's manager of domains, told by files and telling by files. */
class DomainManagerIT {

  private static final String ID = "0f6f3a4e-2a77-4b1c-9d3e-8a5b6c7d8e9f";
  private static final int INSTALLED = 111;
  private static final int BOOTING = 114;
  private static final int RUNNING = 115;
  private static final int HALTING = 118;
  private static final int HALTED = 119;
  private static final int IN_A_MACHINE = 1;
  private static final int IN_A_CONTAINER = 4;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path pubsub;

  private Path configFile() {
    return pubsub.resolve("zedmanager/DomainConfig").resolve(ID + ".json");
  }

  private Path published(String topic) {
    return pubsub.resolve("domainmgr").resolve(topic).resolve(ID + ".json");
  }

  /** As EVE's manager of apps does: beside, and then in place. */
  private void want(PackagedNode node, int mode, boolean active, int restarts) throws IOException {
    ObjectNode domain = MAPPER.createObjectNode();
    domain.putObject("UUIDandVersion").put("UUID", ID).put("Version", "1");
    domain.put("DisplayName", "web").put("Activate", active).put("AppNum", 4);
    domain.put("Memory", 96 << 10).put("VCpus", 1).put("VirtualizationMode", mode);
    domain
        .putArray("DiskConfigList")
        .addObject()
        .put("VolumeKey", "v#0")
        .put("FileLocation", volume(node).toString())
        .put("Format", 8)
        .put("MountDir", "/")
        .put("Target", 1);
    domain.putNull("VifList").putNull("IoAdapterList");
    domain.put("RestartCounter", restarts).put("PurgeCounter", 0);
    domain.put("pubsub-large-CloudInitUserData", "R1JFRVRJTkc9aGVsbG8K");
    Path unfinished = Files.writeString(pubsub.resolve("unfinished"), domain.toString());
    Files.createDirectories(configFile().resolveSibling("."));
    Files.move(unfinished, configFile(), StandardCopyOption.ATOMIC_MOVE);
  }

  private static Path volume(PackagedNode node) {
    return node.directory().resolve("documents/v#0.container");
  }

  /** A volume of EVE with a container: its root, and what its image says of the program. */
  private static void makeVolume(PackagedNode node) {
    try {
      Files.createDirectory(volume(node));
      Files.createSymbolicLink(volume(node).resolve("rootfs"), node.busyboxRoot());
      ObjectNode image = MAPPER.createObjectNode();
      ObjectNode config = image.putObject("config").put("WorkingDir", "/tmp");
      config.putArray("Env").add("PATH=/bin").add("GREETING=none");
      config
          .putArray("Cmd")
          .add("sh")
          .add("-c")
          .add(
              "trap 'exit 0' TERM; echo \"$GREETING in $(pwd)\"; while :; do sleep 1000 & wait $!; done");
      Files.writeString(volume(node).resolve("image-config.json"), image.toString());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** All states until the last one, each as it was seen first. */
  private List<JsonNode> statesUntil(int last) throws IOException {
    List<JsonNode> seen = new ArrayList<>();
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (seen.isEmpty() || state(seen.get(seen.size() - 1)) != last) {
      assertTrue(System.nanoTime() < deadline, () -> "waited in vain for " + last + ": " + seen);
      try {
        // Whenever it is read, all of it is there.
        JsonNode status = MAPPER.readTree(Files.readAllBytes(published("DomainStatus")));
        if (seen.isEmpty() || state(seen.get(seen.size() - 1)) != state(status)) {
          seen.add(status);
        }
      } catch (NoSuchFileException e) {
        // It is not there yet.
      }
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(500));
    }
    return seen;
  }

  private static int state(JsonNode status) {
    return status.path("State").intValue();
  }

  private static List<Integer> states(List<JsonNode> seen) {
    return seen.stream().map(DomainManagerIT::state).toList();
  }

  @Test
  void aDomainIsDrivenByItsFile() throws Exception {
    String config = "controller: {pubsub: " + pubsub + "}";
    try (PackagedNode node = new PackagedNode(List.of(), config, DomainManagerIT::makeVolume)) {
      want(node, IN_A_CONTAINER, true, 0);
      List<JsonNode> started = statesUntil(RUNNING);
      assertEquals(List.copyOf(new TreeSet<>(states(started))), states(started));
      assertTrue(
          List.of(INSTALLED, BOOTING, RUNNING).containsAll(states(started)), started.toString());
      JsonNode running = started.get(started.size() - 1);
      // That moment may pass between two looks.
      assertTrue(
          state(started.get(0)) != INSTALLED || started.get(0).path("DomainId").asInt(-1) == 0,
          started.toString());
      assertEquals(anchor(node), running.path("DomainId").longValue());
      assertTrue(running.path("Activated").booleanValue());
      assertEquals(ID + ".1.4", running.path("DomainName").asText());
      assertEquals("", running.path("Error").asText());
      node.awaitOutput(ID, "hello in /tmp");

      // Nothing is to be seen of a daemon that begins anew.
      node.kill();
      node.start();
      JsonNode kept = Programs.parse(Programs.read(published("DomainStatus")));
      assertEquals(RUNNING, state(kept));
      assertEquals(running.path("DomainId"), kept.path("DomainId"));
      want(node, IN_A_CONTAINER, true, 1);
      Programs.await("another anchor", () -> restarted(running));

      // It may have been measured in the middle of the restart.
      Programs.await("memory in metrics", () -> usedMemory() > 0);
      JsonNode metric = Programs.parse(Programs.read(published("DomainMetric")));
      assertEquals(ID, metric.at("/UUIDandVersion/UUID").asText());
      assertTrue(metric.path("AllocatedMB").intValue() >= 96, metric.toString());

      want(node, IN_A_CONTAINER, false, 1);
      List<JsonNode> halted = statesUntil(HALTED);
      assertTrue(List.of(RUNNING, HALTING, HALTED).containsAll(states(halted)), halted.toString());
      JsonNode last = halted.get(halted.size() - 1);
      assertEquals(0, last.path("DomainId").asInt(-1));
      assertFalse(last.path("Activated").booleanValue());

      Files.delete(configFile());
      Programs.await("the status to be removed", () -> !Files.exists(published("DomainStatus")));
      assertFalse(Files.exists(published("DomainMetric")));
      assertEquals(0, node.json("list").size());
    }
  }

  @Test
  void aGuestIsHaltedByItsFile() throws Exception {
    try (VirtualMachines machines =
        new VirtualMachines("controller: {pubsub: " + pubsub + ", executors: {HVM: qemu}}")) {
      PackagedNode node = machines.node();
      makeVolume(node);
      want(node, IN_A_MACHINE, true, 0);
      List<JsonNode> started = statesUntil(RUNNING);
      node.awaitOutput(ID, "hello in /tmp");
      assertEquals("qemu", node.json("inspect", ID).path("executor").asText());
      assertEquals(anchor(node), started.get(started.size() - 1).path("DomainId").longValue());
      want(node, IN_A_MACHINE, false, 0);
      List<JsonNode> halted = statesUntil(HALTED);
      assertEquals("", halted.get(halted.size() - 1).path("Error").asText());
      JsonNode task = node.json("inspect", ID);
      assertEquals("STOPPED", task.path("state").asText());
      assertEquals(0, task.path("exitCode").intValue(), "it was asked, not switched off: " + task);
    }
  }

  private static long anchor(PackagedNode node) {
    return Anchor.of(node.json("inspect", ID)).pid();
  }

  private int usedMemory() {
    Path file = published("DomainMetric");
    return Files.exists(file)
        ? Programs.parse(Programs.read(file)).path("UsedMemory").intValue()
        : 0;
  }

  private boolean restarted(JsonNode before) {
    JsonNode now = Programs.parse(Programs.read(published("DomainStatus")));
    return state(now) == RUNNING && !now.path("DomainId").equals(before.path("DomainId"));
  }
}
