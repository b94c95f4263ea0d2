package org.lfedge.eve.tasks.spi.contract;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
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

/** The inputs of an executor as plain values; equal parts make equal inputs. */
final class Samples {

  private Samples() {}

  /**
   * A request.
   *
   * @param factSeed the same seed gives the same answers
   */
  record Request(
      TaskConfig task,
      Optional<Image> sample,
      Optional<Image> sampleTools,
      Optional<User> user,
      HostFacts host,
      long factSeed)
      implements SeedRequest {

    @Override
    public Optional<ResolvedImage> image() {
      return sample.map(image -> image);
    }

    @Override
    public Optional<ResolvedImage> tools() {
      return sampleTools.map(image -> image);
    }

    @Override
    public Fact fact(FactQuery query) {
      return SampleFacts.answer(query, factSeed);
    }
  }

  record Task(
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
      implements TaskConfig {

    Task {
      command = List.copyOf(command);
      env = SortedCopies.mapOf(env);
      volumes = List.copyOf(volumes);
      interfaces = List.copyOf(interfaces);
      devices = List.copyOf(devices);
    }
  }

  record Storage(
      String name,
      Optional<String> target,
      boolean readOnly,
      SortedSet<View> views,
      Optional<String> format)
      implements Volume {

    Storage {
      views = SortedCopies.setOf(views);
    }
  }

  record Link(
      String name,
      String mac,
      int mtu,
      List<String> addresses,
      List<String> gateways,
      List<String> dns)
      implements NetworkInterface {

    Link {
      addresses = List.copyOf(addresses);
      gateways = List.copyOf(gateways);
      dns = List.copyOf(dns);
    }
  }

  record Limits(long memoryBytes, int milliCpus) implements Resources {}

  record Host(
      String architecture,
      String kernel,
      int cgroupVersion,
      int cpus,
      long memoryBytes,
      SortedMap<String, String> accelerators,
      Optional<Hypervisor> hypervisor)
      implements HostFacts {

    Host {
      accelerators = SortedCopies.mapOf(accelerators);
    }
  }

  record Image(
      String digest,
      String os,
      String architecture,
      Optional<String> variant,
      List<String> entrypoint,
      List<String> command,
      List<String> env,
      String workingDir,
      Optional<String> stopSignal,
      SortedMap<String, String> labels)
      implements ResolvedImage {

    Image {
      entrypoint = List.copyOf(entrypoint);
      command = List.copyOf(command);
      env = List.copyOf(env);
      labels = SortedCopies.mapOf(labels);
    }

    /** The same with a further label. */
    Image with(String label, String value) {
      TreeMap<String, String> more = new TreeMap<>(labels);
      more.put(label, value);
      return new Image(
          digest,
          os,
          architecture,
          variant,
          entrypoint,
          command,
          env,
          workingDir,
          stopSignal,
          more);
    }
  }

  /** Option values; a use of what was not declared, or not with that type, is refused. */
  record Values(List<Option> declared, SortedMap<String, Object> values) implements Options {

    Values {
      declared = List.copyOf(declared);
      values = SortedCopies.mapOf(values);
    }

    @Override
    public Optional<String> string(String name) {
      return value(name, String.class, Option.Type.STRING, Option.Type.PLATFORM);
    }

    @Override
    public OptionalLong integer(String name) {
      return value(name, Long.class, Option.Type.INTEGER, Option.Type.SIZE)
          .map(OptionalLong::of)
          .orElse(OptionalLong.empty());
    }

    @Override
    public Optional<Boolean> bool(String name) {
      return value(name, Boolean.class, Option.Type.BOOLEAN);
    }

    @Override
    public Optional<Duration> duration(String name) {
      return value(name, Duration.class, Option.Type.DURATION);
    }

    @Override
    public List<String> strings(String name) {
      return value(name, List.class, Option.Type.STRING_LIST).stream()
          .flatMap(list -> ((List<?>) list).stream())
          .map(String.class::cast)
          .toList();
    }

    private <T> Optional<T> value(String name, Class<T> as, Option.Type... types) {
      boolean known =
          declared.stream()
              .anyMatch(
                  option -> option.name().equals(name) && List.of(types).contains(option.type()));
      if (!known) {
        throw new IllegalArgumentException("option " + name + " is not declared with this type");
      }
      return Optional.ofNullable(values.get(name)).map(as::cast);
    }
  }
}
