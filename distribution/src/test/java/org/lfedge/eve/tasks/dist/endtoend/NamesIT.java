package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Tasks find one another by name, and guests their addresses, by way of a task of the network. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NamesIT {

  private static final String NETWORKS =
      """
      networks:
        lan: {type: bridge, subnets: [10.232.1.0/24, "fd00:232:1::/64"], mtu: 1400}
        Other_1: {type: bridge, subnets: [10.232.2.0/24]}
        plain: {type: bridge, subnets: [10.232.3.0/24], names: false}
      nameService: {layout: %s}
      """;

  private static final String IDLE =
      "[busybox, sh, -c, 'trap \"exit 0\" TERM; while :; do sleep 9 & wait $!; done']";

  /** glibc's resolver, as most programs have it: that of a static busybox dies of its names. */
  private static final Path GETENT = Path.of("/usr/bin/getent");

  private final PackagedNode node = new PackagedNode(List.of(), "", NamesIT::withNames);

  private static void withNames(PackagedNode prepared) {
    Path image = prepared.directory().resolve("names.oci.tar");
    Programs.run(List.of("src/packaging/share/name-service-image.sh", image.toString())).expect(0);
    try {
      Files.writeString(prepared.config(), NETWORKS.formatted(image), StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeAll
  void addResolver() throws IOException {
    String libraries =
        Programs.run(List.of("sh", "-c", "ldd " + GETENT + " | grep -o '/[^ ]*'")).expect(0).out();
    copy(GETENT);
    for (String library : libraries.lines().toList()) {
      copy(Path.of(library));
    }
  }

  private void copy(Path file) throws IOException {
    Path target = node.busyboxRoot().resolve(file.toString().substring(1));
    Files.createDirectories(target.resolveSibling("."));
    Files.copy(file.toRealPath(), target, StandardCopyOption.REPLACE_EXISTING);
  }

  @AfterAll
  void close() {
    node.close();
  }

  private void run(String task, String interfaces) {
    node.taskctl("run", "-d", node.document(task, IDLE, "interfaces: [" + interfaces + "]"))
        .expect(0);
  }

  private Programs.Result inside(String task, String... command) {
    String[] words = new String[command.length + 3];
    words[0] = "exec";
    words[1] = task;
    words[2] = "--";
    System.arraycopy(command, 0, words, 3, command.length);
    return node.taskctl(words);
  }

  private String address(String task) {
    String address =
        node.json("inspect", task).path("interfaces").path(0).path("addresses").path(0).asText();
    return address.substring(0, address.indexOf('/'));
  }

  /** What a name stands for, as a task sees it; empty if it is nobody's. */
  private String lookUp(String task, String name) {
    Programs.Result found = inside(task, "getent", "ahostsv4", name);
    return found.status() == 0 ? found.out().split("\\s+")[0] : "";
  }

  private void awaitName(String task, String name, String address) {
    Programs.await(
        "the name " + name + " to be known as " + address,
        () -> lookUp(task, name).equals(address));
  }

  @Test
  void tasksFindOneAnotherByName() throws Exception {
    run("web", "{network: lan}");
    run("client", "{network: lan, allow: [{direction: egress, cidr: 192.0.2.0/24}]}");
    run("stranger", "{network: Other_1}");
    assertEquals("RUNNING", node.json("inspect", "names.lan").path("state").asText());
    awaitName("client", "web", address("web"));
    assertEquals(address("web"), lookUp("client", "web.lan"));
    String six = inside("client", "getent", "ahostsv6", "web").expect(0).out();
    assertTrue(six.startsWith("fd00:232:1::"), six);
    assertEquals("", lookUp("client", "nobody"));
    assertEquals("", lookUp("stranger", "web"));
    awaitName("stranger", "stranger.Other_1", address("stranger"));

    Programs.Result refused = node.taskctl("-o", "json", "delete", "--force", "names.lan");
    assertEquals(List.of("NAME_SERVICE_IN_USE"), refused.errorCodes());
    node.kill();
    node.start();
    assertEquals(address("web"), lookUp("client", "web"));

    node.taskctl("delete", "--force", "web").expect(0);
    awaitName("client", "web", "");
    run("web", "{network: lan, addresses: [10.232.1.99/24]}");
    awaitName("client", "web", "10.232.1.99");
    node.taskctl("delete", "--force", "web", "client", "stranger").expect(0);
    Programs.await("all tasks to be gone", () -> node.json("list").isEmpty());
  }

  @Tag("long")
  @Test
  void whoAsksIsToldItsAddress() {
    run("guest", "{network: lan, addresses: [10.232.1.50/24]}");
    awaitLease("guest", "10.232.1.50");
    node.taskctl("delete", "--force", "guest").expect(0);
    run("next", "{network: lan, addresses: [10.232.1.50/24], mac: \"02:16:3e:00:00:50\"}");
    awaitLease("next", "10.232.1.50");
    node.taskctl("delete", "--force", "next").expect(0);
  }

  private void awaitLease(String task, String address) {
    Programs.await(
        "a lease of " + address,
        () -> {
          Programs.Result asked =
              inside(
                  task,
                  "busybox",
                  "udhcpc",
                  "-i",
                  "eth0",
                  "-n",
                  "-q",
                  "-f",
                  "-t",
                  "2",
                  "-T",
                  "1",
                  "-s",
                  "/bin/true");
          return (asked.out() + asked.err()).contains("lease of " + address + " obtained");
        });
  }

  @Tag("long")
  @Test
  void aNetworkNeedNotServeNames() {
    run("quiet", "{network: plain}");
    assertEquals(
        1,
        node.json("list").findValuesAsText("name").stream()
            .filter(name -> name.equals("quiet") || name.equals("names.plain"))
            .count());
    Programs.Result foreign =
        node.taskctl(
            "-o",
            "json",
            "create",
            node.document(
                "curious",
                IDLE,
                "volumes: [{name: n, source: {network: lan}, target: /n}]\n"
                    + "interfaces: [{network: plain}]"));
    assertEquals(List.of("NOT_ON_NETWORK"), foreign.errorCodes());
    Programs.Result reserved =
        node.taskctl("-o", "json", "create", node.document("names.lan", IDLE, ""));
    assertEquals(List.of("NAME_RESERVED"), reserved.errorCodes());
    node.taskctl("delete", "--force", "quiet").expect(0);
  }
}
