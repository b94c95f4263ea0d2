package org.lfedge.eve.tasks.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.HostAccess;
import org.lfedge.eve.tasks.core.files.DurableFiles;
import org.lfedge.eve.tasks.core.fleet.Fleet;
import org.lfedge.eve.tasks.core.network.CniNetworks;
import org.lfedge.eve.tasks.core.network.NetworkConfig;
import org.lfedge.eve.tasks.core.registry.HttpRegistries;
import org.lfedge.eve.tasks.core.registry.RegistryConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Networks and registries that a controller declares, beside those of the node's config, which come
 * first. Networks are kept on disk, those included that only tasks still use: after a reboot, tasks
 * are started on them before a controller is heard. For one thread at a time.
 */
final class FleetSurroundings implements Fleet.Surroundings {

  private static final Logger log = LoggerFactory.getLogger(FleetSurroundings.class);

  private static final String DECLARED = "declared.json";

  private final NodeConfig config;
  private final CniNetworks networks;
  private final HttpRegistries registries;
  private final DurableFiles records;
  private final DurableFiles secrets;
  private final ObjectMapper mapper = new ObjectMapper();

  /** Those that are there beside the node's own: declared, or still in use. */
  private final SortedMap<String, JsonNode> held = new TreeMap<>();

  FleetSurroundings(NodeConfig config, CniNetworks networks, HttpRegistries registries) {
    this.config = config;
    this.networks = networks;
    this.registries = registries;
    this.records = new DurableFiles(config.stateDirectory().resolve("networks"));
    this.secrets = new DurableFiles(config.runtimeDirectory().resolve("hosts"));
  }

  /**
   * Has the networks again that there were last. A file that cannot be read holds nothing else up:
   * the next config of the controller writes another.
   */
  void restore() {
    if (Files.exists(records.directory().resolve(DECLARED))) {
      try {
        JsonNode all = mapper.readTree(records.read(DECLARED));
        if (!all.isObject()) {
          throw new IOException("it is no JSON object");
        }
        restore(all);
      } catch (IOException e) {
        log.error(
            "the networks of the controller are not there until it is heard: {} in {} cannot be"
                + " read ({}) and is {}",
            DECLARED,
            records.directory(),
            e.getMessage(),
            setAside());
      }
    }
  }

  private String setAside() {
    try {
      return "kept as " + records.setAside(DECLARED).getFileName();
    } catch (IOException e) {
      return "left, as it cannot be moved aside: " + e;
    }
  }

  private void restore(JsonNode all) {
    SortedMap<String, NetworkConfig> usable = new TreeMap<>();
    for (Map.Entry<String, JsonNode> one : all.properties()) {
      held.put(one.getKey(), one.getValue());
      // One that is declared no more need not go with those that took its place.
      SortedMap<String, JsonNode> alone = new TreeMap<>(Map.of(one.getKey(), one.getValue()));
      usable.putAll(declared(alone).networks());
    }
    held.keySet().retainAll(networks.declare(usable));
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
    write(records, DECLARED, all.toString());
    return declared.problems();
  }

  @Override
  public void hosts(SortedMap<String, HostAccess> hosts) {
    SortedMap<String, RegistryConfig.Host> all = new TreeMap<>();
    SortedSet<Path> needed = new TreeSet<>();
    hosts.forEach(
        (name, access) -> {
          RegistryConfig.Host host = host(name, access);
          all.put(name, host);
          host.passwordFile().ifPresent(file -> needed.add(file));
          host.ca().ifPresent(file -> needed.add(file));
        });
    all.putAll(config.registries().hosts());
    registries.use(
        new RegistryConfig(config.registries().dockerConfig(), config.registries().proxy(), all));
    forgetOthers(needed);
  }

  /** What is secret reaches registries as it does from the node's config: in files. */
  private RegistryConfig.Host host(String name, HostAccess access) {
    String file = name.replace(':', '_');
    Optional<Path> password =
        access.login().map(login -> write(secrets, file + ".password", login.password() + "\n"));
    Optional<Path> ca =
        access.certificates().isEmpty() || access.plainHttp()
            ? Optional.empty()
            : Optional.of(write(secrets, file + ".pem", String.join("\n", access.certificates())));
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

  private void forgetOthers(SortedSet<Path> needed) {
    if (Files.isDirectory(secrets.directory())) {
      try {
        for (Path file : secrets.list("")) {
          if (!needed.contains(file)) {
            secrets.delete(String.valueOf(file.getFileName()));
          }
        }
      } catch (IOException e) {
        throw failure("remove what is needed no more in " + secrets.directory(), e);
      }
    }
  }

  /** Does nothing if the file is as it should be. */
  private static Path write(DurableFiles files, String name, String text) {
    Path file = files.directory().resolve(name);
    byte[] content = text.getBytes(StandardCharsets.UTF_8);
    try {
      if (Files.notExists(file) || !Arrays.equals(files.read(name), content)) {
        files.prepare();
        files.write(name, content);
      }
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
