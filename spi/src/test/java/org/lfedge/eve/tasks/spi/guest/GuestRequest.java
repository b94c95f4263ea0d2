package org.lfedge.eve.tasks.spi.guest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Resources;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/**
 * Collects a request for a test of an executor of guests, of which only what matters to it is
 * named.
 */
public final class GuestRequest implements SeedRequest, TaskConfig {

  public static final UUID TASK = new UUID(1, 2);

  private final Executor executor;
  private final Root root;
  private Optional<ResolvedImage> image = Optional.empty();
  private boolean tools = true;
  private Optional<User> user = Optional.empty();
  private List<String> command = List.of();
  private final TreeMap<String, String> env = new TreeMap<>();
  private long memory = 256 << 20;
  private int milliCpus = 1000;
  private final List<Volume> volumes = new ArrayList<>();
  private final List<NetworkInterface> interfaces = new ArrayList<>();
  private List<DeviceRequest> devices = List.of();
  private final TreeMap<String, Object> options = new TreeMap<>();
  private String node = "amd64";
  private String kvm = "the CPU has no vmx or svm flag";
  private Optional<Hypervisor> hypervisor = Optional.empty();
  private SortedMap<String, String> toolsLabels = new TreeMap<>();
  private Optional<String> diskBytes = Optional.of("1073741824");

  private GuestRequest(Executor executor, Root root) {
    this.executor = executor;
    this.root = root;
  }

  public static GuestRequest of(Executor executor, Root root) {
    return new GuestRequest(executor, root);
  }

  public static GuestRequest disk(Executor executor, String format) {
    return of(executor, new Root.File("/srv/disk", format, false));
  }

  public static GuestRequest kernel(Executor executor) {
    return of(executor, new Root.None()).volume("kernel", View.FILE);
  }

  public static GuestRequest image(Executor executor, String... program) {
    return of(executor, new Root.Image("registry.local/app:1", false))
        .image(Image.of("amd64", List.of(program)));
  }

  public GuestRequest image(Image value) {
    image = Optional.of(value);
    return this;
  }

  public GuestRequest withoutTools() {
    tools = false;
    return this;
  }

  public GuestRequest as(User value) {
    user = Optional.of(value);
    return this;
  }

  public GuestRequest command(String... args) {
    command = List.of(args);
    return this;
  }

  public GuestRequest env(String key, String value) {
    env.put(key, value);
    return this;
  }

  public GuestRequest memory(long bytes) {
    memory = bytes;
    return this;
  }

  public GuestRequest milliCpus(int value) {
    milliCpus = value;
    return this;
  }

  public GuestRequest volume(String name, View... views) {
    return volume(name, Optional.of("/" + name), Optional.empty(), false, views);
  }

  public GuestRequest diskVolume(String name, String format) {
    return volume(name, Optional.empty(), Optional.of(format), false, View.BLOCK);
  }

  public GuestRequest volume(
      String name,
      Optional<String> target,
      Optional<String> format,
      boolean readOnly,
      View... views) {
    volumes.add(
        new Storage(name, target, readOnly, new TreeSet<>(EnumSet.of(views[0], views)), format));
    return this;
  }

  public GuestRequest link(String name, String mac, int mtu, String... addresses) {
    List<String> gateways = addresses.length == 0 ? List.of() : List.of("10.0.0.1", "fd00::1");
    List<String> dns = addresses.length == 0 ? List.of() : List.of("10.0.0.53");
    interfaces.add(new Link(name, mac, mtu, List.of(addresses), gateways, dns));
    return this;
  }

  public GuestRequest devices(DeviceRequest... some) {
    devices = List.of(some);
    return this;
  }

  public GuestRequest option(String name, Object value) {
    options.put(name, value instanceof Integer number ? Long.valueOf(number) : value);
    return this;
  }

  public GuestRequest node(String architecture) {
    node = architecture;
    return this;
  }

  public GuestRequest kvm() {
    kvm = "ok";
    return this;
  }

  public GuestRequest hypervisor(String name, String version, String... capabilities) {
    hypervisor = Optional.of(new Hypervisor(name, version, new TreeSet<>(List.of(capabilities))));
    return this;
  }

  public GuestRequest toolsLabel(String key, String value) {
    toolsLabels.put(key, value);
    return this;
  }

  public GuestRequest diskBytes(Optional<String> value) {
    diskBytes = value;
    return this;
  }

  public Seed seed() throws SeedException {
    return executor.seed(this);
  }

  @Override
  public TaskConfig task() {
    return this;
  }

  @Override
  public Optional<ResolvedImage> image() {
    return image;
  }

  @Override
  public Optional<ResolvedImage> tools() {
    return tools ? Optional.of(Image.of(node, List.of()).labelled(toolsLabels)) : Optional.empty();
  }

  @Override
  public Optional<User> user() {
    return user;
  }

  @Override
  public HostFacts host() {
    return new Node(node, "6.1.0", 2, 4, 1L << 34, new TreeMap<>(Map.of("kvm", kvm)), hypervisor);
  }

  @Override
  public Fact fact(FactQuery query) {
    try {
      if (!executor.facts(this, List.of()).contains(query)) {
        throw new IllegalArgumentException("not asked for: " + query);
      }
    } catch (SeedException e) {
      throw new IllegalArgumentException(e);
    }
    return diskBytes
        .map(bytes -> Fact.present(query, Map.of("bytes", bytes)))
        .orElse(Fact.absent(query));
  }

  @Override
  public String name() {
    return "vm-1.example";
  }

  @Override
  public UUID uuid() {
    return TASK;
  }

  @Override
  public Root root() {
    return root;
  }

  @Override
  public List<String> command() {
    return command;
  }

  @Override
  public Optional<String> workingDir() {
    return Optional.empty();
  }

  @Override
  public SortedMap<String, String> env() {
    return env;
  }

  @Override
  public boolean init() {
    return false;
  }

  @Override
  public Resources resources() {
    return new Limits(memory, milliCpus);
  }

  @Override
  public List<Volume> volumes() {
    return volumes;
  }

  @Override
  public List<NetworkInterface> interfaces() {
    return interfaces;
  }

  @Override
  public List<DeviceRequest> devices() {
    return devices;
  }

  @Override
  public Options options() {
    return new Given(executor, options);
  }

  @Override
  public Duration stopGrace() {
    return Duration.ofSeconds(30);
  }

  public record Storage(
      String name,
      Optional<String> target,
      boolean readOnly,
      SortedSet<View> views,
      Optional<String> format)
      implements Volume {}

  public record Link(
      String name,
      String mac,
      int mtu,
      List<String> addresses,
      List<String> gateways,
      List<String> dns)
      implements NetworkInterface {}

  public record Limits(long memoryBytes, int milliCpus) implements Resources {}

  public record Node(
      String architecture,
      String kernel,
      int cgroupVersion,
      int cpus,
      long memoryBytes,
      SortedMap<String, String> accelerators,
      Optional<Hypervisor> hypervisor)
      implements HostFacts {}

  public record Image(
      String os,
      String architecture,
      List<String> entrypoint,
      List<String> command,
      List<String> env,
      String workingDir,
      Optional<String> stopSignal,
      SortedMap<String, String> labels)
      implements ResolvedImage {

    public static Image of(String architecture, List<String> command) {
      return new Image(
          "linux",
          architecture,
          List.of(),
          command,
          List.of("PATH=/bin"),
          "/srv",
          Optional.empty(),
          new TreeMap<>());
    }

    Image labelled(SortedMap<String, String> some) {
      return new Image(os, architecture, entrypoint, command, env, workingDir, stopSignal, some);
    }

    @Override
    public String digest() {
      return "sha256:" + "0".repeat(64);
    }

    @Override
    public Optional<String> variant() {
      return Optional.empty();
    }
  }

  /** Of the types that the executor declares. */
  private record Given(Executor executor, SortedMap<String, Object> values) implements Options {

    @Override
    public Optional<String> string(String name) {
      return value(name, Option.Type.STRING, String.class);
    }

    @Override
    public OptionalLong integer(String name) {
      return value(name, Option.Type.INTEGER, Long.class)
          .map(OptionalLong::of)
          .orElse(OptionalLong.empty());
    }

    @Override
    public Optional<Boolean> bool(String name) {
      return value(name, Option.Type.BOOLEAN, Boolean.class);
    }

    @Override
    public Optional<Duration> duration(String name) {
      return value(name, Option.Type.DURATION, Duration.class);
    }

    @Override
    public List<String> strings(String name) {
      throw new IllegalArgumentException("not declared: " + name);
    }

    private <T> Optional<T> value(String name, Option.Type type, Class<T> as) {
      if (executor.info().options().stream()
          .noneMatch(option -> option.name().equals(name) && option.type() == type)) {
        throw new IllegalArgumentException("not declared: " + name);
      }
      return Optional.ofNullable(values.get(name)).map(as::cast);
    }
  }
}
