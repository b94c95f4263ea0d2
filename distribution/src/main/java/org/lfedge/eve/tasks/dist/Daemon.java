package org.lfedge.eve.tasks.dist;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.api.ApiServer;
import org.lfedge.eve.tasks.core.api.Interaction;
import org.lfedge.eve.tasks.core.api.NodeInfo;
import org.lfedge.eve.tasks.core.api.TaskmanagerService;
import org.lfedge.eve.tasks.core.containerd.ContainerdClient;
import org.lfedge.eve.tasks.core.containerd.ContainerdContent;
import org.lfedge.eve.tasks.core.containerd.ContainerdMetrics;
import org.lfedge.eve.tasks.core.containerd.ContainerdProcesses;
import org.lfedge.eve.tasks.core.containerd.ContainerdRuntime;
import org.lfedge.eve.tasks.core.containerd.ContainerdSupervision;
import org.lfedge.eve.tasks.core.containerd.PrivateContainerd;
import org.lfedge.eve.tasks.core.directory.DocumentDirectory;
import org.lfedge.eve.tasks.core.engine.Planner;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.fleet.Fleet;
import org.lfedge.eve.tasks.core.fleet.FleetReports;
import org.lfedge.eve.tasks.core.host.CgroupMounts;
import org.lfedge.eve.tasks.core.host.HostInspection;
import org.lfedge.eve.tasks.core.host.LinuxProcesses;
import org.lfedge.eve.tasks.core.host.NamespaceInterfaces;
import org.lfedge.eve.tasks.core.host.NodeFacts;
import org.lfedge.eve.tasks.core.host.ResidentMemory;
import org.lfedge.eve.tasks.core.host.Xen;
import org.lfedge.eve.tasks.core.metrics.PrometheusEndpoint;
import org.lfedge.eve.tasks.core.metrics.TaxSampler;
import org.lfedge.eve.tasks.core.network.CniNetworks;
import org.lfedge.eve.tasks.core.network.NamespaceProbes;
import org.lfedge.eve.tasks.core.network.PinnedNetworkNamespaces;
import org.lfedge.eve.tasks.core.output.OutputLogs;
import org.lfedge.eve.tasks.core.plugin.PluginCatalog;
import org.lfedge.eve.tasks.core.port.AppRecords;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskStore;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.registry.HttpRegistries;
import org.lfedge.eve.tasks.core.sandboxed.SeedSandboxes;
import org.lfedge.eve.tasks.core.session.ExecSessions;
import org.lfedge.eve.tasks.core.session.FifoTerminals;
import org.lfedge.eve.tasks.core.store.FileAppRecords;
import org.lfedge.eve.tasks.core.store.FileEventLog;
import org.lfedge.eve.tasks.core.store.FileTaskStore;
import org.lfedge.eve.tasks.spi.task.HostFacts;

/** The parts of the daemon, put together. Closing it ends the daemon; tasks go on. */
final class Daemon implements AutoCloseable {

  /** Keeps our containers and images apart from those of others in the same containerd. */
  private static final String NAMESPACE = "taskmanager";

  /** Some 6,000 events; there are four such files. */
  private static final long EVENT_FILE_BYTES = 2L << 20;

  /** Peaks of an anchor last; a few file reads for each task cost nothing at this rate. */
  private static final Duration TAX_INTERVAL = Duration.ofSeconds(10);

  private final NodeConfig config;
  private final NodeAdapters adapters;
  private final Failpoints failpoints;
  private final Endings endings = new Endings();

  private Daemon(NodeConfig config) {
    this.config = config;
    this.adapters = new NodeAdapters(config);
    this.failpoints = adapters.failpoints();
  }

  /**
   * Takes up the tasks on record and serves the API.
   *
   * @throws TaskException if a part cannot start; what was started is ended
   */
  static Daemon start(NodeConfig config, Installation installation) {
    Daemon daemon = new Daemon(config);
    try {
      daemon.assemble(installation);
      return daemon;
    } catch (RuntimeException e) {
      daemon.close();
      throw e;
    }
  }

  private void assemble(Installation installation) {
    Path state = config.stateDirectory();
    Path runtime = config.runtimeDirectory();
    CgroupMounts cgroups = CgroupMounts.find();
    LinuxProcesses processes = new LinuxProcesses(cgroups);
    Xen xen = adapters.xen();
    HostFacts host = HostInspection.inspect(cgroups, xen);
    ContainerdClient containerd = containerd();
    ContainerdContent content = new ContainerdContent(containerd);
    content.endAbandonedLeases();
    HttpRegistries registries = closing(new HttpRegistries(config.registries(), System.getenv()));
    FetchedFiles fetched = adapters.fetchedFiles(registries);
    ImageStore images = adapters.images(content, registries, host);
    PinnedNetworkNamespaces pins = adapters.networkNamespaces();
    pins.isolate();
    pins.pinOfNode(config.policy().grantedNamespaces());
    NetworkNamespaces namespaces = failpoints.around(NetworkNamespaces.class, pins);
    BinaryFormats binaryFormats = failpoints.around(BinaryFormats.class, adapters.binaryFormats());
    OutputLogs output = closing(adapters.output());
    TaskFiles files = adapters.taskFiles(output);
    CniNetworks cni = adapters.networks(namespaces);
    FleetSurroundings surroundings = new FleetSurroundings(config, cni, registries);
    if (config.controller().isPresent()) {
      surroundings.restore();
    }
    Networks networks = failpoints.around(Networks.class, cni);
    Devices devices = failpoints.around(Devices.class, adapters.devices(namespaces, cni));
    FifoTerminals terminals = closing(new FifoTerminals(runtime.resolve("terminals")));
    ContainerdRuntime containers = new ContainerdRuntime(containerd, terminals);
    Sandbox sandbox = adapters.sandbox(containers, host);
    SandboxedExecutors sandboxed =
        new SeedSandboxes(
            sandbox, state.resolve("sandboxed"), installation.runtime(), installation.libraries());
    PluginCatalog executors =
        closing(
            new PluginCatalog(
                installation.executors(),
                config.pluginsDirectory(),
                state.resolve("plugin-cache"),
                config.policy().trustedPlugins(),
                Optional.of(sandboxed),
                PluginCatalog.Limits.DEFAULT));
    executors.watch();
    Volumes volumes = adapters.volumes(containerd, images, sandbox);
    Planner.NodeLayout layout = new Planner.NodeLayout(config.cgroupParent(), config.initProgram());
    Planner planner =
        new Planner(
            executors,
            sandboxed,
            images,
            fetched,
            config.tools(),
            config.emulation(),
            new NodeFacts(),
            namespaces,
            networks,
            binaryFormats,
            volumes,
            devices,
            files,
            host,
            config.policy(),
            layout);
    FileEventLog events = new FileEventLog(state.resolve("events"), EVENT_FILE_BYTES);
    terminals.recover(
        task -> containers.task(task).isPresent(), task -> files.output(task).stdout());
    ContainerdProcesses inside = new ContainerdProcesses(containerd);
    ExecSessions sessions = closing(new ExecSessions(runtime.resolve("sessions"), inside));
    sessions.recover();
    Optional<FileAppRecords> apps =
        config.controller().map(controller -> new FileAppRecords(state.resolve("apps")));
    Optional<AppRecords> records = apps.map(kept -> failpoints.around(AppRecords.class, kept));
    TaskManager tasks =
        closing(
            new TaskManager(
                new TaskManager.Ports(
                    failpoints.around(TaskStore.class, new FileTaskStore(state.resolve("tasks"))),
                    records,
                    failpoints.around(EventLog.class, events),
                    failpoints.around(ContainerRuntime.class, containers),
                    namespaces,
                    networks,
                    new NamespaceProbes(namespaces),
                    binaryFormats,
                    volumes,
                    fetched,
                    devices,
                    files,
                    processes,
                    xen,
                    output,
                    InstantSource.system(),
                    new SplittableRandom()::nextDouble,
                    HostInspection.bootId()),
                planner,
                layout,
                new Admission.Node(
                    host.memoryBytes(), config.reservedMemoryBytes(), host.cpus() * 1000),
                HostInspection.onlineCpus(),
                config.nameService()));
    tasks.recover();
    output.start(
        name ->
            tasks
                .anchor(name)
                .filter(
                    anchor ->
                        processes
                            .startTime(anchor.pid())
                            .equals(OptionalLong.of(anchor.startTime())))
                .map(anchor -> OptionalInt.of(anchor.pid()))
                .orElse(OptionalInt.empty()));
    ContainerdMetrics metrics = new ContainerdMetrics(containerd);
    Optional<ControlledNode> controlled =
        config
            .controller()
            .map(
                controller ->
                    closing(
                        ControlledNode.start(
                            controller,
                            new Fleet.Parts(
                                tasks,
                                volumes,
                                records.orElseThrow(),
                                surroundings,
                                InstantSource.system()),
                            new FleetReports.Sources(
                                tasks,
                                events,
                                metrics,
                                new NamespaceInterfaces(),
                                output,
                                apps.orElseThrow().logMarks(),
                                volumes,
                                host,
                                HostInspection.hostName(),
                                InstantSource.system()))));
    NodeInfo node =
        new NodeInfo(
            Installation.version(),
            host,
            xen,
            containerd.version(),
            containerd.socket(),
            containerd.snapshotter(),
            config.pluginsDirectory(),
            state,
            () -> controlled.map(ControlledNode::info),
            binaryFormats::scope);
    TaxSampler tax = closing(new TaxSampler(tasks::records, new ResidentMemory(processes)));
    tax.start(TAX_INTERVAL);
    TaskmanagerService service =
        closing(
            new TaskmanagerService(
                tasks,
                events,
                metrics,
                tax,
                executors,
                images,
                volumes,
                networks,
                output,
                node,
                new Interaction(sessions, terminals, inside, new NodeFacts())));
    closing(ApiServer.start(config.socket(), service));
    config
        .metricsListen()
        .ifPresent(
            listen ->
                closing(
                    PrometheusEndpoint.start(
                        listen,
                        new PrometheusEndpoint.Sources(tasks::list, metrics, tax, events))));
    config
        .taskDirectory()
        .ifPresent(
            directory ->
                closing(
                    DocumentDirectory.watch(
                        directory, new DirectoryDeclaration(tasks, config.pruneTasks()))));
  }

  private ContainerdClient containerd() {
    if (config.containerd() instanceof NodeConfig.Containerd.External external) {
      return closing(ContainerdClient.connect(external.socket(), NAMESPACE));
    }
    PrivateContainerd containerd = adapters.privateContainerd();
    containerd.start();
    ContainerdClient client = closing(ContainerdClient.connect(containerd.socket(), NAMESPACE));
    closing(new ContainerdSupervision(containerd, client));
    return client;
  }

  private <T extends AutoCloseable> T closing(T part) {
    return endings.closing(part);
  }

  /** A part that cannot be closed is logged. */
  @Override
  public void close() {
    endings.close();
  }
}
