package org.lfedge.eve.tasks.spi.seed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * All of a task's OCI runtime spec that depends on the kind of workload. The core adds resources
 * and interfaces, applies policy, and does every effect.
 */
public final class Seed {

  /**
   * How many seconds a {@link #cleanup} may take; then it is ended by SIGKILL, and run again.
   *
   * @since 1.1
   */
  public static final int CLEANUP_SECONDS = 60;

  private final Base base;
  private final boolean readOnly;
  private final AnchorProcess process;
  private final List<Mount> mounts;
  private final List<SeedFile> files;
  private final List<DeviceRequest> devices;
  private final List<Attachment> attachments;
  private final List<BinaryFormat> binaryFormats;
  private final SortedSet<Namespace> shared;
  private final Pool memory;
  private final AnchorTax tax;
  private final StopPlan stop;
  private final List<ExitRule> exits;
  private final Optional<List<String>> console;
  private final Optional<List<String>> cleanup;
  private final SortedMap<String, String> annotations;
  private final Optional<String> oci;

  private Seed(Builder builder) {
    base = Objects.requireNonNull(builder.base);
    readOnly = builder.readOnly;
    process = Objects.requireNonNull(builder.process);
    mounts = List.copyOf(builder.mounts);
    files = List.copyOf(builder.files);
    devices = List.copyOf(builder.devices);
    attachments = List.copyOf(builder.attachments);
    binaryFormats = List.copyOf(builder.binaryFormats);
    shared = SortedCopies.setOf(builder.shared);
    memory = Objects.requireNonNull(builder.memory);
    tax = Objects.requireNonNull(builder.tax);
    stop = Objects.requireNonNull(builder.stop);
    exits = List.copyOf(builder.exits);
    console = Optional.ofNullable(builder.console).map(List::copyOf);
    cleanup = Optional.ofNullable(builder.cleanup).map(List::copyOf);
    annotations = SortedCopies.mapOf(builder.annotations);
    oci = Optional.ofNullable(builder.oci);
    List<String> targets = new ArrayList<>();
    mounts.forEach(mount -> targets.add(mount.target()));
    files.forEach(file -> targets.add(file.target()));
    if (targets.stream().distinct().count() != targets.size()) {
      throw new IllegalArgumentException("two mounts or files have one target: " + targets);
    }
    requireDistinctStates(mounts);
    requireRuntimeDirectory(mounts, exits);
    requireProgram("console", console);
    requireProgram("cleanup", cleanup);
    requireDistinct(devices);
    requireDistinctNames(attachments);
    if (binaryFormats.stream().map(BinaryFormat::name).distinct().count() != binaryFormats.size()) {
      throw new IllegalArgumentException("two binary formats have one name: " + binaryFormats);
    }
  }

  private static void requireProgram(String what, Optional<List<String>> args) {
    if (args.isPresent()
        && (args.get().isEmpty()
            || args.get().get(0).isEmpty()
            || args.get().stream().anyMatch(arg -> arg.indexOf('\0') >= 0))) {
      throw new IllegalArgumentException(
          "a " + what + " needs a program to run, and no argument holds a NUL character");
    }
  }

  private static void requireDistinctStates(List<Mount> mounts) {
    List<String> names =
        mounts.stream()
            .filter(mount -> mount.source() instanceof Source.State)
            .map(mount -> ((Source.State) mount.source()).name())
            .toList();
    if (names.stream().distinct().count() != names.size()) {
      throw new IllegalArgumentException("two mounts have one state: " + names);
    }
  }

  private static void requireRuntimeDirectory(List<Mount> mounts, List<ExitRule> exits) {
    long directories =
        mounts.stream().filter(mount -> mount.source() instanceof Source.RuntimeDirectory).count();
    boolean looked =
        exits.stream()
            .anyMatch(
                rule ->
                    rule instanceof ExitRule.CodeIn
                        || (rule instanceof ExitRule.Meaning meaning
                            && meaning.file().isPresent()));
    if (directories > 1 || (looked && directories == 0)) {
      throw new IllegalArgumentException(
          "files that tell of an exit need one runtime directory: there are " + directories);
    }
  }

  /** Of a device node there is one, whatever may be done with it. */
  private static void requireDistinct(List<DeviceRequest> devices) {
    List<Object> named =
        devices.stream()
            .<Object>map(device -> device instanceof DeviceRequest.Node node ? node.path() : device)
            .toList();
    if (named.stream().distinct().count() != named.size()) {
      throw new IllegalArgumentException("a device is taken twice: " + devices);
    }
  }

  private static void requireDistinctNames(List<Attachment> attachments) {
    List<String> names = new ArrayList<>();
    attachments.forEach(attachment -> names.add(attachment.interfaceName()));
    attachments.forEach(attachment -> names.add(attachment.tapName()));
    if (names.stream().distinct().count() != names.size()) {
      throw new IllegalArgumentException(
          "two attachments have one interface or one tap: " + attachments);
    }
  }

  /**
   * Starts a seed.
   *
   * @param base whose root the anchor sees
   * @param readOnly whether it sees it read-only
   */
  public static Builder builder(Base base, boolean readOnly, AnchorProcess process) {
    return new Builder(base, readOnly, process);
  }

  public Base base() {
    return base;
  }

  public boolean readOnly() {
    return readOnly;
  }

  public AnchorProcess process() {
    return process;
  }

  /** In the order in which they are made. */
  public List<Mount> mounts() {
    return mounts;
  }

  public List<SeedFile> files() {
    return files;
  }

  /**
   * Devices for the anchor: all of the task's, and device nodes besides, such as {@code
   * /dev/net/tun}, which policy may withhold.
   */
  public List<DeviceRequest> devices() {
    return devices;
  }

  /** Taps and bridges that join interfaces of the task; at most one for each. */
  public List<Attachment> attachments() {
    return attachments;
  }

  /**
   * Files that programs of the tools run, for all processes of the task. Only the seed of an
   * executor with {@link org.lfedge.eve.tasks.spi.ExecutorInfo#userNamespace} may have any.
   *
   * @since 1.1
   */
  public List<BinaryFormat> binaryFormats() {
    return binaryFormats;
  }

  /** Namespaces of the node that the anchor asks to share; policy may withhold some. */
  public SortedSet<Namespace> shared() {
    return shared;
  }

  /**
   * Where the memory that the task's document asks for is taken from. With {@link Pool#HYPERVISOR}
   * the limit of the cgroup is what the tax has there, and nothing else.
   *
   * @since 1.1
   */
  public Pool memory() {
    return memory;
  }

  public AnchorTax tax() {
    return tax;
  }

  public StopPlan stop() {
    return stop;
  }

  /** What the end of the anchor means, in the order in which they are looked at. */
  public List<ExitRule> exits() {
    return exits;
  }

  /**
   * The program that joins a terminal with the console of what runs in the task, such as a guest's.
   * It is run inside the task, as the anchor's user, with a terminal as its streams, or without one
   * if the user has none, and ends when that is closed. Empty if the console is the anchor's own
   * terminal, where it has one.
   */
  public Optional<List<String>> console() {
    return console;
  }

  /**
   * The program, and its arguments, that clears away what the anchor may have left outside of its
   * container; such as a domain of a hypervisor that the anchor controls, which goes on when the
   * anchor is killed.
   *
   * <p>It is run after each end of the anchor, whatever that was, before the task starts again,
   * makes way for another or is removed; a stop is done when this is done. All is as for the
   * anchor, what is in its runtime directory included, but that there is no terminal and no init.
   * What it writes goes to the log of the task.
   *
   * <p>It ends with 0 when nothing is left, and may find nothing: it is run again if it ends with
   * anything else, takes longer than {@value #CLEANUP_SECONDS} s, or is cut short, until it has
   * succeeded.
   *
   * @since 1.1
   */
  public Optional<List<String>> cleanup() {
    return cleanup;
  }

  public SortedMap<String, String> annotations() {
    return annotations;
  }

  /**
   * A JSON merge patch (RFC 7396) on the OCI runtime spec, for whatever has no field here. What a
   * field of the seed says wins over it, as do resources and policy.
   */
  public Optional<String> oci() {
    return oci;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Seed that
        && base == that.base
        && readOnly == that.readOnly
        && process.equals(that.process)
        && mounts.equals(that.mounts)
        && files.equals(that.files)
        && devices.equals(that.devices)
        && attachments.equals(that.attachments)
        && binaryFormats.equals(that.binaryFormats)
        && shared.equals(that.shared)
        && memory == that.memory
        && tax.equals(that.tax)
        && stop.equals(that.stop)
        && exits.equals(that.exits)
        && console.equals(that.console)
        && cleanup.equals(that.cleanup)
        && annotations.equals(that.annotations)
        && oci.equals(that.oci);
  }

  @Override
  public int hashCode() {
    return Objects.hash(base, readOnly, process);
  }

  @Override
  public String toString() {
    return "Seed[" + base + ", " + process + ", " + tax + "]";
  }

  /** Collects the parts of a {@link Seed}. */
  public static final class Builder {
    private final Base base;
    private final boolean readOnly;
    private final AnchorProcess process;
    private final List<Mount> mounts = new ArrayList<>();
    private final List<SeedFile> files = new ArrayList<>();
    private final List<DeviceRequest> devices = new ArrayList<>();
    private final List<Attachment> attachments = new ArrayList<>();
    private final List<BinaryFormat> binaryFormats = new ArrayList<>();
    private final SortedSet<Namespace> shared = new TreeSet<>();
    private final List<ExitRule> exits = new ArrayList<>();
    private final Map<String, String> annotations = new TreeMap<>();
    private @Nullable List<String> console;
    private @Nullable List<String> cleanup;
    private Pool memory = Pool.CGROUP;
    private AnchorTax tax = AnchorTax.NONE;
    private StopPlan stop = new StopPlan(List.of());
    private @Nullable String oci;

    private Builder(Base base, boolean readOnly, AnchorProcess process) {
      this.base = base;
      this.readOnly = readOnly;
      this.process = process;
    }

    public Builder mount(Mount mount) {
      mounts.add(mount);
      return this;
    }

    public Builder file(SeedFile file) {
      files.add(file);
      return this;
    }

    /** See {@link Seed#devices}. */
    public Builder device(DeviceRequest device) {
      devices.add(Objects.requireNonNull(device));
      return this;
    }

    public Builder attachment(Attachment attachment) {
      attachments.add(attachment);
      return this;
    }

    /** See {@link Seed#binaryFormats}. */
    public Builder binaryFormat(BinaryFormat format) {
      binaryFormats.add(Objects.requireNonNull(format));
      return this;
    }

    public Builder share(Namespace namespace) {
      shared.add(namespace);
      return this;
    }

    /**
     * See {@link Seed#memory}; {@link Pool#CGROUP} by default.
     *
     * @since 1.1
     */
    public Builder memory(Pool pool) {
      memory = pool;
      return this;
    }

    public Builder tax(AnchorTax value) {
      tax = value;
      return this;
    }

    public Builder stop(StopPlan plan) {
      stop = plan;
      return this;
    }

    /** See {@link Seed#exits}. */
    public Builder exit(ExitRule rule) {
      exits.add(rule);
      return this;
    }

    /** See {@link Seed#console}. */
    public Builder console(List<String> program) {
      console = program;
      return this;
    }

    /**
     * See {@link Seed#cleanup}.
     *
     * @since 1.1
     */
    public Builder cleanup(List<String> program) {
      cleanup = program;
      return this;
    }

    public Builder annotation(String key, String value) {
      annotations.put(key, Objects.requireNonNull(value));
      return this;
    }

    /** See {@link Seed#oci}. */
    public Builder oci(String jsonMergePatch) {
      oci = jsonMergePatch;
      return this;
    }

    /**
     * Finishes the seed.
     *
     * @throws IllegalArgumentException if two mounts or files have one target, two attachments one
     *     interface or one tap, two binary formats one name, a device is taken twice, two states
     *     have one name, there is more than one runtime directory, or none where the rules of exits
     *     look at files, or a console or a cleanup has no program or an argument with a NUL
     *     character
     */
    public Seed build() {
      return new Seed(this);
    }
  }
}
