package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Devices of the node in tasks. PCI and USB, which not every machine has, are tested elsewhere. */
@Tag("exclusive") // It makes network interfaces on the machine.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DevicesIT {

  private static final String CARD = "tm-dev-test0";
  private static final String IDLE =
      "[busybox, sh, -c, 'trap \"exit 0\" TERM; while :; do sleep 9 & wait $!; done']";

  private final PackagedNode node = new PackagedNode(List.of(), "", DevicesIT::withDevices);

  private static void withDevices(PackagedNode prepared) {
    prepared.allowDevices(
        "/dev/fuse", "/dev/loop*", "/dev/none", "nic:tm-dev-*", "cdi:vendor.com/*=*");
    try {
      Path cdi = Files.createDirectory(prepared.directory().resolve("cdi"));
      Files.writeString(cdi.resolve("mounted"), "from the node\n");
      Files.writeString(
          cdi.resolve("vendor.yaml"),
          """
          cdiVersion: 0.6.0
          kind: vendor.com/thing
          devices:
            - name: one
              containerEdits:
                env: [THING=one]
                deviceNodes: [{path: /dev/thing/one, hostPath: /dev/fuse, permissions: rw}]
                mounts:
                  - {hostPath: %s/mounted, containerPath: /tmp/mounted, options: [bind, ro]}
          """
              .formatted(cdi));
      Files.writeString(
          prepared.config(),
          "cdi: {directories: [%s]}\n".formatted(cdi),
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeAll
  static void makeCard() {
    ip("link", "add", CARD, "type", "veth", "peer", "name", "tm-dev-other").expect(0);
  }

  @AfterAll
  void close() {
    node.close();
    ip("link", "delete", CARD).expect(0);
  }

  private static Programs.Result ip(String... arguments) {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    return Programs.run(command);
  }

  private static boolean isOnNode() {
    return Files.exists(Path.of("/sys/class/net", CARD));
  }

  private void run(String task, String devices) {
    node.taskctl("run", "-d", node.document(task, IDLE, "devices: [" + devices + "]")).expect(0);
  }

  private void delete(String task) {
    node.taskctl("delete", "--force", task).expect(0);
  }

  private Programs.Result inside(String task, String script) {
    return node.taskctl("exec", task, "--", "busybox", "sh", "-c", script);
  }

  private void refused(String devices, String code) {
    Programs.Result result =
        node.taskctl(
            "-o", "json", "create", node.document("refused", IDLE, "devices: [" + devices + "]"));
    assertEquals(List.of(code), result.errorCodes(), result.toString());
  }

  @Test
  void aTaskCanOpenItsDevicesAsFarAsTheyAreGrantedAndNoOther() {
    run("nodes", "{path: /dev/fuse}, {path: /dev/loop7, access: r}");
    inside("nodes", "exec 3<>/dev/fuse").expect(0);
    inside("nodes", "exec 3</dev/loop7").expect(0);
    assertTrue(inside("nodes", "exec 3>/dev/loop7").err().contains("not permitted"));
    inside("nodes", "test -e /dev/loop6").expect(1);
    // The runtime lets anybody with the capability make a node; the cgroup keeps it shut.
    assertFalse(
        inside("nodes", "busybox mknod /tmp/other b 7 6 && exec 3</tmp/other").err().isEmpty());
    JsonNode shown = node.json("inspect", "nodes");
    assertEquals("/dev/fuse", shown.at("/config/devices/0/path").asText());
    assertEquals("/dev/loop7", shown.at("/spec/linux/devices/1/path").asText());
    delete("nodes");
  }

  @Test
  void whatCdiDescribesIsInTheTask() {
    run("described", "{cdi: vendor.com/thing=one}");
    inside("described", "exec 3<>/dev/thing/one").expect(0);
    assertEquals(
        "one from the node\n",
        inside("described", "echo $THING $(cat /tmp/mounted)").expect(0).out());
    delete("described");
    refused("{cdi: vendor.com/thing=two}", "DEVICE_NOT_FOUND");
  }

  @Test
  void aCardIsInItsTaskAndComesBackWhateverHappens() {
    run("card", "{nic: " + CARD + "}");
    assertFalse(isOnNode());
    assertTrue(inside("card", "busybox ip -o link").out().contains(CARD));
    refused("{nic: " + CARD + "}", "DEVICE_TAKEN");
    node.taskctl("stop", "card").expect(0);
    node.taskctl("start", "card").expect(0);
    assertTrue(inside("card", "busybox ip -o link").out().contains(CARD));
    delete("card");
    assertTrue(isOnNode());

    run("card", "{nic: " + CARD + "}");
    node.kill();
    node.start();
    delete("card");
    assertTrue(isOnNode());

    ip("addr", "add", "192.0.2.77/32", "dev", CARD).expect(0);
    refused("{nic: " + CARD + "}", "DEVICE_IN_USE");
    ip("addr", "flush", "dev", CARD).expect(0);
  }

  @Test
  void whatIsNotThereOrNotAllowedIsRefused() {
    refused("{path: /dev/none}", "DEVICE_NOT_FOUND");
    refused("{nic: tm-dev-none}", "DEVICE_NOT_FOUND");
    refused("{path: /dev/kmsg}", "DEVICE_NOT_ALLOWED");
    refused("{nic: lan9}", "DEVICE_NOT_ALLOWED");
  }
}
