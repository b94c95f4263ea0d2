package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A reboot, as far as it can be staged: every process of the node is killed, its runtime directory
 * with all mounts is gone, and the kernel names another boot. What lies on disk stays.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RebootIT {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final PackagedNode node = new PackagedNode();

  @AfterAll
  void close() {
    Programs.run(List.of("umount", BOOT_ID.toString()));
    node.close();
  }

  @Test
  void tasksComeBackAsTheyWereWanted() throws IOException {
    node.taskctl("run", "-d", node.document("never", PackagedNode.SERVICE, "")).expect(0);
    node.taskctl(
            "run", "-d", node.document("after", PackagedNode.SERVICE, "after: [{task: never}]"))
        .expect(0);
    node.taskctl("run", "-d", node.document("stopped", PackagedNode.SERVICE, "")).expect(0);
    node.taskctl("stop", "stopped").expect(0);
    node.taskctl("create", node.document("created", PackagedNode.SERVICE, "")).expect(0);
    String done = node.document("done", "[sh, -c, 'exit 0']", "restart: {policy: on-failure}");
    node.taskctl("apply", done).expect(0);
    Programs.await(
        "the one-shot to end",
        () -> node.json("inspect", "done").path("state").asText().equals("STOPPED"));
    Anchor before = Anchor.of(node.json("inspect", "never"));
    long last = last();

    powerCycle();

    Programs.await(
        "what is wanted to run",
        () -> state("never").equals("RUNNING") && state("after").equals("RUNNING"));
    Anchor now = Anchor.of(node.json("inspect", "never"));
    assertNotEquals(before, now);
    assertTrue(now.isAlive());
    assertEquals("STOPPED", state("stopped"));
    assertEquals("STOPPED", state("created"));
    assertEquals("STOPPED", state("done"));
    assertEquals(0, node.json("inspect", "never").path("restarts").intValue());

    List<String> types = new ArrayList<>();
    for (JsonNode event : node.json("events", "--after", String.valueOf(last), "never")) {
      types.add(event.path("type").asText());
    }
    assertEquals(List.of("exited", "restarting", "created", "started"), types);
    node.taskctl("delete", "--force", "never", "after", "stopped", "created", "done").expect(0);
  }

  private long last() {
    JsonNode events = node.json("events");
    return events.get(events.size() - 1).path("seq").longValue();
  }

  private String state(String task) {
    return node.json("inspect", task).path("state").asText();
  }

  private void powerCycle() throws IOException {
    node.kill();
    Path runtime = node.directory().resolve("run");
    String cgroup = "/" + node.directory().getFileName() + "/";
    Programs.await(
        "every process to end",
        () -> {
          List<ProcessHandle> left =
              ProcessHandle.allProcesses()
                  .filter(process -> isOurs(process, runtime, cgroup))
                  .toList();
          left.forEach(ProcessHandle::destroyForcibly);
          return left.isEmpty();
        });
    Traces.unmountBelow(runtime);
    Programs.run(List.of("rm", "-rf", runtime.toString())).expect(0);
    Traces.removeCgroups(node.directory().getFileName().toString());
    Path other = node.directory().resolve("boot_id");
    Files.writeString(other, UUID.randomUUID() + "\n");
    Programs.run(List.of("mount", "--bind", other.toString(), BOOT_ID.toString())).expect(0);
    node.start();
  }

  /** containerd and shims name the directory on their command lines, tasks are in our cgroup. */
  private static boolean isOurs(ProcessHandle process, Path runtime, String cgroup) {
    Path proc = Path.of("/proc", String.valueOf(process.pid()));
    try {
      boolean names =
          Files.readString(proc.resolve("cmdline")).contains(runtime.toString())
              && process.pid() != ProcessHandle.current().pid();
      return names || Files.readString(proc.resolve("cgroup")).contains(cgroup);
    } catch (IOException e) {
      return false;
    }
  }
}
