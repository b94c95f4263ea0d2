package org.lfedge.eve.tasks.dist;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.api.ControllerInfo;
import org.lfedge.eve.tasks.core.api.ControllerInfo.AppInfo;
import org.lfedge.eve.tasks.core.controller.EdgeController;
import org.lfedge.eve.tasks.core.controller.Message;
import org.lfedge.eve.tasks.core.controller.Message.Kind;
import org.lfedge.eve.tasks.core.directory.EdgeConfigFiles;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.eve.DomainConfigs;
import org.lfedge.eve.tasks.core.eve.EdgeConfigs;
import org.lfedge.eve.tasks.core.eve.NodeRules;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.core.fleet.AppState;
import org.lfedge.eve.tasks.core.fleet.DomainReports;
import org.lfedge.eve.tasks.core.fleet.Fleet;
import org.lfedge.eve.tasks.core.fleet.FleetReports;
import org.lfedge.eve.tasks.core.port.AppRecord;
import org.lfedge.eve.tasks.core.pubsub.DomainDirectory;
import org.lfedge.eve.tasks.core.pubsub.Publications;
import org.lfedge.eve.tasks.dist.ControllerConfig.Source;
import org.lfedge.eve.tasks.spi.task.HostFacts;

/** A node that does what a controller says: the fleet, and who tells it and is told. */
final class ControlledNode implements AutoCloseable {

  /** As nodes with EVE report, unless the config has this item. */
  private static final Duration METRICS_INTERVAL = Duration.ofSeconds(60);

  /** Other programs of EVE read them, and send some of them on every minute. */
  private static final Duration DOMAIN_METRICS_INTERVAL = Duration.ofSeconds(10);

  private static final String METRICS_ITEM = "timer.metric.interval";

  private final String source;
  private final TaskManager tasks;
  private final Fleet fleet;
  private final Optional<EdgeController> controller;
  private final Endings endings = new Endings();

  private ControlledNode(
      String source, TaskManager tasks, Fleet fleet, Optional<EdgeController> controller) {
    this.source = source;
    this.tasks = tasks;
    this.fleet = fleet;
    this.controller = controller;
  }

  /** Listens to a controller from now on. */
  static ControlledNode start(
      ControllerConfig config, Fleet.Parts parts, FleetReports.Sources sources) {
    Fleet fleet = new Fleet(parts);
    NodeRules rules = rules(config, sources.host());
    if (config.source() instanceof Source.Server server) {
      AtomicReference<Duration> metrics = new AtomicReference<>(METRICS_INTERVAL);
      EdgeController controller =
          new EdgeController(
              server.settings(),
              wanted -> {
                metrics.set(EdgeConfigs.seconds(wanted, METRICS_ITEM).orElse(METRICS_INTERVAL));
                want(fleet, rules, wanted);
              },
              sources.clock(),
              new SplittableRandom()::nextDouble,
              System.getenv());
      ControlledNode node =
          new ControlledNode(
              server.settings().server().toString(), parts.tasks(), fleet, Optional.of(controller));
      node.endings.closing(fleet);
      node.endings.closing(
          FleetReports.start(
              fleet, sources, outbox(controller), metrics::get, FleetReports.Pace.USUAL));
      node.endings.closing(controller);
      controller.start();
      return node;
    }
    if (config.source() instanceof Source.PubSub pubsub) {
      return manageDomains(pubsub.directory(), fleet, rules, parts, sources);
    }
    Source.Files files = (Source.Files) config.source();
    ControlledNode node =
        new ControlledNode(files.place().toString(), parts.tasks(), fleet, Optional.empty());
    node.endings.closing(fleet);
    node.endings.closing(
        EdgeConfigFiles.watch(files.place(), wanted -> want(fleet, rules, wanted)));
    return node;
  }

  private static ControlledNode manageDomains(
      Path directory,
      Fleet fleet,
      NodeRules rules,
      Fleet.Parts parts,
      FleetReports.Sources sources) {
    ControlledNode node =
        new ControlledNode(directory.toString(), parts.tasks(), fleet, Optional.empty());
    node.endings.closing(fleet);
    DomainReports reports =
        DomainReports.start(
            fleet, sources, board(new Publications(directory)), DOMAIN_METRICS_INTERVAL);
    node.endings.closing(reports);
    node.endings.closing(
        DomainDirectory.watch(
            directory,
            domains -> {
              reports.domains(domains.configs());
              fleet.want(DomainConfigs.map(domains, present(parts), rules));
            }));
    return node;
  }

  private static SortedSet<String> present(Fleet.Parts parts) {
    return parts.records().all().stream()
        .map(AppRecord::id)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static DomainReports.Board board(Publications publications) {
    return new DomainReports.Board() {
      @Override
      public void publish(String topic, String key, byte[] value) {
        publications.publish(topic, key, value);
      }

      @Override
      public void retain(String topic, SortedSet<String> keys) {
        publications.retain(topic, keys);
      }
    };
  }

  private static NodeRules rules(ControllerConfig config, HostFacts host) {
    SortedMap<VmMode, String> executors =
        new TreeMap<>(NodeRules.usual(host.hypervisor().isPresent()));
    executors.putAll(config.executors());
    return new NodeRules(executors, host.cpus());
  }

  private static void want(Fleet fleet, NodeRules rules, EdgeDevConfig config) {
    fleet.want(EdgeConfigs.map(config, rules));
  }

  private static FleetReports.Outbox outbox(EdgeController controller) {
    return new FleetReports.Outbox() {
      @Override
      public Optional<String> device() {
        return controller.state().device();
      }

      @Override
      public void info(String key, byte[] message) {
        controller.post(new Message(Kind.INFO, key, message));
      }

      @Override
      public void metrics(byte[] message) {
        controller.post(new Message(Kind.METRICS, "metrics", message));
      }

      @Override
      public void log(String app, byte[] bundle) {
        controller.post(new Message(Kind.LOGS, app, bundle));
      }
    };
  }

  /** What people are told of it. */
  ControllerInfo info() {
    SortedMap<String, TaskView> views = new TreeMap<>();
    tasks.list().forEach(view -> views.put(view.name(), view));
    List<AppInfo> apps =
        fleet.apps().stream()
            .map(
                app ->
                    new AppInfo(
                        app, AppState.of(app, Optional.ofNullable(views.get(app.app().task())))))
            .toList();
    Optional<EdgeController.State> state = controller.map(EdgeController::state);
    return new ControllerInfo(
        source,
        state.flatMap(EdgeController.State::device),
        state.flatMap(EdgeController.State::lastConfig),
        state.flatMap(EdgeController.State::lastContact),
        state.flatMap(EdgeController.State::problem),
        state.map(EdgeController.State::waiting).orElse(0),
        apps);
  }

  @Override
  public void close() {
    endings.close();
  }
}
