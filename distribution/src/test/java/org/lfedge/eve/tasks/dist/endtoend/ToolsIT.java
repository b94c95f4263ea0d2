package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.image.TestImages.Image;

/** Tasks that run in tools and are given their own root, as a user has to do with them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ToolsIT {

  private static final String LABEL = "org.lfedge.eve.tasks.executor";
  private static final String IDLE = "[busybox, sh, -c, 'trap : TERM; while :; do sleep 9; done']";

  private final PackagedNode node;
  private final String tools;
  private final SortedMap<String, List<String>> before;

  ToolsIT() {
    VendorJar serving = ServingExecutor.jar();
    node =
        new PackagedNode(
            List.of(serving.digest()), "executors: {other: {tools: \"tools:1\"}}", serving::addTo);
    try {
      importImage(
          "tools",
          BusyboxImage.image()
              .settings(config -> config.putObject("Labels").put(LABEL, ServingExecutor.NAME)));
      importImage("guest", BusyboxImage.image());
      tools = "tools:1@" + node.json("images", "inspect", "tools:1").path("digest").asText();
      // It unpacks both images, and makes the directories that all tasks share.
      node.taskctl("create", guest("root: {image: guest:1}")).expect(0);
      node.taskctl("delete", "vm").expect(0);
      before = Traces.of(node);
    } catch (RuntimeException | Error e) {
      node.close();
      throw e;
    }
  }

  private void importImage(String name, Image image) {
    node.taskctl(
            "images",
            "import",
            BusyboxImage.layout(node.documents().resolve(name), name + ":1", image).toString())
        .expect(0);
  }

  @AfterAll
  void close() {
    node.close();
  }

  private String guest(String more) {
    return node.document(
        "vm.yaml",
        """
        name: vm
        tools: %s
        command: %s
        resources: {memory: 32MiB, cpus: 0.5}
        restart: {policy: never}
        stop: {grace: 0s}
        %s
        """
            .formatted(tools, IDLE, more));
  }

  private Programs.Result inside(String script) {
    return node.taskctl("exec", "vm", "--", "busybox", "sh", "-c", script);
  }

  private void assertNothingIsLeft() {
    node.taskctl("delete", "--force", "vm").expect(0);
    Programs.await("nothing to be left", () -> before.equals(Traces.of(node)));
  }

  @Test
  void anImageIsServedAndWhatIsWrittenToItStaysWithTheTask() {
    node.taskctl("run", "-d", guest("root: {image: guest:1, maxWritable: 16MiB}")).expect(0);
    inside("echo kept > /tmp/root/file && busybox sync").expect(0);
    assertTrue(inside("echo > /file").err().contains("Read-only file system"));
    String full = inside("busybox dd if=/dev/zero of=/tmp/root/big bs=1M count=40 2>&1").out();
    assertTrue(full.contains("No space left on device"), full);
    node.taskctl("stop", "vm").expect(0);
    node.kill();
    node.start();
    node.taskctl("start", "vm").expect(0);
    assertEquals("kept\n", inside("cat /tmp/root/file").expect(0).out());

    JsonNode shown = node.json("inspect", "vm");
    assertEquals(tools, "tools:1@" + shown.path("toolsDigest").asText());
    assertEquals("digest", shown.at("/toolsTrust/requirement").asText());
    assertEquals(ServingExecutor.NAME, shown.path("executor").asText());
    assertTrue(shown.path("imageDigest").isTextual(), shown.toString());
    for (String image : List.of("tools:1", "guest:1")) {
      assertEquals(
          List.of("IMAGE_IN_USE"),
          node.taskctl("-o", "json", "images", "remove", image).errorCodes());
    }
    assertNothingIsLeft();
  }

  @Test
  void toolsThatTheNodeNamesAreNotPruned() {
    String pruned = node.taskctl("images", "prune", "--dry-run").expect(0).out();
    assertTrue(pruned.contains("guest:1"), pruned);
    assertFalse(pruned.contains("tools:1"), pruned);
  }

  @Test
  void aDiskIsHandedOverAndWrittenTo() {
    Programs.run(List.of("truncate", "-s", "4M", disk("raw"))).expect(0);
    create("qcow2", "8M");
    String disks = "volumes: [{name: data, source: {file: disk.raw, format: raw}}]\n";
    String root = "root: {disk: {source: disk.qcow2, format: qcow2}}\n";
    node.taskctl("run", "-d", guest(root + disks)).expect(0);
    assertEquals("8388608 4194304\n", inside("echo $root $data").expect(0).out());
    inside("echo written > /tmp/data").expect(0);
    assertTrue(Programs.read(node.documents().resolve("disk.raw")).startsWith("written"));
    // Looked at once more while it is in use, and the rendering leaves it alone.
    node.taskctl("render", guest(root + disks)).expect(0);
    assertNothingIsLeft();
  }

  @Test
  void aHostileDiskIsRefusedAndNothingIsMade() {
    create("qcow2", "-u", "-F", "raw", "-b", "/etc/shadow", "8M");
    JsonNode error = refused("root: {disk: {source: disk.qcow2, format: qcow2}}");
    assertEquals("BACKING_FILE_REFUSED", error.path("code").asText());
    assertEquals("root.disk", error.path("path").asText());
    create("qcow2", "2000T");
    error = refused("volumes: [{name: data, source: {file: disk.qcow2, format: qcow2}}]");
    assertEquals("DISK_TOO_LARGE", error.path("code").asText());
    assertEquals("volumes[0].source", error.path("path").asText());
    assertEquals(before, Traces.of(node));
  }

  private JsonNode refused(String more) {
    Programs.Result result = node.taskctl("-o", "json", "create", guest(more));
    assertEquals(1, result.status(), result.toString());
    return result.firstError();
  }

  private String disk(String format) {
    return node.documents().resolve("disk." + format).toString();
  }

  private void create(String format, String... more) {
    List<String> command = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", format));
    List<String> options = List.of(more).subList(0, more.length - 1);
    command.addAll(options);
    command.add(disk(format));
    command.add(more[more.length - 1]);
    Programs.run(command).expect(0);
  }
}
