package org.lfedge.eve.tasks.core.seedprotocol;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
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
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** What an executor is given, as it was read from JSON: none of it changes; equal if parts are. */
final class ReadValues {

  private ReadValues() {}

  record Request(
      TaskConfig task,
      Optional<ResolvedImage> image,
      Optional<ResolvedImage> tools,
      Optional<User> user,
      HostFacts host,
      List<Fact> facts)
      implements SeedRequest {

    Request {
      facts = List.copyOf(facts);
    }

    @Override
    public Fact fact(FactQuery query) {
      return facts.stream()
          .filter(fact -> fact.query().equals(query))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("facts() did not ask for " + query));
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

  record Limits(long memoryBytes, int milliCpus) implements Resources {}

  record Storage(
      String name,
      Optional<String> target,
      boolean readOnly,
      SortedSet<View> views,
      Optional<String> format,
      boolean mayBeLeftOut)
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
  }

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
}
