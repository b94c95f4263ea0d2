package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Resources;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** What an executor is given, made of a document and of what was looked up for it. */
record SeedInput(
    TaskConfig task,
    Optional<ResolvedImage> image,
    Optional<ResolvedImage> tools,
    Optional<User> user,
    HostFacts host,
    List<Fact> facts)
    implements SeedRequest {

  @Override
  public Fact fact(FactQuery query) {
    return facts.stream()
        .filter(fact -> fact.query().equals(query))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("facts() did not ask for " + query));
  }

  /**
   * The executor's view of a document.
   *
   * @param cloudInitEnv variables that those of the document override
   */
  static TaskConfig config(
      UUID uuid,
      TaskDocument document,
      Root root,
      Options options,
      SortedMap<String, String> cloudInitEnv,
      List<Volume> volumes,
      List<AttachedInterface> interfaces) {
    SortedMap<String, String> env = new TreeMap<>(cloudInitEnv);
    document
        .env()
        .forEach(
            (key, value) ->
                env.put(
                    key,
                    value instanceof EnvValue.Text text ? text.value() : "/run/secrets/" + key));
    return new Config(
        document.name(),
        uuid,
        root,
        document.command(),
        document.workingDir(),
        SortedCopies.mapOf(env),
        document.init(),
        new Asked(document.memoryBytes(), document.milliCpus()),
        List.copyOf(volumes),
        interfaces.stream().<NetworkInterface>map(Attached::new).toList(),
        document.devices().stream().map(DeviceConfig::request).toList(),
        options,
        document.stopGrace());
  }

  /** A volume of a document, and the views that the node can give of it. */
  static Volume volume(VolumeConfig config, SortedSet<View> views) {
    return new Placed(
        config.name(), config.target(), config.neverWritable(), views, format(config));
  }

  private static Optional<String> format(VolumeConfig config) {
    return config.source() instanceof VolumeConfig.Source.DiskFile file
        ? Optional.of(file.format().word())
        : Optional.empty();
  }

  private record Placed(
      String name,
      Optional<String> target,
      boolean readOnly,
      SortedSet<View> views,
      Optional<String> format)
      implements Volume {}

  private record Attached(AttachedInterface made) implements NetworkInterface {
    @Override
    public String name() {
      return made.name();
    }

    @Override
    public String mac() {
      return made.mac();
    }

    @Override
    public int mtu() {
      return made.mtu();
    }

    @Override
    public List<String> addresses() {
      return made.addresses();
    }

    @Override
    public List<String> gateways() {
      return made.gateways();
    }

    @Override
    public List<String> dns() {
      return made.dns();
    }
  }

  private record Asked(long memoryBytes, int milliCpus) implements Resources {}

  private record Config(
      String name,
      UUID uuid,
      Root root,
      List<String> command,
      Optional<String> workingDir,
      SortedMap<String, String> env,
      boolean init,
      Resources resources,
      List<Volume> volumes,
      List<NetworkInterface> interfaces,
      List<DeviceRequest> devices,
      Options options,
      Duration stopGrace)
      implements TaskConfig {}
}
