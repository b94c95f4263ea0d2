package org.lfedge.eve.tasks.core.eve;

import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;

/** Configs of EVE's controllers: read, and mapped to what the node has words for. */
public final class EdgeConfigs {

  /** The largest config that is read, in bytes; callers need not load more than one above it. */
  public static final int MAX_BYTES = 16 << 20;

  /** A UUID in small letters. */
  public static final Pattern UUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private static final Pattern SECONDS = Pattern.compile("[1-9][0-9]{0,8}");

  private EdgeConfigs() {}

  /**
   * Reads a config. What this node does not know in it is kept, and ignored.
   *
   * @param bytes protobuf, or JSON as protobuf defines it
   * @throws TaskException CONFIG_UNREADABLE
   */
  public static EdgeDevConfig parse(byte[] bytes, boolean json) {
    if (bytes.length > MAX_BYTES) {
      throw unreadable("it has more than 16 MiB");
    }
    try {
      if (!json) {
        return EdgeDevConfig.parseFrom(bytes, ExtensionRegistry.getEmptyRegistry());
      }
      EdgeDevConfig.Builder config = EdgeDevConfig.newBuilder();
      JsonFormat.parser()
          .ignoringUnknownFields()
          .merge(new String(bytes, StandardCharsets.UTF_8), config);
      return config.build();
    } catch (InvalidProtocolBufferException e) {
      // The message of a parser of JSON may quote what it stumbled over, which may be a secret.
      throw unreadable(
          json ? "it is not the JSON form of EdgeDevConfig" : "it is no EdgeDevConfig, or cut off");
    }
  }

  private static TaskException unreadable(String why) {
    return TaskException.failed(
        Problem.user("CONFIG_UNREADABLE", "the config cannot be read: " + why));
  }

  /**
   * Maps a config: equal configs to equal results on equal nodes. An app that cannot be mapped says
   * why, and holds up none of the others.
   */
  public static Wanted map(EdgeDevConfig config, NodeRules rules) {
    PhysicalPorts ports = new PhysicalPorts(config);
    Datastores datastores = new Datastores(config.getDatastoresList());
    Contents contents = new Contents(config, datastores);
    NetworkInstances networks = new NetworkInstances(config, ports);
    CpuPins pins = new CpuPins(rules.cpus());
    List<App> apps = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < config.getAppsCount(); i++) {
      AppInstanceConfig app = config.getApps(i);
      Findings findings = new Findings();
      String id = id(app, i, ids, findings);
      List<Integer> pinned = pins.take(app.getFixedresources(), "fixedresources.pin_cpu", findings);
      apps.add(new AppMapping(app, id, rules, contents).map(networks, ports, pinned, findings));
    }
    return new Wanted(apps, contents.names(), networks.sections(), datastores.hosts());
  }

  /**
   * A time that a config sets by one of its items, a second at least and below 10^9; nothing if it
   * has none, or none of use.
   */
  public static Optional<Duration> seconds(EdgeDevConfig config, String key) {
    return config.getConfigItemsList().stream()
        .filter(item -> item.getKey().equals(key))
        .map(item -> item.getValue().strip())
        .filter(SECONDS.asMatchPredicate())
        .map(value -> Duration.ofSeconds(Integer.parseInt(value)))
        .reduce((earlier, later) -> later);
  }

  private static String id(AppInstanceConfig app, int index, Set<String> ids, Findings findings) {
    String id = app.getUuidandversion().getUuid().toLowerCase(Locale.ROOT);
    if (!UUID.matcher(id).matches()) {
      findings.bad("uuidandversion.uuid", id, "must be a UUID");
      id = "app-" + index;
    }
    if (!ids.add(id)) {
      findings.bad("uuidandversion.uuid", id, "another app of this config has this UUID");
      id = "app-" + index;
      ids.add(id);
    }
    return id;
  }
}
