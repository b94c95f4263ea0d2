package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The network interfaces of tasks, made by CNI's own plugins. */
@Tag("exclusive") // It changes what all of the machine sees.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InterfacesIT {

  private static final int TCP_PORT = 28_080;

  private static final String NETWORKS =
      """
      networks:
        one: {type: bridge, subnets: [10.231.1.0/24, "fd00:231:1::/64"]}
        two: {type: bridge, subnets: [10.231.2.0/24]}
        tiny: {type: bridge, subnets: [10.231.3.0/30]}
      cni: {configDirectory: %s, pluginDirectories: [/usr/lib/cni, %s]}
      """;

  private final PackagedNode node = new PackagedNode(List.of(), "", InterfacesIT::withNetworks);

  private static void withNetworks(PackagedNode prepared) {
    try {
      Path configs = Files.createDirectory(prepared.directory().resolve("net.d"));
      Path plugins = Files.createDirectory(prepared.directory().resolve("cni"));
      Files.writeString(
          configs.resolve("10-chain.conflist"), chain("chained", "[10.231.4.0/24]", ""));
      Files.writeString(
          configs.resolve("20-broken.conflist"),
          chain("breaks", "[10.231.5.0/24]", "{\"type\": \"refuses\"},"));
      Path refuses = plugins.resolve("refuses");
      Files.writeString(
          refuses,
          """
          #!/bin/sh
          cat >/dev/null
          [ "$CNI_COMMAND" = ADD ] || exit 0
          echo '{"cniVersion": "0.4.0", "code": 100, "msg": "it is Sunday", "details": "all day"}'
          exit 1
          """);
      Files.setPosixFilePermissions(refuses, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.writeString(
          prepared.config(), NETWORKS.formatted(configs, plugins), StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String chain(String name, String subnets, String middle) {
    return """
        {"cniVersion": "0.4.0", "name": "%1$s", "plugins": [
          {"type": "bridge", "bridge": "%1$s-br", "isGateway": true, "ipMasq": true,
           "ipam": {"type": "host-local", "subnet": "%2$s", "routes": [{"dst": "0.0.0.0/0"}]}},
          %3$s
          {"type": "portmap", "capabilities": {"portMappings": true}},
          {"type": "firewall"},
          {"type": "bandwidth", "capabilities": {"bandwidth": true}},
          {"type": "tuning", "sysctl": {"net.core.somaxconn": "321"}}
        ]}
        """
        .formatted(name, subnets.replaceAll("[\\[\\]]", ""), middle);
  }

  @AfterAll
  void close() {
    PowerCycle.end();
    node.close();
    for (String bridge : List.of("chained-br", "breaks-br")) {
      // Of configs that others wrote, whose bridges are not ours to remove.
      Programs.run(List.of("ip", "link", "delete", bridge));
    }
  }

  private static final String SERVER =
      "[busybox, sh, -c, 'busybox mkdir -p /tmp/www; echo page > /tmp/www/index.html;"
          + " trap \"exit 0\" TERM; busybox httpd -p 80 -h /tmp/www; busybox httpd -p 81 -h /tmp/www;"
          + " while :; do sleep 9 & wait $!; done']";

  private static final String IDLE =
      "[busybox, sh, -c, 'trap \"exit 0\" TERM; while :; do sleep 9 & wait $!; done']";

  private void run(String task, String command, String interfaces) {
    node.taskctl("run", "-d", node.document(task, command, interfaces)).expect(0);
  }

  private Programs.Result inside(String task, String script) {
    return node.taskctl("exec", task, "--", "busybox", "sh", "-c", script);
  }

  /** By nc: the wget of a static busybox dies of looking up names. */
  private boolean fetches(String task, String address, int port) {
    return inside(
            task,
            "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 2 %s %d".formatted(address, port))
        .out()
        .endsWith("\npage\n");
  }

  private JsonNode interfaces(String task) {
    return node.json("inspect", task).path("interfaces");
  }

  private String address(String task) {
    String address = interfaces(task).path(0).path("addresses").path(0).asText();
    return address.substring(0, address.indexOf('/'));
  }

  @Test
  void tasksReachOneAnotherAndWhatTheyMay() throws IOException {
    run("web", SERVER, "interfaces: [{network: one, ports: [\"%d:80/tcp\"]}]".formatted(TCP_PORT));
    run("client", IDLE, "interfaces: [{network: one}]");
    run("other", IDLE, "interfaces: [{network: two}]");
    run(
        "narrow",
        IDLE,
        "interfaces: [{network: one, allow:"
            + " [{direction: egress, cidr: 10.231.1.0/24, port: 81, protocol: tcp}]}]");
    String web = address("web");
    Programs.await("the page", () -> fetches("client", web, 80));
    inside("client", "busybox ping -c 1 -W 5 10.231.1.1").expect(0);
    assertEquals("page\n", get("http://127.0.0.1:" + TCP_PORT + "/"));

    Programs.await("the other page", () -> fetches("narrow", web, 81));
    assertFalse(fetches("narrow", web, 80));
    assertFalse(fetches("other", web, 80));
    inside("other", "busybox ping -c 1 -W 1 " + address("client")).expect(1);
    for (String file : List.of("hosts", "hostname")) {
      assertTrue(inside("web", "cat /etc/" + file).expect(0).out().contains("web"), file);
    }
    assertTrue(inside("web", "cat /etc/hosts").out().contains(web));

    String before = interfaces("web").toString();
    node.taskctl("stop", "web").expect(0);
    node.taskctl("start", "web").expect(0);
    assertEquals(before, interfaces("web").toString());
    node.kill();
    node.start();
    assertEquals(before, interfaces("web").toString());
    PowerCycle.of(node);
    Programs.await(
        "the task to run",
        () -> node.json("inspect", "web").path("state").asText().equals("RUNNING"));
    assertEquals(before, interfaces("web").toString());
    Programs.await("the page", () -> fetches("client", web, 80));
    node.taskctl("delete", "--force", "web", "client", "other", "narrow").expect(0);
  }

  private static String get(String url) {
    return Programs.run(List.of("curl", "-s", "--noproxy", "*", "--max-time", "10", url))
        .expect(0)
        .out();
  }

  @Test
  void namesMacsAndOrderAreAsDeclared() {
    for (int count : new int[] {1, 2, 8}) {
      List<String> declared = new ArrayList<>();
      StringBuilder expected = new StringBuilder();
      for (int i = 0; i < count; i++) {
        String name = i % 2 == 0 ? "net" + i : "a" + i;
        String mac = "02:16:3e:00:%02x:%02x".formatted(count, i);
        declared.add(
            "{name: %s, network: %s, mac: \"%s\", mtu: 1400}"
                .formatted(name, i % 2 == 0 ? "one" : "two", mac));
        expected.append(name).append(' ').append(mac).append(" 1400\n");
      }
      run("many", IDLE, "interfaces: [" + String.join(", ", declared) + "]");
      Programs.Result seen =
          inside(
              "many",
              "busybox ip -o link | while read -r n name rest; do name=${name%%[:@]*};"
                  + " [ $name = lo ] || echo $name $(cat /sys/class/net/$name/address)"
                  + " $(cat /sys/class/net/$name/mtu); done");
      assertEquals(expected.toString(), seen.expect(0).out());
      node.taskctl("delete", "--force", "many").expect(0);
    }
  }

  @Tag("long")
  @Test
  void configsOfOthersWorkUnchanged() {
    assertTrue(
        node.json("networks", "list")
            .findValuesAsText("name")
            .containsAll(List.of("one", "chained")));
    run("chained", IDLE, "interfaces: [{network: chained}]");
    assertTrue(address("chained").startsWith("10.231.4."));
    assertEquals("321\n", inside("chained", "cat /proc/sys/net/core/somaxconn").expect(0).out());
    inside("chained", "busybox ping -c 1 -W 5 10.231.4.1").expect(0);
    JsonNode members = node.json("networks", "inspect", "chained").path("tasks");
    assertEquals(List.of("chained"), members.findValuesAsText("task"));
    node.taskctl("delete", "--force", "chained").expect(0);

    Programs.Result refused =
        node.taskctl(
            "-o",
            "json",
            "create",
            node.document("sunday", IDLE, "interfaces: [{network: breaks}]"));
    assertTrue(refused.err().contains("it is Sunday"), refused.toString());
    assertEquals(0, node.json("list").size());
    assertEquals(
        "", Programs.run(List.of("sh", "-c", "ip -o link | grep breaks- | grep veth")).out());
    assertEquals(0, leases("breaks"), "leases");
  }

  @Tag("long")
  @Test
  void aTaskMayBeOnTheNetworkOfTheNode() throws IOException {
    run("inside", IDLE, "interfaces: [{network: host}]");
    assertEquals(
        Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString(),
        inside("inside", "busybox readlink /proc/self/ns/net").expect(0).out().strip());
    assertEquals(
        Files.readString(Path.of("/etc/hosts")),
        inside("inside", "cat /etc/hosts").expect(0).out());
    assertEquals(0, interfaces("inside").size());
    node.taskctl("stop", "inside").expect(0);
    node.taskctl("start", "inside").expect(0);
    node.taskctl("delete", "--force", "inside").expect(0);
  }

  private static int leases(String network) {
    return Programs.run(
                List.of(
                    "sh",
                    "-c",
                    "ls /var/lib/cni/networks/" + network + " | grep -c '^10\\.'; true"))
            .out()
            .strip()
            .equals("0")
        ? 0
        : 1;
  }

  @Test
  void whatCannotBeConnectedIsRefused() throws IOException {
    refused("{network: nowhere}", "NETWORK_NOT_FOUND");
    refused("{network: one, mac: \"03:00:00:00:00:01\"}", "MAC_MULTICAST");
    refused("{network: one, addresses: [10.9.9.9/24]}", "ADDRESS_OUTSIDE_SUBNET");
    run(
        "first",
        IDLE,
        "interfaces: [{network: one, mac: \"02:16:3e:00:00:77\","
            + " addresses: [10.231.1.77/24], ports: [\"28077:77\"]}]");
    assertEquals("10.231.1.77", address("first"));
    refused("{network: one, mac: \"02:16:3e:00:00:77\"}", "MAC_TAKEN");
    refused("{network: one, addresses: [10.231.1.77/24]}", "ADDRESS_TAKEN");
    refused("{network: one, ports: [\"28077:1\"]}", "PORT_IN_USE");
    try (var socket = new ServerSocket(28_078)) {
      refused("{network: one, ports: [\"" + socket.getLocalPort() + ":1\"]}", "PORT_IN_USE");
    }
    node.taskctl("delete", "--force", "first").expect(0);
    assertEquals(0, node.json("list").size());
  }

  private void refused(String attached, String code) {
    Programs.Result result =
        node.taskctl(
            "-o",
            "json",
            "create",
            node.document("refused", IDLE, "interfaces: [" + attached + "]"));
    assertEquals(List.of(code), result.errorCodes(), result.toString());
  }
}
