package org.lfedge.eve.tasks.spi.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Samples.Host;
import org.lfedge.eve.tasks.spi.contract.Samples.Image;
import org.lfedge.eve.tasks.spi.contract.Samples.Limits;
import org.lfedge.eve.tasks.spi.contract.Samples.Request;
import org.lfedge.eve.tasks.spi.contract.Samples.Task;
import org.lfedge.eve.tasks.spi.contract.Samples.Values;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * Makes requests of every shape that a task document, an image and a node allow, awkward ones with
 * preference: empty and long texts, quotes, line breaks, other scripts. What comes from the
 * document is as clean as the core makes it; what comes from the image may be anything that an
 * image config can hold.
 */
public final class SampleRequests {

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "-",
          "--flag=value",
          "two words",
          "a=b=c",
          "'\"`$\\",
          "${HOME}",
          "%s%n",
          "a,b;c:d",
          "line\nbreak",
          "tab\tcarriage\r",
          "käse",
          "日本語",
          "\uD83D\uDE00",
          "/usr/bin/env",
          "../../etc/passwd",
          "x".repeat(5000));

  private static final List<String> PROGRAMS =
      List.of("/bin/sh", "nginx", "./run", "/opt/two words/run", "-x");

  private static final List<String> DIRECTORIES =
      List.of("/", "/srv", "/srv/data/", "/with space", "/käse", "/a/./b", "/..data");

  private static final List<String> KEYS =
      List.of("PATH", "HOME", "A", "B", "LONG_NAME_2", "lower.case-name", "LANG", "Ä");

  private static final List<String> SIGNALS =
      List.of("SIGTERM", "SIGQUIT", "SIGRTMIN+3", "QUIT", "15", "sigint", "", "SIGNONSENSE", "0");

  private static final List<String> PLATFORMS =
      List.of("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/riscv64", "linux/sparc64");

  private static final List<String> ARCHITECTURES = List.of("amd64", "arm64", "riscv64");

  private static final List<List<String>> CAPABILITIES =
      List.of(List.of(), List.of("pv"), List.of("hvm", "hap"), List.of("pv", "hvm", "hap"));

  /** What tools with a JVM say of it. */
  private static final String JAVA = "org.lfedge.eve.tasks.java";

  private final SplittableRandom random;
  private final SampleMeans means;

  private SampleRequests(long seed) {
    this.random = new SplittableRandom(seed);
    this.means = new SampleMeans(new SplittableRandom(~seed));
  }

  /**
   * Makes one request. It answers every fact that it is asked for.
   *
   * @param info whose declared options get values; required ones always
   * @param kind the kind of the root
   * @param seed the same seed gives an equal request
   */
  public static SeedRequest of(ExecutorInfo info, Root.Kind kind, long seed) {
    return new SampleRequests(seed).request(info, kind);
  }

  private SeedRequest request(ExecutorInfo info, Root.Kind kind) {
    Optional<Hypervisor> hypervisor = maybe(this::hypervisor);
    Host host =
        new Host(
            one(ARCHITECTURES),
            one(List.of("6.1.0-18-amd64", "5.10.0", "6.18.0-rc1+")),
            1 + random.nextInt(2),
            1 + random.nextInt(64),
            random.nextLong(1L << 28, 1L << 40),
            accelerators(hypervisor),
            hypervisor);
    Task task =
        new Task(
            one(List.of("web", "a", "db-1.example", "n" + "0".repeat(62))),
            new UUID(random.nextLong(), random.nextLong()),
            root(kind),
            command(),
            maybe(() -> one(DIRECTORIES)),
            environment(),
            random.nextBoolean(),
            new Limits(random.nextLong(1, 1L << 40), random.nextInt(1, 64_000)),
            kind == Root.Kind.NONE ? means.volumesInPlaceOfRoot() : means.volumes(),
            means.interfaces(),
            means.devices(),
            options(info.options()),
            Duration.ofMillis(random.nextLong(0, 600_000)));
    Optional<Image> image =
        kind == Root.Kind.IMAGE ? Optional.of(image(host.architecture())) : Optional.empty();
    Optional<Image> tools =
        kind == Root.Kind.NONE || random.nextInt(4) > 0
            ? Optional.of(image(host.architecture()).with(JAVA, means.javaVersion()))
            : Optional.empty();
    return new Request(task, image, tools, maybe(this::user), host, random.nextLong());
  }

  private Hypervisor hypervisor() {
    return new Hypervisor(
        "xen", one(List.of("4.17.7", "4.20-unstable", "")), SortedCopies.setOf(one(CAPABILITIES)));
  }

  private SortedMap<String, String> accelerators(Optional<Hypervisor> hypervisor) {
    TreeMap<String, String> accelerators = new TreeMap<>();
    if (hypervisor.isPresent()) {
      accelerators.put(hypervisor.get().name(), "ok");
    } else if (random.nextBoolean()) {
      accelerators.put("xen", "the node does not run on Xen");
    }
    if (random.nextBoolean()) {
      accelerators.put("kvm", one(List.of("ok", "the CPU has no vmx or svm flag")));
    }
    return accelerators;
  }

  private Root root(Root.Kind kind) {
    boolean readOnly = random.nextBoolean();
    return switch (kind) {
      case IMAGE -> new Root.Image("registry.local/app:1.0", readOnly);
      case DIRECTORY -> new Root.Directory(one(DIRECTORIES), readOnly);
      case BUNDLE -> new Root.Bundle(one(DIRECTORIES), readOnly);
      case HOST -> new Root.Host(readOnly);
      case FILE ->
          new Root.File(
              "/srv/disks/a,b=c d.img",
              one(List.of("raw", "qcow2", "vmdk", "vhdx", "iso", "jar", "jar", "jar", "wasm")),
              readOnly);
      case NONE -> new Root.None();
    };
  }

  private List<String> command() {
    List<String> command = new ArrayList<>();
    if (random.nextInt(3) > 0) {
      command.add(one(PROGRAMS));
      command.addAll(texts(4));
    }
    return command;
  }

  private SortedMap<String, String> environment() {
    TreeMap<String, String> environment = new TreeMap<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      environment.put(one(KEYS), text());
    }
    return environment;
  }

  private User user() {
    List<Integer> groups = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      groups.add(random.nextInt(Integer.MAX_VALUE));
    }
    return new User(
        one(List.of(0, 1, 33, 1000, 65_534, Integer.MAX_VALUE)), random.nextInt(70_000), groups);
  }

  private Image image(String architecture) {
    TreeMap<String, String> labels = new TreeMap<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      labels.put(one(List.of("org.opencontainers.image.title", "vendor", "", text())), text());
    }
    if (random.nextInt(10) == 0) {
      for (int i = 0; i < 1000; i++) {
        labels.put("label-" + i, text());
      }
    }
    List<String> env = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      env.add(one(KEYS) + "=" + untrusted());
    }
    return new Image(
        "sha256:" + Long.toHexString(random.nextLong()),
        random.nextInt(10) == 0 ? "windows" : "linux",
        random.nextInt(5) == 0 ? one(ARCHITECTURES) : architecture,
        maybe(() -> "v8"),
        program(),
        program(),
        env,
        random.nextInt(10) == 0 ? "/srv/../../etc" : one(DIRECTORIES),
        maybe(() -> one(SIGNALS)),
        labels);
  }

  private List<String> program() {
    List<String> args = new ArrayList<>();
    if (random.nextBoolean()) {
      args.add(random.nextInt(10) == 0 ? untrusted() : one(PROGRAMS));
      for (int i = random.nextInt(4); i > 0; i--) {
        args.add(untrusted());
      }
    }
    return args;
  }

  /**
   * None, few or many of those that may be left out: with many, some value is most likely refused.
   */
  private Values options(List<Option> declared) {
    TreeMap<String, Object> values = new TreeMap<>();
    int eighths = one(List.of(0, 1, 4));
    for (Option option : declared) {
      if (option.required() || random.nextInt(8) < eighths) {
        values.put(option.name(), value(option));
      }
    }
    return new Values(declared, values);
  }

  private Object value(Option option) {
    return switch (option.type()) {
      case STRING -> option.choices().isEmpty() ? text() : one(option.choices());
      case INTEGER -> one(List.of(0L, 1L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, random.nextLong()));
      case SIZE -> one(List.of(0L, 1L, 1L << 20, 1L << 40));
      case BOOLEAN -> random.nextBoolean();
      case DURATION -> Duration.ofMillis(random.nextLong(0, 86_400_000));
      case STRING_LIST -> List.copyOf(texts(4));
      case PLATFORM -> one(PLATFORMS);
    };
  }

  private List<String> texts(int most) {
    List<String> texts = new ArrayList<>();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      texts.add(text());
    }
    return texts;
  }

  private String text() {
    return random.nextBoolean() ? one(TEXTS) : Long.toString(random.nextLong(), 36);
  }

  private String untrusted() {
    return random.nextInt(50) == 0 ? "nul\0inside" : text();
  }

  private <T> Optional<T> maybe(Supplier<T> value) {
    return random.nextBoolean() ? Optional.of(value.get()) : Optional.empty();
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
