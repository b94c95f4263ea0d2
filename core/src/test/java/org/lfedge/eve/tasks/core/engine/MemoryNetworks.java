package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.NameService;
import org.lfedge.eve.tasks.core.port.Network;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.spi.seed.Attachment;

/** One network, {@code net}, whose interfaces are values. */
final class MemoryNetworks implements Networks {

  final ConcurrentSkipListMap<String, List<AttachedInterface>> attached =
      new ConcurrentSkipListMap<>();

  /** Networks that serve names; none unless a test says so. */
  List<NameService> services = List.of();

  /** What was joined last, by task. */
  final ConcurrentSkipListMap<String, List<Attachment>> taps = new ConcurrentSkipListMap<>();

  @Override
  public List<Network> list() {
    return List.of(
        new Network(
            "net",
            "bridge",
            List.of(),
            List.of("10.0.0.0/24"),
            Optional.empty(),
            Optional.empty()));
  }

  @Override
  public List<Problem> check(String task, List<InterfaceConfig> interfaces) {
    return interfaces.stream()
        .filter(one -> !one.network().equals("net"))
        .map(
            one ->
                Problem.inDocument(
                    "NETWORK_NOT_FOUND", "interfaces[0].network", one.network(), "is not here"))
        .toList();
  }

  @Override
  public List<AttachedInterface> attach(String task, List<InterfaceConfig> interfaces) {
    return attached.computeIfAbsent(
        task,
        name -> {
          List<AttachedInterface> made = new ArrayList<>();
          for (InterfaceConfig one : interfaces) {
            made.add(
                new AttachedInterface(
                    one.name(),
                    one.network(),
                    one.mac().orElse("02:00:00:00:00:01"),
                    one.mtu().orElse(1500),
                    List.of("10.0.0." + (2 + attached.size()) + "/24"),
                    List.of("10.0.0.1"),
                    List.of("10.0.0.1")));
          }
          return made;
        });
  }

  @Override
  public void join(String task, List<Attachment> attachments) {
    if (!attachments.isEmpty()) {
      taps.put(task, attachments);
    }
  }

  @Override
  public List<AttachedInterface> attached(String task) {
    return attached.getOrDefault(task, List.of());
  }

  @Override
  public void detach(String task) {
    taps.remove(task);
    attached.remove(task);
  }

  @Override
  public List<NameService> nameServices() {
    return services;
  }

  @Override
  public List<String> tasks() {
    return List.copyOf(attached.keySet());
  }
}
