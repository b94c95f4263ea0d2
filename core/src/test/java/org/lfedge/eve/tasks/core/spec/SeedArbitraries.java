package org.lfedge.eve.tasks.core.spec;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/** Generates seeds of every shape, what goes with them, and patches that ask for too much. */
public final class SeedArbitraries {

  private static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_KILL",
          "CAP_NET_BIND_SERVICE",
          "CAP_NET_RAW",
          "CAP_SYS_CHROOT",
          "CAP_SYS_ADMIN",
          "CAP_SYS_MODULE",
          "CAP_BPF",
          "CAP_NET_ADMIN",
          "CAP_NO_SUCH");

  private static final List<String> TARGETS =
      List.of(
          "/data",
          "/data/",
          "/etc/hosts",
          "/etc/./resolv.conf",
          "/run",
          "/run/secrets",
          "/run/secrets/token",
          "/dev/shm",
          "//dev///mqueue",
          "/dev/./task-init",
          "/dev",
          "/dev/",
          "/dev/null",
          "/proc",
          "/proc/sys/kernel",
          "/sys",
          "/sys/fs/cgroup",
          "/",
          "/processes",
          "/opt/ä ö");

  private static final List<String> HOST_PATHS =
      List.of(
          "/",
          "/dev/pts",
          "/etc/shadow",
          "/srv",
          "/srv/data",
          "/srv/data/x",
          "/srv/database",
          "/var/run//x");

  private static final List<BinaryFormat> FORMATS =
      List.of(
          new BinaryFormat("arm64", "7f454c46", "ffffff00", "/usr/bin/emulator"),
          new BinaryFormat("a-1", "00", "01", "/a b:c"));

  private SeedArbitraries() {}

  /** Texts that a process can be given: any Unicode but NUL, often awkward. */
  public static Arbitrary<String> texts() {
    return Arbitraries.frequencyOf(
        Tuple.of(
            3,
            Arbitraries.of(
                "", " ", "a b", "-c", "$(reboot)", "\"'\\", "\n", "ä€", "🦊", "${X}", "\u2028")),
        Tuple.of(2, Arbitraries.strings().withCharRange('\u0001', '\ud7ff').ofMaxLength(12)));
  }

  /** Seeds without a patch. */
  public static Arbitrary<Seed> seeds() {
    return seeds(Arbitraries.just(Optional.empty()));
  }

  /** Seeds, most with a patch that may ask for anything. */
  public static Arbitrary<Seed> seedsWithPatches() {
    return seeds(PatchArbitraries.patches().optional(0.9));
  }

  /** Devices of every kind. */
  static Arbitrary<DeviceRequest> devices() {
    return Arbitraries.oneOf(
        Combinators.combine(
                Arbitraries.of("/dev/ttyS0", "/dev/net/tun", "/dev/ä b", "/dev/loop1", "/dev/kvm"),
                Arbitraries.of("r", "w", "rw", "rwm", "m"))
            .as(DeviceRequest.Node::new),
        Arbitraries.of("vendor.com/gpu=0", "a/b=c-1").map(DeviceRequest.Cdi::new),
        Arbitraries.of("0000:03:00.0", "ffff:ff:1f.7").map(DeviceRequest.Pci::new),
        Arbitraries.of("1-2", "3-1.4.2").map(DeviceRequest.Usb::new),
        Arbitraries.of("eth1", "ä.100").map(DeviceRequest.Nic::new));
  }

  /** What tells a device from others: of a node it is the path. */
  static Object identity(DeviceRequest device) {
    return device instanceof DeviceRequest.Node node ? node.path() : device;
  }

  /** A program and its arguments. */
  private static Arbitrary<List<String>> programs() {
    return texts().list().ofMinSize(1).ofMaxSize(3).filter(args -> !args.get(0).isEmpty());
  }

  /**
   * Seeds with a patch, volumes in any view, devices, attachments, binary formats and a cleanup.
   */
  public static Arbitrary<Seed> seedsWithVolumes() {
    Arbitrary<Mount> volumes =
        Combinators.combine(
                Arbitraries.of("data", "a-1.b"),
                Arbitraries.of(View.class),
                Arbitraries.of("/volumes/a", "/volumes/b", "/c d"),
                Arbitraries.of(true, false))
            .as(
                (name, view, target, readOnly) ->
                    new Mount(new Source.OfVolume(name, view), target, readOnly));
    Arbitrary<Attachment> attachments =
        Combinators.combine(
                Arbitraries.of("eth0", "eth1", "ä"),
                Arbitraries.of(0, 1000, Integer.MAX_VALUE),
                Arbitraries.of(Join.class))
            .as(
                (name, uid, join) ->
                    new Attachment(name, "tap-" + name.length() + uid % 9, uid, join));
    return Combinators.combine(
            seedsWithPatches(),
            volumes.list().uniqueElements(Mount::target).ofMaxSize(3),
            attachments
                .list()
                .uniqueElements(Attachment::interfaceName)
                .uniqueElements(Attachment::tapName)
                .ofMaxSize(2),
            devices().list().uniqueElements(SeedArbitraries::identity).ofMaxSize(4),
            Arbitraries.of(FORMATS).list().uniqueElements(BinaryFormat::name).ofMaxSize(2),
            programs().optional(0.5))
        .as(
            (seed, mounts, taps, devices, formats, cleanup) -> {
              Seed.Builder with = builder(seed, mount -> true);
              mounts.forEach(with::mount);
              taps.forEach(with::attachment);
              devices.forEach(with::device);
              formats.forEach(with::binaryFormat);
              cleanup.ifPresent(with::cleanup);
              return with.build();
            });
  }

  /** All of a seed again, but for the mounts and files whose targets are not wanted. */
  static Seed.Builder builder(Seed seed, Predicate<String> targets) {
    Seed.Builder builder =
        Seed.builder(seed.base(), seed.readOnly(), seed.process())
            .memory(seed.memory())
            .tax(seed.tax())
            .stop(seed.stop());
    seed.mounts().stream().filter(m -> targets.test(m.target())).forEach(builder::mount);
    seed.files().stream().filter(f -> targets.test(f.target())).forEach(builder::file);
    seed.shared().forEach(builder::share);
    seed.annotations().forEach(builder::annotation);
    seed.oci().ifPresent(builder::oci);
    return builder;
  }

  private static Arbitrary<Seed> seeds(Arbitrary<Optional<String>> patches) {
    Arbitrary<Boolean> readOnly = Arbitraries.of(true, false);
    Arbitrary<Base> base = Arbitraries.frequency(Tuple.of(9, Base.TASK), Tuple.of(1, Base.HOST));
    return Combinators.combine(
            base, readOnly, processes(), mounts(), files(), taxes(), stops(), rest(patches))
        .as(
            (root, only, process, mounts, files, tax, stop, rest) -> {
              Seed.Builder seed = Seed.builder(root, only, process).tax(tax).stop(stop);
              Set<String> targets = new HashSet<>();
              Set<Object> own = new HashSet<>();
              mounts.stream()
                  .filter(m -> own(m.source()).map(own::add).orElse(true))
                  .filter(m -> targets.add(m.target()))
                  .forEach(seed::mount);
              files.stream().filter(f -> targets.add(f.target())).forEach(seed::file);
              rest.shared().forEach(seed::share);
              rest.annotations().forEach(key -> seed.annotation(key, "value of " + key));
              seed.memory(rest.memory());
              rest.patch().ifPresent(seed::oci);
              return seed.build();
            });
  }

  /** What there is once in a seed: a state by its name, a runtime directory. */
  private static Optional<Object> own(Source source) {
    if (source instanceof Source.State state) {
      return Optional.of(state.name());
    }
    return Optional.of(source.getClass()).filter(Source.RuntimeDirectory.class::equals).map(c -> c);
  }

  private record Rest(
      Set<Namespace> shared, Set<String> annotations, Pool memory, Optional<String> patch) {}

  private static Arbitrary<Rest> rest(Arbitrary<Optional<String>> patches) {
    Arbitrary<String> keys =
        Arbitraries.of(
            "maintainer",
            "bundle",
            "org.opencontainers.image.title",
            "org.lfedge.eve.tasks.uuid",
            "org.systemd.property.DevicePolicy",
            "run.oci.handler",
            "");
    return Combinators.combine(
            Arbitraries.of(Namespace.class).set().ofMaxSize(5),
            keys.set().ofMaxSize(4),
            Arbitraries.of(Pool.class),
            patches)
        .as(Rest::new);
  }

  private static Arbitrary<AnchorProcess> processes() {
    Arbitrary<List<String>> args =
        Combinators.combine(
                Arbitraries.of("/bin/sh", "nginx", "a program", "--", "/dev/task-init"),
                texts().list().ofMaxSize(6))
            .as((program, more) -> Stream.concat(Stream.of(program), more.stream()).toList());
    Arbitrary<String> variables =
        Combinators.combine(Arbitraries.of("PATH", "A", "ä", "a b"), texts())
            .as((key, value) -> key + "=" + value);
    Arbitrary<Integer> ids = Arbitraries.of(0, 1, 1000, 65534, Integer.MAX_VALUE);
    Arbitrary<User> users = Combinators.combine(ids, ids, ids.list().ofMaxSize(3)).as(User::new);
    Arbitrary<Optional<Set<String>>> capabilities =
        Arbitraries.of(CAPABILITIES).set().ofMaxSize(6).optional(0.5);
    return Combinators.combine(
            args,
            variables.list().ofMaxSize(6),
            Arbitraries.of("/", "/srv/www", "/a b"),
            users,
            capabilities,
            Arbitraries.of(true, false))
        .as(
            (program, env, directory, user, names, init) -> {
              AnchorProcess.Builder process =
                  AnchorProcess.builder(program)
                      .env(env)
                      .workingDir(directory)
                      .user(user)
                      .init(init);
              names.ifPresent(some -> process.capabilities(SortedCopies.setOf(some)));
              return process.build();
            });
  }

  private static Arbitrary<List<Mount>> mounts() {
    Arbitrary<Source> sources =
        Arbitraries.oneOf(
            Arbitraries.longs().between(1, Long.MAX_VALUE).map(Source.Tmpfs::new),
            Arbitraries.of(HOST_PATHS).map(Source.OfHost::new),
            Arbitraries.of(Namespace.class).map(Source.OfNamespace::new),
            Arbitraries.of("vars", "tpm").map(name -> new Source.State(name, 1 << 20)),
            Arbitraries.just(new Source.RuntimeDirectory(1 << 20)));
    return Combinators.combine(sources, Arbitraries.of(TARGETS), Arbitraries.of(true, false))
        .as(Mount::new)
        .list()
        .ofMaxSize(6);
  }

  private static Arbitrary<List<SeedFile>> files() {
    return Combinators.combine(
            Arbitraries.of(TARGETS),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(40),
            Arbitraries.of(0, 0400, 0644, 0755, 0777))
        .as(SeedFile::new)
        .list()
        .ofMaxSize(3);
  }

  private static Arbitrary<AnchorTax> taxes() {
    Arbitrary<AnchorTax.Part> parts =
        Combinators.combine(
                Arbitraries.of("init", "heap", "ä"),
                Arbitraries.of(Pool.class),
                Arbitraries.longs().between(0, 1L << 53),
                texts())
            .as(AnchorTax.Part::new);
    return Combinators.combine(
            parts.list().uniqueElements(AnchorTax.Part::name).ofMaxSize(3),
            Arbitraries.integers().between(0, Integer.MAX_VALUE),
            measurements().optional())
        .as(AnchorTax::new);
  }

  private static Arbitrary<Measurement> measurements() {
    return Arbitraries.of(
        new Measurement.OfAnchor(),
        new Measurement.OfCgroup(),
        new Measurement.AllBut("/memfd:guest"),
        new Measurement.AllBut("/dev/shm/a b ä"));
  }

  private static Arbitrary<StopPlan> stops() {
    Arbitrary<Duration> graces =
        Arbitraries.longs().between(0, Duration.ofDays(365).toNanos()).map(Duration::ofNanos);
    Arbitrary<StopStep> signals =
        Combinators.combine(Arbitraries.of("SIGTERM", "SIGQUIT", "SIGRTMIN+3"), graces)
            .as(StopStep.Signal::new);
    Arbitrary<StopStep> programs =
        Combinators.combine(
                texts().filter(text -> !text.isEmpty()).list().ofMinSize(1).ofMaxSize(3), graces)
            .as(StopStep.Exec::new);
    Arbitrary<StopStep> steps = Arbitraries.oneOf(signals, programs);
    return steps.list().ofMaxSize(3).map(StopPlan::new);
  }

  /** Grants of every size, the empty one included. */
  public static Arbitrary<Grants> grants() {
    return Combinators.combine(
            Arbitraries.of(Origin.class),
            Arbitraries.of(CAPABILITIES).set(),
            Arbitraries.of(Namespace.class).set(),
            Arbitraries.of("/srv", "/srv/data/", "/etc", "/dev", "/").set().ofMaxSize(2),
            Arbitraries.of("/dev/pts/*", "/dev/pts/1", "/dev/*").set().ofMaxSize(2),
            Arbitraries.of(true, false))
        .as(
            (origin, capabilities, namespaces, paths, devices, hostRoot) ->
                new Grants(
                    origin,
                    SortedCopies.setOf(capabilities),
                    SortedCopies.setOf(namespaces),
                    SortedCopies.setOf(paths),
                    SortedCopies.setOf(devices),
                    hostRoot));
  }

  /** What the core would give for a seed. */
  public static Arbitrary<SpecInputs> inputs(Seed seed) {
    List<Path> files =
        IntStream.range(0, seed.files().size())
            .mapToObj(i -> Path.of("/var/lib/taskmanager/files/" + i))
            .toList();
    return Combinators.combine(
            Arbitraries.of("web", "a.b-c"),
            Arbitraries.create(() -> new UUID(1, 2)),
            Arbitraries.longs().between(1, Long.MAX_VALUE),
            Arbitraries.integers().between(1, Integer.MAX_VALUE),
            Arbitraries.of(Path.of("/var/lib/taskmanager/secrets")).optional(),
            Arbitraries.of("amd64", "arm64"),
            Arbitraries.of(false, true))
        .as(
            (name, uuid, memory, milliCpus, secrets, architecture, terminal) ->
                new SpecInputs(
                    name,
                    uuid,
                    memory,
                    milliCpus,
                    "/tasks/" + name,
                    Path.of("/run/netns/" + name),
                    files,
                    secrets,
                    Path.of("/usr/lib/taskmanager/task-init"),
                    architecture,
                    terminal,
                    "native-container",
                    Optional.empty(),
                    new TreeMap<>(),
                    new TreeMap<>(),
                    Optional.empty(),
                    DeviceInputs.NONE,
                    ownDirectories(seed),
                    Optional.empty()));
  }

  static OwnDirectories ownDirectories(Seed seed) {
    TreeMap<String, Path> states = new TreeMap<>();
    TreeMap<Namespace, Path> namespaces = new TreeMap<>();
    boolean runtime = false;
    for (Mount mount : seed.mounts()) {
      if (mount.source() instanceof Source.State state) {
        states.put(state.name(), Path.of("/run/own/state-" + state.name()));
      }
      if (mount.source() instanceof Source.OfNamespace of) {
        namespaces.put(of.namespace(), Path.of("/run/own/" + of.namespace()));
      }
      runtime |= mount.source() instanceof Source.RuntimeDirectory;
    }
    return new OwnDirectories(
        states, runtime ? Optional.of(Path.of("/run/own/runtime")) : Optional.empty(), namespaces);
  }
}
