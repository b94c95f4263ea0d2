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

  private final Base base;
  private final boolean readOnly;
  private final AnchorProcess process;
  private final List<Mount> mounts;
  private final List<SeedFile> files;
  private final List<DeviceRequest> devices;
  private final List<Attachment> attachments;
  private final SortedSet<Namespace> shared;
  private final AnchorTax tax;
  private final StopPlan stop;
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
    shared = SortedCopies.setOf(builder.shared);
    tax = Objects.requireNonNull(builder.tax);
    stop = Objects.requireNonNull(builder.stop);
    annotations = SortedCopies.mapOf(builder.annotations);
    oci = Optional.ofNullable(builder.oci);
    List<String> targets = new ArrayList<>();
    mounts.forEach(mount -> targets.add(mount.target()));
    files.forEach(file -> targets.add(file.target()));
    if (targets.stream().distinct().count() != targets.size()) {
      throw new IllegalArgumentException("two mounts or files have one target: " + targets);
    }
    requireDistinct(devices);
    requireDistinctNames(attachments);
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

  /** Taps that join interfaces of the task; at most one for each. */
  public List<Attachment> attachments() {
    return attachments;
  }

  /** Namespaces of the node that the anchor asks to share; policy may withhold some. */
  public SortedSet<Namespace> shared() {
    return shared;
  }

  public AnchorTax tax() {
    return tax;
  }

  public StopPlan stop() {
    return stop;
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
        && shared.equals(that.shared)
        && tax.equals(that.tax)
        && stop.equals(that.stop)
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
    private final SortedSet<Namespace> shared = new TreeSet<>();
    private final Map<String, String> annotations = new TreeMap<>();
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

    public Builder share(Namespace namespace) {
      shared.add(namespace);
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
     *     interface or one tap, or a device is taken twice
     */
    public Seed build() {
      return new Seed(this);
    }
  }
}
