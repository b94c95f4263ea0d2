package org.lfedge.eve.tasks.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.HostAccess;
import org.lfedge.eve.tasks.core.files.DurableFiles;
import org.lfedge.eve.tasks.core.fleet.Fleet;
import org.lfedge.eve.tasks.core.network.CniNetworks;
import org.lfedge.eve.tasks.core.network.NetworkConfig;
import org.lfedge.eve.tasks.core.registry.HttpRegistries;
import org.lfedge.eve.tasks.core.registry.RegistryConfig;

/**
 * Networks and registries that a controller declares, beside those of the node's config, which come
 * first. Networks are kept on disk, those included that only tasks still use: after a reboot, tasks
 * are started on them before a controller is heard. For one thread at a time.
 */
final class FleetSurroundings implements Fleet.Surroundings {

  private final NodeConfig config;
  private final CniNetworks networks;
  private final HttpRegistries registries;
  private final ObjectMapper mapper = new ObjectMapper();

  /** Those that are there beside the node's own: declared, or still in use. */
  private final SortedMap<String, JsonNode> held = new TreeMap<>();

  FleetSurroundings(NodeConfig config, CniNetworks networks, HttpRegistries registries) {
    this.config = config;
    this.networks = networks;
    this.registries = registries;
  }

  private Path file() {
    return config.stateDirectory().resolve("networks").resolve("declared.json");
  }

  /** Has the networks again that there were last. */
  void restore() {
    try {
      if (Files.exists(file())) {
        SortedMap<String, NetworkConfig> usable = new TreeMap<>();
        for (Map.Entry<String, JsonNode> one :
            mapper.readTree(Files.readAllBytes(file())).properties()) {
          held.put(one.getKey(), one.getValue());
          // One that is declared no more need not go with those that took its place.
          SortedMap<String, JsonNode> alone = new TreeMap<>(Map.of(one.getKey(), one.getValue()));
          usable.putAll(declared(alone).networks());
        }
        held.keySet().retainAll(networks.declare(usable));
      }
    } catch (IOException e) {
      throw failure("read " + file(), e);
    }
  }

  private NetworksConfig.Declared declared(SortedMap<String, JsonNode> sections) {
    return NetworksConfig.declared(sections, config.networks(), config.nameService().isPresent());
  }

  @Override
  public SortedMap<String, List<Problem>> networks(SortedMap<String, JsonNode> sections) {
    NetworksConfig.Declared declared = declared(sections);
    SortedMap<String, JsonNode> usable = new TreeMap<>(sections);
    usable.keySet().retainAll(declared.networks().keySet());
    held.putAll(usable);
    held.keySet().retainAll(networks.declare(declared.networks()));
    ObjectNode all = mapper.createObjectNode();
    all.setAll(held);
    write(file(), all.toString());
    return declared.problems();
  }

  @Override
  public void hosts(SortedMap<String, HostAccess> hosts) {
    SortedMap<String, RegistryConfig.Host> all = new TreeMap<>();
    hosts.forEach((name, access) -> all.put(name, host(name, access)));
    all.putAll(config.registries().hosts());
    registries.use(
        new RegistryConfig(config.registries().dockerConfig(), config.registries().proxy(), all));
  }

  /** What is secret reaches registries as it does from the node's config: in files. */
  private RegistryConfig.Host host(String name, HostAccess access) {
    Path directory = config.runtimeDirectory().resolve("hosts");
    String file = name.replace(':', '_');
    Optional<Path> password =
        access
            .login()
            .map(login -> write(directory.resolve(file + ".password"), login.password() + "\n"));
    Optional<Path> ca =
        access.certificates().isEmpty() || access.plainHttp()
            ? Optional.empty()
            : Optional.of(
                write(directory.resolve(file + ".pem"), String.join("\n", access.certificates())));
    return new RegistryConfig.Host(
        access.plainHttp(),
        List.of(),
        ca,
        Optional.empty(),
        Optional.empty(),
        access.login().map(HostAccess.Login::user),
        password,
        Optional.empty());
  }

  private static Path write(Path file, String text) {
    try {
      DurableFiles files = new DurableFiles(file.resolveSibling(".").normalize());
      files.prepare();
      files.write(String.valueOf(file.getFileName()), text.getBytes(StandardCharsets.UTF_8));
      return file;
    } catch (IOException e) {
      throw failure("write " + file, e);
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("APP_STORE", "cannot " + action + ": " + cause + "; is the disk full?"),
        cause);
  }
}
