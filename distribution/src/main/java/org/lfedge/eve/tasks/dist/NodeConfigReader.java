package org.lfedge.eve.tasks.dist;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.Sizes;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.device.NodeDevices;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.output.OutputBounds;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.policy.Policy.Additions;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** Reads a {@link NodeConfig}; every key may be left out. */
final class NodeConfigReader {

  private static final int MAX_BYTES = 1 << 20;
  private static final Path STATE = Path.of("/var/lib/taskmanager");
  private static final Path RUNTIME = Path.of("/run/taskmanager");
  private static final Path INIT = Path.of("/usr/bin/tini-static");
  private static final long RESERVED_MEMORY = 256L << 20;

  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern EXECUTOR = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
  private static final Pattern CGROUP = Pattern.compile("(/[A-Za-z0-9_.@:-]+)+");

  /** What exactly the name of an image is, is told when it is looked for. */
  private static final Pattern IMAGE = Pattern.compile("[A-Za-z0-9][!-~]{0,511}");

  private static final Pattern CAPABILITY = Pattern.compile("CAP_[A-Z_]+");

  private static final TreeMap<String, Namespace> NAMESPACES = new TreeMap<>();

  static {
    for (Namespace namespace : Namespace.values()) {
      NAMESPACES.put(namespace.name().toLowerCase(Locale.ROOT), namespace);
    }
  }

  private static final TreeMap<String, Boolean> CONTAINERD_MODES =
      new TreeMap<>(Map.of("private", true, "external", false));
  private static final TreeMap<String, Boolean> EMULATION =
      new TreeMap<>(Map.of("allow", true, "refuse", false));
  private static final TreeMap<String, Level> LOG_LEVELS =
      new TreeMap<>(
          Map.of(
              "error", Level.SEVERE,
              "warning", Level.WARNING,
              "info", Level.INFO,
              "debug", Level.FINE));

  private static final TreeMap<String, NodeConfig.LogFormat> LOG_FORMATS =
      new TreeMap<>(Map.of("text", NodeConfig.LogFormat.TEXT, "json", NodeConfig.LogFormat.JSON));

  private NodeConfigReader() {}

  /**
   * Reads a config file.
   *
   * @throws TaskException with all that is wrong with it
   */
  static NodeConfig read(Path file) {
    return read(file, Optional.empty());
  }

  /**
   * Reads a config file.
   *
   * @param pubsub in place of {@code controller.pubsub}, if it is given
   * @throws TaskException with all that is wrong with it
   */
  static NodeConfig read(Path file, Optional<Path> pubsub) {
    byte[] text;
    try (InputStream in = Files.newInputStream(file)) {
      text = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      throw TaskException.notFound(
          Problem.user("NO_CONFIG", "there is no config file " + file + "; see --config"));
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("CANNOT_READ", "cannot read the config file " + file + ": " + e), e);
    }
    if (text.length > MAX_BYTES) {
      throw TaskException.failed(
          Problem.user("TOO_LARGE", "the config file " + file + " has more than 1 MiB"));
    }
    return parse(text, pubsub);
  }

  /**
   * Reads the text of a config.
   *
   * @throws TaskException with all that is wrong with it
   */
  static NodeConfig parse(byte[] text) {
    return parse(text, Optional.empty());
  }

  private static NodeConfig parse(byte[] text, Optional<Path> pubsub) {
    List<Problem> problems = new ArrayList<>();
    JsonNode tree =
        pubsub.map(directory -> with(tree(text), directory)).orElseGet(() -> tree(text));
    NodeConfig config = config(new ConfigSection(tree, problems));
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
    return config;
  }

  /** As if the config had {@code controller.pubsub}; what it says beside that holds. */
  private static JsonNode with(JsonNode config, Path pubsub) {
    boolean empty = config.isMissingNode() || config.isNull();
    JsonNode root = empty ? JsonNodeFactory.instance.objectNode() : config;
    if (root instanceof ObjectNode keys) {
      JsonNode controller = keys.path("controller");
      if (controller.isMissingNode() || controller.isNull()) {
        controller = keys.putObject("controller");
      }
      if (controller instanceof ObjectNode section) {
        section.put("pubsub", pubsub.toString());
      }
    }
    return root;
  }

  private static JsonNode tree(byte[] text) {
    YAMLMapper mapper =
        YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();
    try (MappingIterator<JsonNode> documents = mapper.readerFor(JsonNode.class).readValues(text)) {
      JsonNode first = documents.hasNextValue() ? documents.nextValue() : MissingNode.getInstance();
      if (documents.hasNextValue()) {
        throw TaskException.failed(
            Problem.user("NOT_ONE_DOCUMENT", "the config must be a single YAML document"));
      }
      return first;
    } catch (JsonProcessingException e) {
      String place =
          e.getLocation() == null ? "" : " at line " + Math.max(1, e.getLocation().getLineNr());
      throw TaskException.failed(
          Problem.user(
              "NOT_YAML", "the config is not YAML" + place + ": " + e.getOriginalMessage()));
    } catch (IOException e) {
      throw TaskException.failed(Problem.user("NOT_YAML", "the config is not YAML: " + e), e);
    }
  }

  private static NodeConfig config(ConfigSection root) {
    Path state = root.path("stateDirectory").orElse(STATE);
    Path runtime = root.path("runtimeDirectory").orElse(RUNTIME);
    ConfigSection reserve = root.section("reserve");
    ConfigSection log = root.section("log");
    ConfigSection tasks = root.section("tasks");
    if (tasks.has("prune") && !tasks.has("directory")) {
      tasks.conflict("prune", "needs a directory, whose documents say which tasks there are to be");
    }
    ConfigSection metrics = root.section("metrics");
    NodeConfig config =
        new NodeConfig(
            state,
            runtime,
            root.path("socket").orElse(runtime.resolve("taskd.sock")),
            root.path("pluginsDirectory").orElse(state.resolve("plugins")),
            tasks.path("directory"),
            tasks.flag("prune").orElse(false),
            containerd(root.section("containerd")),
            root.text("cgroupParent", CGROUP, "a path such as /taskmanager").orElse("/taskmanager"),
            policy(root.section("policy")),
            RegistriesConfig.read(root.section("registries")),
            TrustConfig.read(root.section("trust")),
            NetworksConfig.read(root),
            tools(root),
            root.choice("emulation", EMULATION).orElse(false),
            nameService(root.section("nameService")),
            cdiDirectories(root.section("cdi")),
            reserve.size("memory").orElse(RESERVED_MEMORY),
            logs(root.section("logs")),
            root.path("init").orElse(INIT),
            log.choice("level", LOG_LEVELS).orElse(Level.INFO),
            log.choice("format", LOG_FORMATS).orElse(NodeConfig.LogFormat.TEXT),
            ControllerConfigReader.read(root, state),
            metrics.socketAddress("listen"));
    reserve.refuseOtherKeys();
    tasks.refuseOtherKeys();
    log.refuseOtherKeys();
    metrics.refuseOtherKeys();
    root.refuseOtherKeys();
    return config;
  }

  private static NodeConfig.Containerd containerd(ConfigSection section) {
    boolean isPrivate = section.choice("mode", CONTAINERD_MODES).orElse(true);
    Optional<Path> socket = section.path("socket");
    section.refuseOtherKeys();
    if (isPrivate) {
      if (socket.isPresent()) {
        section.conflict("socket", "belongs to mode external; the private one has its own");
      }
      return new NodeConfig.Containerd.Private();
    }
    return new NodeConfig.Containerd.External(
        socket.orElse(Path.of("/run/containerd/containerd.sock")));
  }

  private static SortedMap<String, String> tools(ConfigSection root) {
    SortedMap<String, String> tools = new TreeMap<>();
    root.named("executors")
        .forEach(
            (name, executor) -> {
              if (!EXECUTOR.matcher(name).matches()) {
                root.conflict("executors", "has " + name + ", which is no name of an executor");
              }
              executor
                  .text(
                      "tools", IMAGE, "the name of an image, as registry.example/tools@sha256:...")
                  .ifPresent(image -> tools.put(name, image));
              executor.refuseOtherKeys();
            });
    return SortedCopies.mapOf(tools);
  }

  private static Optional<RootSource> nameService(ConfigSection section) {
    Optional<RootSource> image =
        section
            .text("image", IMAGE, "the name of an image, as registry.example/names:1")
            .map(name -> new RootSource.Image(name, TaskDocument.Pull.MISSING));
    Optional<RootSource> layout =
        section.path("layout").map(path -> new RootSource.Layout(path.toString()));
    if (section.has("image") && section.has("layout")) {
      section.conflict("layout", "and image say the same; keep one of them");
    }
    section.refuseOtherKeys();
    return image.or(() -> layout);
  }

  private static List<Path> cdiDirectories(ConfigSection section) {
    List<Path> directories =
        section.has("directories")
            ? section.paths("directories").stream().map(Path::of).toList()
            : NodeDevices.Settings.CDI_DIRECTORIES;
    section.refuseOtherKeys();
    return directories;
  }

  private static OutputBounds logs(ConfigSection section) {
    long perTask = section.size("perTask").orElse(OutputBounds.DEFAULT.perTask());
    long total = section.size("total").orElse(Math.max(OutputBounds.DEFAULT.total(), perTask));
    long reserve = section.size("reserve").orElse(OutputBounds.DEFAULT.reserve());
    section.refuseOtherKeys();
    if (perTask < OutputBounds.MIN_PER_TASK) {
      section.conflict("perTask", "must be at least " + Sizes.format(OutputBounds.MIN_PER_TASK));
    }
    if (total < perTask) {
      section.conflict("total", "must be at least as much as perTask");
    }
    return new OutputBounds(perTask, total, reserve);
  }

  private static Policy policy(ConfigSection section) {
    ConfigSection grants = section.section("grants");
    SortedMap<Origin, Additions> additions = new TreeMap<>();
    additions.put(Origin.BUNDLED, additions(grants.section("bundled")));
    additions.put(Origin.TRUSTED_DIGEST, additions(grants.section("trusted")));
    additions.put(Origin.PLUGINS_DIRECTORY, additions(grants.section("directory")));
    additions.put(Origin.TOOLS_ARTIFACT, additions(grants.section("artifact")));
    grants.refuseOtherKeys();
    Policy policy =
        new Policy(
            section.flag("allowHostRoot").orElse(Policy.DEFAULT.allowHostRoot()),
            section.flag("allowHostNetwork").orElse(Policy.DEFAULT.allowHostNetwork()),
            section.flag("allowNodeBinaryFormats").orElse(Policy.DEFAULT.allowNodeBinaryFormats()),
            section.has("directories")
                ? SortedCopies.setOf(section.paths("directories"))
                : Policy.DEFAULT.directories(),
            SortedCopies.setOf(
                section.texts(
                    "devices",
                    Policy.DEVICE,
                    "a device such as /dev/ttyS*, cdi:vendor.com/gpu=0, pci:0000:03:00.0, usb:1-2 or"
                        + " nic:eth1")),
            SortedCopies.setOf(
                section.texts("trustedPlugins", DIGEST, "a digest, sha256: and 64 hex digits")),
            additions);
    section.refuseOtherKeys();
    return policy;
  }

  private static Additions additions(ConfigSection section) {
    Additions additions =
        new Additions(
            SortedCopies.setOf(
                section.texts("capabilities", CAPABILITY, "a name such as CAP_NET_ADMIN")),
            SortedCopies.setOf(section.choices("namespaces", NAMESPACES)),
            SortedCopies.setOf(section.paths("hostPaths")),
            SortedCopies.setOf(
                section.texts(
                    "devices", Policy.DEVICE_NODE, "a device node such as /dev/net/tun")));
    section.refuseOtherKeys();
    return additions;
  }
}
