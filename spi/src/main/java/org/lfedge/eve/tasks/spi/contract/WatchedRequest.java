package org.lfedge.eve.tasks.spi.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedRequest;
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
 * A request that notes what is done with it. Its collections are copies that can be changed, so
 * that an executor that does so is found out rather than stopped.
 */
final class WatchedRequest implements SeedRequest {

  private final SeedRequest real;
  private final List<FactQuery> asked;
  private final List<FactQuery> unasked = new ArrayList<>();
  private final List<Copy> copies = new ArrayList<>();
  private final TaskConfig task;

  /** Notes what is asked for beyond a list, which may grow meanwhile. */
  WatchedRequest(SeedRequest real, List<FactQuery> asked) {
    this.real = real;
    this.asked = asked;
    this.task = new WatchedTask(real.task());
  }

  /** Facts that were used and had not been asked for. */
  List<FactQuery> unasked() {
    return unasked;
  }

  /** The names of the collections that were changed. */
  List<String> changed() {
    return copies.stream()
        .filter(copy -> !copy.original.equals(copy.handedOut))
        .map(Copy::name)
        .distinct()
        .toList();
  }

  @Override
  public TaskConfig task() {
    return task;
  }

  @Override
  public Optional<ResolvedImage> image() {
    return real.image().map(WatchedImage::new);
  }

  @Override
  public Optional<ResolvedImage> tools() {
    return real.tools().map(WatchedImage::new);
  }

  @Override
  public Optional<User> user() {
    return real.user();
  }

  @Override
  public HostFacts host() {
    return new WatchedHost(real.host());
  }

  @Override
  public Fact fact(FactQuery query) {
    if (!asked.contains(query)) {
      unasked.add(query);
      throw new IllegalArgumentException("facts() did not ask for " + query);
    }
    return real.fact(query);
  }

  private <T> List<T> list(String name, List<T> original) {
    List<T> copy = new ArrayList<>(original);
    copies.add(new Copy(name, List.copyOf(original), copy));
    return copy;
  }

  private SortedMap<String, String> map(String name, SortedMap<String, String> original) {
    SortedMap<String, String> copy = new TreeMap<>(original);
    copies.add(new Copy(name, Map.copyOf(original), copy));
    return copy;
  }

  private record Copy(String name, Object original, Object handedOut) {}

  private final class WatchedTask implements TaskConfig {
    private final TaskConfig real;

    WatchedTask(TaskConfig real) {
      this.real = real;
    }

    @Override
    public String name() {
      return real.name();
    }

    @Override
    public UUID uuid() {
      return real.uuid();
    }

    @Override
    public Root root() {
      return real.root();
    }

    @Override
    public List<String> command() {
      return list("command", real.command());
    }

    @Override
    public Optional<String> workingDir() {
      return real.workingDir();
    }

    @Override
    public SortedMap<String, String> env() {
      return map("env", real.env());
    }

    @Override
    public boolean init() {
      return real.init();
    }

    @Override
    public Resources resources() {
      return real.resources();
    }

    @Override
    public List<Volume> volumes() {
      return list("volumes", real.volumes().stream().<Volume>map(WatchedVolume::new).toList());
    }

    @Override
    public List<NetworkInterface> interfaces() {
      return list(
          "interfaces",
          real.interfaces().stream().<NetworkInterface>map(WatchedInterface::new).toList());
    }

    @Override
    public List<DeviceRequest> devices() {
      return list("devices", real.devices());
    }

    @Override
    public Options options() {
      return new WatchedOptions(real.options());
    }

    @Override
    public Duration stopGrace() {
      return real.stopGrace();
    }
  }

  private final class WatchedVolume implements Volume {
    private final Volume real;

    WatchedVolume(Volume real) {
      this.real = real;
    }

    @Override
    public String name() {
      return real.name();
    }

    @Override
    public Optional<String> target() {
      return real.target();
    }

    @Override
    public boolean readOnly() {
      return real.readOnly();
    }

    @Override
    public SortedSet<View> views() {
      SortedSet<View> copy = new TreeSet<>(real.views());
      copies.add(new Copy("volume.views", Set.copyOf(real.views()), copy));
      return copy;
    }

    @Override
    public Optional<String> format() {
      return real.format();
    }
  }

  private final class WatchedInterface implements NetworkInterface {
    private final NetworkInterface real;

    WatchedInterface(NetworkInterface real) {
      this.real = real;
    }

    @Override
    public String name() {
      return real.name();
    }

    @Override
    public String mac() {
      return real.mac();
    }

    @Override
    public int mtu() {
      return real.mtu();
    }

    @Override
    public List<String> addresses() {
      return list("interface.addresses", real.addresses());
    }

    @Override
    public List<String> gateways() {
      return list("interface.gateways", real.gateways());
    }

    @Override
    public List<String> dns() {
      return list("interface.dns", real.dns());
    }
  }

  private final class WatchedOptions implements Options {
    private final Options real;

    WatchedOptions(Options real) {
      this.real = real;
    }

    @Override
    public Optional<String> string(String name) {
      return real.string(name);
    }

    @Override
    public OptionalLong integer(String name) {
      return real.integer(name);
    }

    @Override
    public Optional<Boolean> bool(String name) {
      return real.bool(name);
    }

    @Override
    public Optional<Duration> duration(String name) {
      return real.duration(name);
    }

    @Override
    public List<String> strings(String name) {
      return list("options." + name, real.strings(name));
    }
  }

  private final class WatchedImage implements ResolvedImage {
    private final ResolvedImage real;

    WatchedImage(ResolvedImage real) {
      this.real = real;
    }

    @Override
    public String digest() {
      return real.digest();
    }

    @Override
    public String os() {
      return real.os();
    }

    @Override
    public String architecture() {
      return real.architecture();
    }

    @Override
    public Optional<String> variant() {
      return real.variant();
    }

    @Override
    public List<String> entrypoint() {
      return list("image.entrypoint", real.entrypoint());
    }

    @Override
    public List<String> command() {
      return list("image.command", real.command());
    }

    @Override
    public List<String> env() {
      return list("image.env", real.env());
    }

    @Override
    public String workingDir() {
      return real.workingDir();
    }

    @Override
    public Optional<String> stopSignal() {
      return real.stopSignal();
    }

    @Override
    public SortedMap<String, String> labels() {
      return map("image.labels", real.labels());
    }
  }

  private final class WatchedHost implements HostFacts {
    private final HostFacts real;

    WatchedHost(HostFacts real) {
      this.real = real;
    }

    @Override
    public String architecture() {
      return real.architecture();
    }

    @Override
    public String kernel() {
      return real.kernel();
    }

    @Override
    public int cgroupVersion() {
      return real.cgroupVersion();
    }

    @Override
    public int cpus() {
      return real.cpus();
    }

    @Override
    public long memoryBytes() {
      return real.memoryBytes();
    }

    @Override
    public SortedMap<String, String> accelerators() {
      return map("host.accelerators", real.accelerators());
    }

    @Override
    public Optional<Hypervisor> hypervisor() {
      return real.hypervisor();
    }
  }
}
