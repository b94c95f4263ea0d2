package org.lfedge.eve.tasks.dist;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.api.ApiServer;
import org.lfedge.eve.tasks.core.api.Interaction;
import org.lfedge.eve.tasks.core.api.NodeInfo;
import org.lfedge.eve.tasks.core.api.TaskmanagerService;
import org.lfedge.eve.tasks.core.binaryformat.KernelBinaryFormats;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.containerd.ContainerdClient;
import org.lfedge.eve.tasks.core.containerd.ContainerdContent;
import org.lfedge.eve.tasks.core.containerd.ContainerdMetrics;
import org.lfedge.eve.tasks.core.containerd.ContainerdProcesses;
import org.lfedge.eve.tasks.core.containerd.ContainerdRuntime;
import org.lfedge.eve.tasks.core.containerd.ContainerdSandbox;
import org.lfedge.eve.tasks.core.containerd.ContainerdSupervision;
import org.lfedge.eve.tasks.core.containerd.PrivateContainerd;
import org.lfedge.eve.tasks.core.containerd.SnapshotMounts;
import org.lfedge.eve.tasks.core.device.NodeDevices;
import org.lfedge.eve.tasks.core.directory.DocumentDirectory;
import org.lfedge.eve.tasks.core.engine.Planner;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.fleet.AppRecords;
import org.lfedge.eve.tasks.core.fleet.Fleet;
import org.lfedge.eve.tasks.core.fleet.FleetReports;
import org.lfedge.eve.tasks.core.host.CgroupMounts;
import org.lfedge.eve.tasks.core.host.HostInspection;
import org.lfedge.eve.tasks.core.host.LinuxProcesses;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.host.NamespaceInterfaces;
import org.lfedge.eve.tasks.core.host.NodeFacts;
import org.lfedge.eve.tasks.core.host.ResidentMemory;
import org.lfedge.eve.tasks.core.host.TaskDirectories;
import org.lfedge.eve.tasks.core.host.Xen;
import org.lfedge.eve.tasks.core.image.Images;
import org.lfedge.eve.tasks.core.image.LayerLimits;
import org.lfedge.eve.tasks.core.image.NodeFiles;
import org.lfedge.eve.tasks.core.metrics.PrometheusEndpoint;
import org.lfedge.eve.tasks.core.metrics.TaxSampler;
import org.lfedge.eve.tasks.core.network.CniNetworks;
import org.lfedge.eve.tasks.core.network.NamespaceProbes;
import org.lfedge.eve.tasks.core.network.PinnedNetworkNamespaces;
import org.lfedge.eve.tasks.core.output.OutputLogs;
import org.lfedge.eve.tasks.core.plugin.PluginCatalog;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.ImageMounts;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskOutput;
import org.lfedge.eve.tasks.core.port.TaskStore;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.registry.HttpRegistries;
import org.lfedge.eve.tasks.core.sandboxed.SeedSandboxes;
import org.lfedge.eve.tasks.core.session.ExecSessions;
import org.lfedge.eve.tasks.core.session.FifoTerminals;
import org.lfedge.eve.tasks.core.store.FileAppRecords;
import org.lfedge.eve.tasks.core.store.FileEventLog;
import org.lfedge.eve.tasks.core.store.FileTaskStore;
import org.lfedge.eve.tasks.core.volume.NodeVolumes;
import org.lfedge.eve.tasks.spi.task.HostFacts;

/** The parts of the daemon, put together. Closing it ends the daemon; tasks go on. */
final class Daemon implements AutoCloseable {

  /** Keeps our containers and images apart from those of others in the same containerd. */
  private static final String NAMESPACE = "taskmanager";

  /** For a helper such as {@code unshare} to wait for its task's lock and to run. */
  private static final Duration HELPER_DEADLINE = Duration.ofSeconds(30);

  /**
   * For a question that is answered in milliseconds; the daemon starts and tasks are made after.
   */
  private static final Duration HYPERVISOR_DEADLINE = Duration.ofSeconds(10);

  /** For a disk to be reserved, or to be checked after a crash. */
  private static final Duration VOLUME_DEADLINE = Duration.ofMinutes(5);

  /** Knows disks in other formats than raw. */
  private static final Path DISK_PROGRAM = Path.of("/usr/bin/qemu-img");

  /** Some 6,000 events; there are four such files. */
  private static final long EVENT_FILE_BYTES = 2L << 20;

  /** Peaks of an anchor last; a few file reads for each task cost nothing at this rate. */
  private static final Duration TAX_INTERVAL = Duration.ofSeconds(10);

  private final NodeConfig config;
  private final Failpoints failpoints = Failpoints.ofEnvironment();
  private final Deque<Runnable> endings = new ArrayDeque<>();

  private Daemon(NodeConfig config) {
    this.config = config;
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

  /**
   * The private containerd of a node.
   *
   * @throws TaskException if the config names an external one
   */
  static PrivateContainerd privateContainerd(NodeConfig config) {
    if (!(config.containerd() instanceof NodeConfig.Containerd.Private)) {
      throw TaskException.refused(
          Problem.user("NOT_OURS", "the config names an external containerd, which is not ours"));
    }
    return privateContainerd(config, new LinuxProcesses(CgroupMounts.find()));
  }

  private static PinnedNetworkNamespaces networkNamespaces(
      NodeConfig config, Failpoints failpoints) {
    return new PinnedNetworkNamespaces(
        config.runtimeDirectory().resolve("netns"), helper(config, failpoints, "locks"));
  }

  private static BinaryFormats binaryFormats(NodeConfig config, Failpoints failpoints) {
    return new KernelBinaryFormats(
        Path.of("/proc/sys/fs/binfmt_misc"),
        config.runtimeDirectory().resolve("binfmt"),
        helper(config, failpoints, "locks"),
        System.getProperty("os.version", ""),
        config.policy().allowNodeBinaryFormats());
  }

  /** Removes what tasks have on the node's networks, and all that is mounted for them. */
  static void release(NodeConfig config) {
    Failpoints failpoints = Failpoints.ofEnvironment();
    PinnedNetworkNamespaces namespaces = networkNamespaces(config, failpoints);
    CniNetworks networks = networks(config, failpoints, namespaces);
    networks.tasks().forEach(networks::detach);
    NodeDevices devices = devices(config, failpoints, namespaces);
    devices.tasks().forEach(devices::moveBack);
    namespaces.release();
    BinaryFormats binaryFormats = binaryFormats(config, failpoints);
    binaryFormats.tasks().forEach(binaryFormats::release);
    NodeVolumes.releaseAll(config.runtimeDirectory(), volumeHelper(config, failpoints));
  }

  private static CniNetworks networks(
      NodeConfig config, Failpoints failpoints, NetworkNamespaces namespaces) {
    return new CniNetworks(
        config.networks(), networksState(config), namespaces, helper(config, failpoints, "locks"));
  }

  private static Path networksState(NodeConfig config) {
    return config.stateDirectory().resolve("networks");
  }

  private static NodeDevices devices(
      NodeConfig config, Failpoints failpoints, NetworkNamespaces namespaces) {
    SortedMap<String, String> ports = new TreeMap<>();
    config
        .networks()
        .networks()
        .forEach((name, network) -> network.port().ifPresent(port -> ports.put(port, name)));
    return new NodeDevices(
        new NodeDevices.Settings(config.cdiDirectories(), ports),
        config.runtimeDirectory().resolve("nics"),
        namespaces,
        helper(config, failpoints, "locks"));
  }

  private Sandbox sandbox(ContainerRuntime containers, HostFacts host) {
    return failpoints.around(
        Sandbox.class,
        new ContainerdSandbox(
            containers,
            config.runtimeDirectory().resolve("sandboxes"),
            config.cgroupParent(),
            host.architecture()));
  }

  private Volumes volumes(ContainerdClient containerd, ImageStore images, Sandbox sandbox) {
    ImageMounts mounts = failpoints.around(ImageMounts.class, new SnapshotMounts(containerd));
    NodeVolumes volumes =
        new NodeVolumes(
            new NodeVolumes.Layout(
                config.stateDirectory(),
                config.runtimeDirectory(),
                CniNetworks.namesDirectory(networksState(config)),
                NodeFiles.directory(filesDirectory()),
                List.copyOf(config.policy().directories()),
                DISK_PROGRAM),
            new NodeVolumes.Tools(volumeHelper(config, failpoints), sandbox, images, mounts),
            InstantSource.system());
    volumes.isolate();
    return failpoints.around(Volumes.class, volumes);
  }

  private Path filesDirectory() {
    return config.stateDirectory().resolve("files");
  }

  /** With locks of its own: a large disk is checked for longer than anything else takes. */
  private static HelperCommand volumeHelper(NodeConfig config, Failpoints failpoints) {
    return helper(config, failpoints, "volume-locks", VOLUME_DEADLINE);
  }

  private static HelperCommand helper(NodeConfig config, Failpoints failpoints, String locks) {
    return helper(config, failpoints, locks, HELPER_DEADLINE);
  }

  private static HelperCommand helper(
      NodeConfig config, Failpoints failpoints, String locks, Duration deadline) {
    return failpoints.around(
        HelperCommand.class,
        new LockedHelperCommand(
            config.runtimeDirectory().resolve(locks), deadline, failpoints::duringHelper));
  }

  private static PrivateContainerd privateContainerd(NodeConfig config, LinuxProcesses processes) {
    return new PrivateContainerd(
        config.stateDirectory().resolve("containerd"),
        config.runtimeDirectory().resolve("containerd"),
        processes::startTime);
  }

  /** With locks of its own: whoever is admitted waits for no step of another task. */
  private Xen xen() {
    return new Xen(
        new LockedHelperCommand(
            config.runtimeDirectory().resolve("hypervisor-locks"), HYPERVISOR_DEADLINE));
  }

  private void assemble(Installation installation) {
    Path state = config.stateDirectory();
    Path runtime = config.runtimeDirectory();
    CgroupMounts cgroups = CgroupMounts.find();
    LinuxProcesses processes = new LinuxProcesses(cgroups);
    Xen xen = xen();
    HostFacts host = HostInspection.inspect(cgroups, xen);
    ContainerdClient containerd = containerd(processes);
    ContainerdContent content = new ContainerdContent(containerd);
    content.endAbandonedLeases();
    HttpRegistries registries = closing(new HttpRegistries(config.registries(), System.getenv()));
    FetchedFiles fetched =
        failpoints.around(
            FetchedFiles.class,
            new NodeFiles(
                filesDirectory(), registries, registries, config.trust(), NodeFiles.MAX_BYTES));
    ImageStore images =
        failpoints.around(
            ImageStore.class,
            new Images(
                failpoints.around(ContentStore.class, content),
                registries,
                config.trust(),
                Platform.linux(host.architecture()),
                LayerLimits.DEFAULT,
                state.resolve("tmp")));
    PinnedNetworkNamespaces pins = networkNamespaces(config, failpoints);
    pins.isolate();
    pins.pinOfNode(config.policy().grantedNamespaces());
    NetworkNamespaces namespaces = failpoints.around(NetworkNamespaces.class, pins);
    BinaryFormats binaryFormats =
        failpoints.around(BinaryFormats.class, binaryFormats(config, failpoints));
    OutputLogs output =
        closing(
            new OutputLogs(
                state.resolve("logs"),
                config.logs(),
                // Locks of its own: all output would wait where a helper of one task hangs.
                helper(config, failpoints, "output-locks"),
                InstantSource.system()));
    TaskFiles files =
        failpoints.around(
            TaskFiles.class,
            new TaskDirectories(
                failpoints.around(TaskOutput.class, output),
                runtime.resolve("tasks"),
                config.policy()::allowsSource));
    CniNetworks cni = networks(config, failpoints, namespaces);
    FleetSurroundings surroundings = new FleetSurroundings(config, cni, registries);
    if (config.controller().isPresent()) {
      surroundings.restore();
    }
    Networks networks = failpoints.around(Networks.class, cni);
    Devices devices = failpoints.around(Devices.class, devices(config, failpoints, namespaces));
    FifoTerminals terminals = closing(new FifoTerminals(runtime.resolve("terminals")));
    ContainerdRuntime containers = new ContainerdRuntime(containerd, terminals);
    Sandbox sandbox = sandbox(containers, host);
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
    Volumes volumes = volumes(containerd, images, sandbox);
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
    TaskManager tasks =
        closing(
            new TaskManager(
                new TaskManager.Ports(
                    failpoints.around(TaskStore.class, new FileTaskStore(state.resolve("tasks"))),
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
    AppRecords apps = new FileAppRecords(state.resolve("apps"));
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
                                apps,
                                surroundings,
                                InstantSource.system(),
                                InstantSource.system().instant()),
                            new FleetReports.Sources(
                                tasks,
                                events,
                                metrics,
                                new NamespaceInterfaces(),
                                output,
                                apps,
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

  private ContainerdClient containerd(LinuxProcesses processes) {
    if (config.containerd() instanceof NodeConfig.Containerd.External external) {
      return closing(ContainerdClient.connect(external.socket(), NAMESPACE));
    }
    PrivateContainerd containerd = privateContainerd(config, processes);
    containerd.start();
    ContainerdClient client = closing(ContainerdClient.connect(containerd.socket(), NAMESPACE));
    closing(new ContainerdSupervision(containerd, client));
    return client;
  }

  /** Remembers to close a part before those that were there earlier. */
  private <T extends AutoCloseable> T closing(T part) {
    endings.push(
        () -> {
          try {
            part.close();
          } catch (Exception e) {
            throw new IllegalStateException("a part of the daemon cannot be closed", e);
          }
        });
    return part;
  }

  @Override
  public void close() {
    while (!endings.isEmpty()) {
      endings.pop().run();
    }
  }
}
