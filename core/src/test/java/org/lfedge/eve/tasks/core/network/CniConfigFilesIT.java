package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.network.Wanted.asking;
import static org.lfedge.eve.tasks.core.network.Wanted.bridge;
import static org.lfedge.eve.tasks.core.network.Wanted.on;
import static org.lfedge.eve.tasks.core.network.Wanted.publishing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces.Kind;
import org.lfedge.eve.tasks.core.port.Networks;

/** Configs of CNI that others wrote, plugins that fail, and daemons that are killed. */
class CniConfigFilesIT {

  /** Of the kind that container engines install, with all that Debian's plugins can do. */
  private static final String CHAINED =
      """
      {
        "cniVersion": "0.4.0",
        "name": "chained",
        "plugins": [
          {"type": "bridge", "bridge": "cni-chained", "isGateway": true, "ipMasq": true,
           "ipam": {"type": "host-local", "dataDir": "%s",
             "ranges": [[{"subnet": "10.177.20.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
          {"type": "portmap", "capabilities": {"portMappings": true}},
          {"type": "firewall", "backend": "iptables"},
          {"type": "bandwidth", "ingressRate": 100000000, "ingressBurst": 1000000,
           "egressRate": 100000000, "egressBurst": 1000000},
          {"type": "tuning", "capabilities": {"mac": true},
           "sysctl": {"net.core.somaxconn": "500"}}
        ]
      }
      """;

  private static final String BROKEN_IN_THE_MIDDLE =
      """
      {"cniVersion": "1.0.0", "name": "broken", "plugins": [
        {"type": "bridge", "bridge": "cni-broken", "isGateway": true, "ipMasq": true,
         "ipam": {"type": "host-local", "dataDir": "%s", "subnet": "10.177.21.0/24"}},
        {"type": "moody"},
        {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}}]}
      """;

  /** Tells what it was asked in which environment, and fails when it is to make something. */
  private static final String MOODY =
      """
      #!/bin/sh
      cat >/dev/null
      echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME $CNI_ARGS" >>"$(dirname "$0")/asked"
      echo noise >&2
      if [ "$CNI_COMMAND" = ADD ]; then
        echo '{"cniVersion": "1.0.0", "code": 107, "msg": "the moon is full", "details": "again"}'
        exit 1
      fi
      """;

  @TempDir Path temporary;
  private SeparateNode node;
  private Path state;
  private Path configs;
  private Path plugins;
  private Networks networks;

  @BeforeEach
  void make() throws IOException {
    node = new SeparateNode(temporary);
    state = Files.createDirectories(temporary.resolve("state"));
    configs = Files.createDirectories(temporary.resolve("net.d"));
    plugins = Files.createDirectories(temporary.resolve("plugins"));
    networks = networks(node.helper);
  }

  private Networks networks(HelperCommand helper) {
    SortedMap<String, NetworkConfig> own = new TreeMap<>();
    own.put("bn1", bridge("bn1", "10.177.1.0/24", "fd00:177:1::/64"));
    List<Path> directories = new ArrayList<>(List.of(plugins));
    directories.addAll(NodeNetworks.DEFAULT.pluginDirectories());
    return new CniNetworks(
        new NodeNetworks(own, configs, directories), state, node.namespaces, helper);
  }

  @AfterEach
  void close() {
    node.close();
  }

  private void config(String file, String text) throws IOException {
    Files.writeString(
        configs.resolve(file), text.replace("%s", temporary.resolve("addresses").toString()));
  }

  private List<AttachedInterface> attach(String task, InterfaceConfig... interfaces) {
    node.namespaces.pin(task, Kind.OWN);
    assertEquals(List.of(), networks.check(task, List.of(interfaces)));
    return networks.attach(task, List.of(interfaces));
  }

  private String rules() {
    return node.shell("iptables-save | grep '^-A' | grep -c 10.177.2 || true");
  }

  @Test
  void aChainThatOthersWroteIsUsedAsItIs() throws IOException {
    config("50-chained.conflist", CHAINED);
    InterfaceConfig wanted =
        publishing(
            asking("eth0", "chained", "02:16:3e:00:00:77", "10.177.20.9/24", 1400),
            new PublishedPort(Optional.empty(), 18090, 80, Protocol.TCP));
    AttachedInterface made = attach("web", wanted).get(0);
    assertEquals("02:16:3e:00:00:77", made.mac());
    assertEquals(List.of("10.177.20.9/24"), made.addresses());
    assertEquals(List.of("10.177.20.1"), made.gateways());
    assertEquals(1400, made.mtu());
    assertEquals("500", node.shell("web", "cat /proc/sys/net/core/somaxconn"));
    assertEquals("2", node.shell("iptables-save | grep -c 'CNI-FORWARD.*10.177.20.9'"));
    assertEquals("1", node.shell("iptables-save | grep -c 'DNAT --to-destination 10.177.20.9:80'"));
    assertEquals("1", node.shell("tc qdisc | grep -c 'tbf.*dev veth'"));
    assertEquals(
        "1400", node.shell("ip -o link show type veth | sed 's/.* mtu \\([0-9]*\\) .*/\\1/'"));
    networks.detach("web");
    networks.detach("web");
    node.namespaces.unpin("web");
    assertEquals("0", rules());
    assertEquals("lo cni-chained", node.shell("ip -o link | cut -d: -f2 | xargs"));
    assertEquals(List.of(), addresses(temporary.resolve("addresses/chained")));
    assertEquals(List.of(), networks.tasks());
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static List<String> addresses(Path directory) throws IOException {
    return files(directory).stream().filter(name -> Character.isDigit(name.charAt(0))).toList();
  }

  private void moody() throws IOException {
    Path moody = Files.writeString(plugins.resolve("moody"), MOODY);
    Files.setPosixFilePermissions(moody, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void aPluginThatFailsInTheMiddleLeavesNothingAndItsMessageArrives() throws IOException {
    config("broken.conflist", BROKEN_IN_THE_MIDDLE);
    moody();
    node.namespaces.pin("web", Kind.OWN);
    InterfaceConfig wanted = asking("eth0", "broken", "02:16:3e:00:00:78", "10.177.21.9/24", 0);
    List<InterfaceConfig> both = List.of(asking("eth1", "bn1", "", "", 0), wanted);
    TaskException failure = assertThrows(TaskException.class, () -> networks.attach("web", both));
    assertEquals("CNI_FAILED", failure.first().code());
    String message = failure.first().message();
    for (String part :
        List.of("network broken", "plugin moody", "eth0", "task web", "the moon is full: again")) {
      assertTrue(message.contains(part), message);
    }
    List<String> asked = Files.readAllLines(plugins.resolve("asked"));
    assertEquals(2, asked.size(), asked.toString());
    assertTrue(
        asked
            .get(0)
            .matches(
                "ADD web-[0-9a-f]{8} eth0 IgnoreUnknown=1;MAC=02:16:3e:00:00:78;IP=10.177.21.9"),
        asked.get(0));
    assertTrue(asked.get(1).startsWith("DEL web-"), asked.get(1));
    assertEquals("1", node.shell("web", "ip -o link | wc -l"));
    assertEquals("0", rules());
    assertEquals("lo cni-broken", node.shell("ip -o link | cut -d: -f2 | xargs"));
    assertEquals(List.of(), addresses(temporary.resolve("addresses/broken")));
    assertEquals(List.of(), networks.tasks());
    assertEquals(List.of(), files(state.resolve("runs")));
  }

  @Test
  void whatADaemonThatWasKilledLeftIsPutRightByTheNext() throws IOException {
    // Killed while each of the helpers runs in turn; the helper itself goes on.
    for (int fatal = 0; fatal < 3; fatal++) {
      String task = "web" + fatal;
      node.namespaces.pin(task, Kind.OWN);
      int[] left = {fatal};
      Networks killed =
          networks(
              (name, purpose, command) -> {
                String said = node.helper.run(name, purpose, command);
                if (left[0]-- == 0) {
                  throw new Killed();
                }
                return said;
              });
      assertThrows(Killed.class, () -> killed.attach(task, List.of(on("bn1"))));
      Networks next = networks(node.helper);
      assertEquals(List.of(task), next.tasks());
      assertEquals(List.of(), next.attached(task));
      if (fatal == 1) {
        assertEquals(1, next.attach(task, List.of(on("bn1"))).size());
      }
      next.detach(task);
      node.namespaces.unpin(task);
      assertEquals("lo", node.shell("ip -o link | cut -d: -f2 | xargs"));
      assertEquals(List.of(), next.tasks());
      assertEquals(List.of(), files(state.resolve("leases")));
    }
  }

  /** No exception that anybody handles: nothing more is done by that daemon. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void tasksReachEachOtherAndPublishedPortsWhereTheNodeForwardsNothingByItself()
      throws IOException {
    // As where docker has been started.
    assertEquals("", node.shell("iptables -P FORWARD DROP && ip6tables -P FORWARD DROP"));
    // A host outside that knows no way to the tasks.
    node.namespaces.pin("world", Kind.OWN);
    String unused =
        node.shell(
            "ip link add ext type veth peer name eth0 netns "
                + node.namespaces.path("world")
                + " && ip addr add 10.177.90.1/24 dev ext && ip link set ext up");
    unused = node.shell("world", "ip addr add 10.177.90.2/24 dev eth0 && ip link set eth0 up");
    attach("a", on("bn1"));
    AttachedInterface b =
        attach(
                "b",
                publishing(on("bn1"), new PublishedPort(Optional.empty(), 18091, 80, Protocol.TCP)))
            .get(0);
    List<String> reached = new ArrayList<>(List.of("10.177.90.2/24"));
    reached.addAll(b.addresses());
    for (String address : reached) {
      String ping = "busybox ping -c1 -W5 " + address.split("/")[0] + " >/dev/null; echo $?";
      assertEquals("0", node.shell("a", ping), address);
    }
    node.serve("b", "busybox", "nc", "-ll", "-p", "80", "-e", "/bin/echo", "hello");
    assertEquals("hello", node.ask("world", "cat </dev/tcp/10.177.90.1/18091"));
    networks.detach("a");
    networks.detach("b");
    assertEquals(
        "-P FORWARD DROP", node.shell("iptables -S FORWARD"), "the node's own policy stays");
  }
}
