package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.network.AttachmentRecord.State;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

class NameRecordsTest {

  @TempDir Path directory;

  private static NetworkConfig network(String name, boolean names, String... servers) {
    return new NetworkConfig(
        name,
        Kind.BRIDGE,
        Optional.empty(),
        List.of(Cidr.parse("10.1.0.0/20").orElseThrow(), Cidr.parse("fd00:1::/64").orElseThrow()),
        OptionalInt.of(1400),
        Stream.of(servers).map(server -> Cidr.parseAddress(server).orElseThrow()).toList(),
        names,
        Optional.empty());
  }

  private NameRecords records(NetworkConfig... networks) {
    SortedMap<String, NetworkConfig> all = new TreeMap<>();
    Stream.of(networks).forEach(network -> all.put(network.name(), network));
    NodeNetworks node = new NodeNetworks(all, directory, List.of());
    return new NameRecords(
        directory.resolve("names"), () -> node, directory.resolve("resolv.conf"));
  }

  private static AttachmentRecord attached(String task, AttachedInterface... interfaces) {
    return new AttachmentRecord(
        task,
        task + "-1",
        "ns",
        State.ATTACHED,
        Stream.of(interfaces)
            .map(
                one ->
                    Attachment.of(
                            Wanted.on(one.network()),
                            new CniConfig(one.network(), "1.0.0", List.of()),
                            Optional.empty(),
                            Optional.empty())
                        .as(one))
            .toList());
  }

  private static AttachedInterface on(String network, String mac, String... addresses) {
    return new AttachedInterface(
        "eth0", network, mac, 1400, List.of(addresses), List.of(), List.of());
  }

  private String read(String file) throws IOException {
    return Files.readString(directory.resolve("names").resolve(file));
  }

  private boolean exists(String file) {
    return Files.exists(directory.resolve("names").resolve(file));
  }

  @Test
  void aTaskIsKnownOnItsNetworksAlone() throws IOException {
    NameRecords records = records(network("bn1", true), network("bn2", true), network("q", false));
    records.restore(List.of());
    records.publish(
        attached(
            "web",
            on("bn1", "02:00:00:00:00:01", "10.1.0.5/20", "fd00:1::5/64"),
            on("bn1", "02:00:00:00:00:02", "10.1.0.6/20")));
    assertEquals(
        "10.1.0.5 web web.bn1\nfd00:1::5 web web.bn1\n10.1.0.6 web web.bn1\n",
        read("bn1/hosts/web"));
    assertEquals(
        "02:00:00:00:00:01,10.1.0.5,web\n02:00:00:00:00:02,10.1.0.6\n", read("bn1/dhcp/web"));
    assertFalse(exists("bn2/hosts/web"));
    assertFalse(exists("q"));

    records.withdraw("web");
    assertFalse(exists("bn1/hosts/web"));
    assertFalse(exists("bn1/dhcp/web"));
  }

  @Test
  void aStartOfTheDaemonBringsEverythingUpToDate() throws IOException {
    NameRecords records = records(network("bn1", true));
    records.restore(List.of());
    records.publish(attached("gone", on("bn1", "02:00:00:00:00:01", "10.1.0.5/20")));
    records.restore(List.of(attached("web", on("bn1", "02:00:00:00:00:02", "10.1.0.6/20"))));
    assertFalse(exists("bn1/hosts/gone"));
    assertTrue(exists("bn1/hosts/web"));
  }

  @Test
  void otherNamesAreAskedOfTheNetworksServersOrTheNodes() throws IOException {
    Files.writeString(
        directory.resolve("resolv.conf"),
        "# a node\nsearch example\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver ::1\n");
    records(network("own", true, "192.0.2.53"), network("bare", true)).restore(List.of());
    assertEquals("nameserver 192.0.2.53\n", read("own/resolv.conf"));
    assertEquals("nameserver 192.0.2.1\n", read("bare/resolv.conf"));
  }

  @Test
  void dhcpIsToldTheSubnetAndItsGateway() throws IOException {
    records(network("bn1", true)).restore(List.of());
    String config = read("bn1/dnsmasq.conf");
    for (String line :
        List.of(
            "dhcp-range=10.1.0.0,static,255.255.240.0,1h",
            "dhcp-option=option:router,10.1.0.1",
            "dhcp-option=option:mtu,1400",
            "local=/bn1/",
            "hostsdir=/names/hosts")) {
      assertTrue(config.lines().anyMatch(line::equals), line + " in " + config);
    }
  }
}
