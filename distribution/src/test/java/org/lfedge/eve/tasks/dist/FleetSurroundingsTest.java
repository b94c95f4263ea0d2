package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.eve.HostAccess;
import org.lfedge.eve.tasks.core.network.CniNetworks;
import org.lfedge.eve.tasks.core.network.PinnedNetworkNamespaces;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.Network;
import org.lfedge.eve.tasks.core.registry.HttpRegistries;

/** What a controller declares beside tasks, over daemons that come and go. */
class FleetSurroundingsTest {

  private static final String BRIDGE = "{\"type\": \"bridge\", \"subnets\": [\"10.7.%s.0/24\"]}";

  @TempDir Path directory;
  private CniNetworks networks;
  private FleetSurroundings surroundings;

  /** Has the networks that an earlier daemon left. */
  private void start() throws IOException {
    NodeConfig config =
        NodeConfigReader.parse(
            ("{stateDirectory: "
                    + directory.resolve("state")
                    + ", runtimeDirectory: "
                    + directory.resolve("run")
                    + ", networks: {own: {type: bridge, subnets: [10.8.0.0/24]}}}")
                .getBytes(StandardCharsets.UTF_8));
    HelperCommand none = (task, purpose, command) -> "";
    networks =
        new CniNetworks(
            config.networks(),
            directory.resolve("state/networks"),
            new PinnedNetworkNamespaces(directory.resolve("run/netns"), none),
            none);
    surroundings =
        new FleetSurroundings(config, networks, new HttpRegistries(config.registries(), Map.of()));
    surroundings.restore();
  }

  private Path declared() {
    return directory.resolve("state/networks/declared.json");
  }

  private static SortedMap<String, JsonNode> bridges(String... namesAndNumbers) throws IOException {
    SortedMap<String, JsonNode> sections = new TreeMap<>();
    for (int i = 0; i < namesAndNumbers.length; i += 2) {
      sections.put(
          namesAndNumbers[i],
          new ObjectMapper().readTree(BRIDGE.formatted(namesAndNumbers[i + 1])));
    }
    return sections;
  }

  /** As the record of a task with an interface there. */
  private void attach(String task, String network) throws IOException {
    Path records = Files.createDirectories(directory.resolve("state/networks/tasks"));
    Files.writeString(
        records.resolve(task + ".json"),
        """
        {"version": 1, "task": "%s", "containerId": "%1$s-1", "namespace": "of a former boot",
         "state": "attached", "interfaces": [{"config": {"name": "eth0", "network": "%s"},
           "network": {"cniVersion": "1.0.0", "name": "%2$s", "plugins": [{"type": "bridge"}]}}]}
        """
            .formatted(task, network));
  }

  private List<String> known() {
    return networks.list().stream()
        .map(Network::name)
        .filter(name -> !List.of("none", "host").contains(name))
        .toList();
  }

  @Test
  void aNetworkThatIsDeclaredNoMoreStaysOverRestartsWhileATaskIsOnIt() throws IOException {
    start();
    surroundings.networks(bridges("old", "1"));
    attach("web", "old");
    start();
    // Its successor may have the same subnet.
    surroundings.networks(bridges("new", "1"));
    assertEquals(List.of("new", "old", "own"), known());

    start();
    assertEquals(List.of("new", "old", "own"), known(), "before the controller is heard");
    surroundings.networks(bridges("new", "1"));
    assertEquals(List.of("new", "old", "own"), known());

    networks.detach("web");
    start();
    surroundings.networks(bridges("new", "1"));
    assertEquals(List.of("new", "own"), known());
    start();
    assertEquals(List.of("new", "own"), known());
  }

  @Test
  void networksThatCannotBeReadAreSetAside() throws IOException {
    List<String> kept = new ArrayList<>();
    for (String damaged : List.of("", "{\"old\": {", "[]")) {
      start();
      surroundings.networks(bridges("old", "1"));
      Files.writeString(declared(), damaged);
      start();
      assertEquals(List.of("own"), known());
      kept.add(damaged);
    }
    assertEquals(Set.copyOf(kept), setAside());
    surroundings.networks(bridges("old", "1"));
    start();
    assertEquals(List.of("old", "own"), known());
  }

  private Set<String> setAside() throws IOException {
    Set<String> contents = new HashSet<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(declared().getParent(), "declared.json.damaged-*")) {
      for (Path file : files) {
        contents.add(Files.readString(file));
      }
    }
    return contents;
  }

  @Test
  void networksAreWrittenWhenTheyChange() throws IOException {
    start();
    surroundings.networks(bridges("a", "1"));
    Object first = inode();
    surroundings.networks(bridges("a", "1"));
    assertEquals(first, inode());
    surroundings.networks(bridges("a", "2"));
    assertNotEquals(first, inode());
  }

  private Object inode() throws IOException {
    return Files.getAttribute(declared(), "unix:ino");
  }

  private static HostAccess access(boolean login, boolean certificates) {
    return new HostAccess(
        false,
        login ? Optional.of(new HostAccess.Login("node", "secret")) : Optional.empty(),
        certificates ? List.of("a certificate") : List.of());
  }

  private SortedSet<String> secrets() throws IOException {
    SortedSet<String> names = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve("run/hosts"))) {
      files.forEach(file -> names.add(String.valueOf(file.getFileName())));
    }
    return names;
  }

  @Test
  void secretsGoWithTheHostsThatTheyAreFor() throws IOException {
    start();
    surroundings.hosts(new TreeMap<>());
    surroundings.hosts(
        new TreeMap<>(
            Map.of("a.example:5000", access(true, true), "b.example", access(true, true))));
    assertEquals(
        Set.of(
            "a.example_5000.password", "a.example_5000.pem", "b.example.password", "b.example.pem"),
        secrets());
    surroundings.hosts(new TreeMap<>(Map.of("b.example", access(false, true))));
    assertEquals(Set.of("b.example.pem"), secrets());
    // Another daemon knows no more than the files.
    start();
    surroundings.hosts(new TreeMap<>());
    assertEquals(Set.of(), secrets());
  }
}
