package org.lfedge.eve.tasks.executor.jvm;

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
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Resources;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** Collects a request for a test, of which only what matters to it is named. */
final class Requests implements SeedRequest, TaskConfig {

  static final UUID TASK = new UUID(1, 2);

  private final Root root;
  private boolean tools = true;
  private Optional<User> user = Optional.empty();
  private List<String> command = List.of();
  private final TreeMap<String, String> env = new TreeMap<>();
  private long memory = 256 << 20;
  private int milliCpus = 1000;
  private final List<Volume> volumes = new ArrayList<>();
  private List<DeviceRequest> devices = List.of();
  private final TreeMap<String, Object> options = new TreeMap<>();
  private String java = "17";
  private boolean init;
  private boolean present = true;
  private Optional<String> workingDir = Optional.empty();
  private final TreeMap<String, String> values =
      new TreeMap<>(
          Map.of(
              "mainClass", "org.example.Main",
              "classVersion", "61",
              "manifest", "Main-Class: org.example.Main\r\n"));

  private Requests(Root root) {
    this.root = root;
  }

  static Requests of(Root root) {
    return new Requests(root);
  }

  static Requests jar() {
    return of(new Root.File("/srv/app.jar", "jar", true));
  }

  static Requests directory(String jar) {
    return of(new Root.Directory("/srv/app", true)).option("jar", jar);
  }

  Requests says(String key, String value) {
    values.put(key, value);
    return this;
  }

  Requests silent(String key) {
    values.remove(key);
    return this;
  }

  Requests absent() {
    present = false;
    return this;
  }

  Requests java(String version) {
    java = version;
    return this;
  }

  Requests in(String path) {
    workingDir = Optional.of(path);
    return this;
  }

  Requests withInit() {
    init = true;
    return this;
  }

  Requests withoutTools() {
    tools = false;
    return this;
  }

  Requests as(User value) {
    user = Optional.of(value);
    return this;
  }

  Requests command(String... args) {
    command = List.of(args);
    return this;
  }

  Requests env(String key, String value) {
    env.put(key, value);
    return this;
  }

  Requests memory(long bytes) {
    memory = bytes;
    return this;
  }

  Requests milliCpus(int value) {
    milliCpus = value;
    return this;
  }

  Requests volume(String name, View... views) {
    return volume(name, Optional.of("/" + name), Optional.empty(), false, views);
  }

  Requests volume(
      String name,
      Optional<String> target,
      Optional<String> format,
      boolean readOnly,
      View... views) {
    volumes.add(
        new Storage(name, target, readOnly, new TreeSet<>(EnumSet.of(views[0], views)), format));
    return this;
  }

  Requests devices(DeviceRequest... some) {
    devices = List.of(some);
    return this;
  }

  Requests option(String name, Object value) {
    options.put(name, value instanceof Integer number ? Long.valueOf(number) : value);
    return this;
  }

  List<String> args() throws SeedException {
    return seed().process().args();
  }

  Seed seed() throws SeedException {
    return new JvmExecutor().seed(this);
  }

  @Override
  public TaskConfig task() {
    return this;
  }

  @Override
  public Optional<ResolvedImage> image() {
    return Optional.empty();
  }

  @Override
  public Optional<ResolvedImage> tools() {
    return tools ? Optional.of(new Image(java)) : Optional.empty();
  }

  @Override
  public Optional<User> user() {
    return user;
  }

  @Override
  public HostFacts host() {
    return new Node("amd64", "6.1.0", 2, 4, 1L << 34, new TreeMap<>());
  }

  @Override
  public Fact fact(FactQuery query) {
    try {
      if (!new JvmExecutor().facts(this, List.of()).contains(query)) {
        throw new IllegalArgumentException("not asked for: " + query);
      }
    } catch (SeedException e) {
      throw new IllegalArgumentException(e);
    }
    return present ? Fact.present(query, values) : Fact.absent(query);
  }

  @Override
  public String name() {
    return "app-1.example";
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
    return workingDir;
  }

  @Override
  public SortedMap<String, String> env() {
    return env;
  }

  @Override
  public boolean init() {
    return init;
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
    return List.of();
  }

  @Override
  public List<DeviceRequest> devices() {
    return devices;
  }

  @Override
  public Options options() {
    return new Given(options);
  }

  @Override
  public Duration stopGrace() {
    return Duration.ofSeconds(30);
  }

  record Storage(
      String name,
      Optional<String> target,
      boolean readOnly,
      SortedSet<View> views,
      Optional<String> format)
      implements Volume {}

  record Limits(long memoryBytes, int milliCpus) implements Resources {}

  record Node(
      String architecture,
      String kernel,
      int cgroupVersion,
      int cpus,
      long memoryBytes,
      SortedMap<String, String> accelerators)
      implements HostFacts {}

  /** Tools; an empty version stands for no label. */
  record Image(String java) implements ResolvedImage {

    @Override
    public String digest() {
      return "sha256:" + "0".repeat(64);
    }

    @Override
    public String os() {
      return "linux";
    }

    @Override
    public String architecture() {
      return "amd64";
    }

    @Override
    public Optional<String> variant() {
      return Optional.empty();
    }

    @Override
    public List<String> entrypoint() {
      return List.of();
    }

    @Override
    public List<String> command() {
      return List.of();
    }

    @Override
    public List<String> env() {
      return List.of();
    }

    @Override
    public String workingDir() {
      return "/";
    }

    @Override
    public Optional<String> stopSignal() {
      return Optional.empty();
    }

    @Override
    public SortedMap<String, String> labels() {
      return java.isEmpty()
          ? new TreeMap<>()
          : new TreeMap<>(Map.of("org.lfedge.eve.tasks.java", java));
    }
  }

  /** Of the types that the executor declares. */
  private record Given(SortedMap<String, Object> values) implements Options {

    @Override
    public Optional<String> string(String name) {
      return value(name, Option.Type.STRING, String.class);
    }

    @Override
    public OptionalLong integer(String name) {
      Option.Type type = type(name) == Option.Type.SIZE ? Option.Type.SIZE : Option.Type.INTEGER;
      return value(name, type, Long.class).map(OptionalLong::of).orElse(OptionalLong.empty());
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
      return value(name, Option.Type.STRING_LIST, List.class).stream()
          .flatMap(list -> ((List<?>) list).stream())
          .map(String.class::cast)
          .toList();
    }

    private static Option.Type type(String name) {
      return new JvmExecutor()
          .info().options().stream()
              .filter(option -> option.name().equals(name))
              .map(Option::type)
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException("not declared: " + name));
    }

    private <T> Optional<T> value(String name, Option.Type type, Class<T> as) {
      if (type(name) != type) {
        throw new IllegalArgumentException("of another type: " + name);
      }
      return Optional.ofNullable(values.get(name)).map(as::cast);
    }
  }
}
