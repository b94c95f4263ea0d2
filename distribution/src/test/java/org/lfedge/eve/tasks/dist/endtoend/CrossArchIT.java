package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs of other architectures are tasks as any others, each of their processes emulated, and
 * nobody else notices.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrossArchIT {

  /** One that is not this node's. */
  private static final String FOREIGN =
      System.getProperty("os.arch").equals("aarch64") ? "amd64" : "arm64";

  private static final String MACHINE = FOREIGN.equals("arm64") ? "aarch64" : "x86_64";

  /** A script that forks, in a file that is run by the interpreter in its first line. */
  private static final String SCRIPT =
      "printf \"#!/bin/sh\\necho script on \\$(uname -m)\\nuname -m | cat\\n\" > /tmp/s;"
          + " chmod 755 /tmp/s; /tmp/s";

  private final PackagedNode node =
      new PackagedNode(
          List.of(),
          "networks: {lan: {type: bridge, subnets: [10.233.7.0/24]}}\nemulation: allow\n",
          CrossArchIT::withTools);

  private final String tableBefore = table();

  private static void withTools(PackagedNode node) {
    String image =
        DebianImages.make("cross-arch", node.directory().resolve("cross-arch-tools.oci.tar"));
    try {
      Files.writeString(
          node.config(),
          "executors: {cross-arch: {tools: \"%s\"}}\n".formatted(image),
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  CrossArchIT() {
    try {
      node.taskctl(
              "images", "import", node.directory().resolve("cross-arch-tools.oci.tar").toString())
          .expect(0);
    } catch (Throwable e) {
      node.close();
      throw e;
    }
  }

  @AfterAll
  void close() {
    node.close();
  }

  /** The names in the node's own table of binary formats, wherever that is mounted. */
  private static String table() {
    return Programs.run(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-euc",
                "mount -t binfmt_misc none /proc/sys/fs/binfmt_misc;"
                    + " ls /proc/sys/fs/binfmt_misc"))
        .expect(0)
        .out();
  }

  /** Makes an image for an architecture, imports it, and returns its name. */
  private String image(String kind, String architecture) {
    Path archive = node.documents().resolve(kind + "-" + architecture + ".oci.tar");
    String name = DebianImages.make(kind, archive, architecture);
    node.taskctl("images", "import", "--platform", architecture, archive.toString()).expect(0);
    return name;
  }

  private String document(String task, String image, String command, String more) {
    return node.document(
        task + ".yaml",
        """
        name: %s
        root: {image: "%s"}
        command: %s
        resources: {memory: 64MiB, cpus: 1}
        restart: {policy: never}
        %s
        """
            .formatted(task, image, command, more));
  }

  private static String crossArch(String architecture) {
    return "executor: cross-arch\noptions: {platform: " + architecture + "}\n";
  }

  private JsonNode await(String task, String state) {
    JsonNode[] last = new JsonNode[1];
    Programs.await(
        task + " to be " + state,
        () -> {
          last[0] = node.json("inspect", task);
          return last[0].path("state").asText().equals(state);
        });
    return last[0];
  }

  private String output(String task) {
    return node.taskctl("logs", task).expect(0).out();
  }

  @Test
  void everyProcessOfATaskIsEmulatedAndNobodyElseNotices() throws IOException {
    String image = image("busybox", FOREIGN);
    String command =
        "[sh, -c, 'uname -m; %s; id -u; ls /sys/class/net; trap \"echo told; exit 7\" TERM;"
                .formatted(SCRIPT)
            + " echo up; while :; do sleep 0.1; done']";
    String network =
        "interfaces: [{name: eth7, network: lan}]\nuser: www-data\nstop: {grace: 60s}\n";
    node.taskctl("run", "-d", document("app", image, command, crossArch(FOREIGN) + network))
        .expect(0);
    node.awaitOutput("app", "up");

    assertEquals(
        List.of(MACHINE, "script on " + MACHINE, MACHINE, "33", "eth7", "lo", "up"),
        output("app").lines().toList());
    assertEquals(MACHINE + "\n", node.taskctl("exec", "app", "--", "uname", "-m").expect(0).out());
    JsonNode running = node.json("inspect", "app");
    Anchor anchor = Anchor.of(running);
    assertNotEquals(
        Files.readSymbolicLink(Path.of("/proc/self/ns/user")),
        Files.readSymbolicLink(Path.of("/proc/" + anchor.pid() + "/ns/user")));
    assertTrue(running.at("/memory/taxBytes").longValue() > 0);
    assertTrue(running.path("toolsDigest").asText().startsWith("sha256:"), "its tools");

    assertEquals(tableBefore, table());
    Path program = node.directory().resolve("foreign");
    Files.copy(Path.of("/proc/" + anchor.pid() + "/root/bin/busybox"), program);
    assertTrue(program.toFile().setExecutable(true));
    assertNotEquals(0, Programs.run(List.of(program.toString(), "uname", "-m")).status());

    node.taskctl("stop", "app").expect(0);
    assertEquals(7, await("app", "STOPPED").path("exitCode").intValue());
    assertFalse(anchor.isAlive());
    node.kill();
    node.start();
    node.taskctl("start", "app").expect(0);
    Anchor next = Anchor.of(await("app", "RUNNING"));
    assertNotEquals(anchor, next);
    node.kill();
    node.start();
    assertEquals(next, Anchor.of(await("app", "RUNNING")));
    assertEquals(MACHINE + "\n", node.taskctl("exec", "app", "--", "uname", "-m").expect(0).out());
    node.taskctl("delete", "--force", "app").expect(0);
    assertFalse(next.isAlive());
    assertEquals(tableBefore, table());
    assertEquals(List.of(), files("run/netns"));
  }

  private List<String> files(String directory) throws IOException {
    try (var files = Files.list(node.directory().resolve(directory))) {
      return files.map(Path::toString).toList();
    }
  }

  @Test
  void programsWithLibrariesRunAndAnImageWithoutAnExecutorIsEmulated() {
    String image = image("coreutils", FOREIGN);
    node.taskctl(
            "run",
            "-d",
            document("linked", image, "[sh, -c, 'uname -m; %s']".formatted(SCRIPT), ""))
        .expect(0);
    JsonNode ended = await("linked", "STOPPED");
    assertEquals("cross-arch", ended.path("executor").asText());
    assertEquals(0, ended.path("exitCode").intValue(), output("linked"));
    assertEquals(
        List.of(MACHINE, "script on " + MACHINE, MACHINE), output("linked").lines().toList());
    node.taskctl("delete", "linked").expect(0);
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({"s390x, s390x", "ppc64le, ppc64le", "riscv64, riscv64", "arm, armv7l", "386, i686"})
  void otherArchitecturesRunToo(String architecture, String machine) {
    String image = image("busybox", architecture);
    String command = "[sh, -c, 'uname -m; %s; exit 5']".formatted(SCRIPT);
    node.taskctl("run", "-d", document("other", image, command, crossArch(architecture))).expect(0);
    JsonNode ended = await("other", "STOPPED");
    assertEquals(5, ended.path("exitCode").intValue(), output("other"));
    assertEquals(
        List.of(machine, "script on " + machine, machine), output("other").lines().toList());
    node.taskctl("delete", "other").expect(0);
    assertEquals(tableBefore, table());
  }

  @Test
  void whatCannotRunIsRefusedBeforeAnythingStarts() {
    String image = image("busybox", FOREIGN);
    assertRefused(
        document("refused", image, "[sh]", crossArch("s390x")),
        "NO_MATCHING_PLATFORM",
        "linux/" + FOREIGN);
    assertRefused(
        document("refused", image, "[sh]", crossArch("vax")), "BAD_VALUE", "options.platform");
    assertRefused(
        document("refused", image, "[sh]", crossArch(FOREIGN) + "interfaces: [{network: host}]\n"),
        "CONFLICT",
        "user namespace");
    assertEquals(0, node.json("list").size());
  }

  private void assertRefused(String document, String code, String text) {
    Programs.Result refused = node.taskctl("run", "-d", document).expect(1);
    assertTrue(refused.err().contains(code), refused.err());
    assertTrue(refused.err().contains(text), refused.err());
  }
}
