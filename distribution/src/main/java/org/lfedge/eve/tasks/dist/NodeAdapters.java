package org.lfedge.eve.tasks.dist;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.lfedge.eve.tasks.core.binaryformat.KernelBinaryFormats;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.containerd.ContainerdClient;
import org.lfedge.eve.tasks.core.containerd.ContainerdContent;
import org.lfedge.eve.tasks.core.containerd.ContainerdSandbox;
import org.lfedge.eve.tasks.core.containerd.PrivateContainerd;
import org.lfedge.eve.tasks.core.containerd.SnapshotMounts;
import org.lfedge.eve.tasks.core.device.NodeDevices;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.host.CgroupMounts;
import org.lfedge.eve.tasks.core.host.LinuxProcesses;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.host.TaskDirectories;
import org.lfedge.eve.tasks.core.host.Xen;
import org.lfedge.eve.tasks.core.image.Images;
import org.lfedge.eve.tasks.core.image.LayerLimits;
import org.lfedge.eve.tasks.core.image.NodeFiles;
import org.lfedge.eve.tasks.core.network.CniNetworks;
import org.lfedge.eve.tasks.core.network.PinnedNetworkNamespaces;
import org.lfedge.eve.tasks.core.output.OutputLogs;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.ImageMounts;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskOutput;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.registry.HttpRegistries;
import org.lfedge.eve.tasks.core.volume.NodeVolumes;
import org.lfedge.eve.tasks.spi.task.HostFacts;

/**
 * The adapters of a node by its config: what in it leads to which of their settings. Those that are
 * needed as ports alone have their failpoints; the others get them where they are used as ports.
 */
record NodeAdapters(NodeConfig config, Failpoints failpoints) {

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

  NodeAdapters(NodeConfig config) {
    this(config, Failpoints.ofEnvironment());
  }

  /**
   * The private containerd.
   *
   * @throws TaskException if the config names an external one
   */
  PrivateContainerd privateContainerd() {
    if (!(config.containerd() instanceof NodeConfig.Containerd.Private)) {
      throw TaskException.refused(
          Problem.user("NOT_OURS", "the config names an external containerd, which is not ours"));
    }
    return new PrivateContainerd(
        config.stateDirectory().resolve("containerd"),
        config.runtimeDirectory().resolve("containerd"),
        new LinuxProcesses(CgroupMounts.find())::startTime);
  }

  /** Removes what tasks have on the node's networks, and all that is mounted for them. */
  void release() {
    PinnedNetworkNamespaces namespaces = networkNamespaces();
    CniNetworks networks = networks(namespaces);
    networks.tasks().forEach(networks::detach);
    NodeDevices devices = devices(namespaces, networks);
    devices.tasks().forEach(devices::moveBack);
    namespaces.release();
    BinaryFormats binaryFormats = binaryFormats();
    binaryFormats.tasks().forEach(binaryFormats::release);
    NodeVolumes.releaseAll(config.runtimeDirectory(), volumeHelper());
  }

  PinnedNetworkNamespaces networkNamespaces() {
    return new PinnedNetworkNamespaces(config.runtimeDirectory().resolve("netns"), helper("locks"));
  }

  BinaryFormats binaryFormats() {
    return new KernelBinaryFormats(
        Path.of("/proc/sys/fs/binfmt_misc"),
        config.runtimeDirectory().resolve("binfmt"),
        helper("locks"),
        System.getProperty("os.version", ""),
        config.policy().allowNodeBinaryFormats());
  }

  CniNetworks networks(NetworkNamespaces namespaces) {
    return new CniNetworks(config.networks(), networksState(), namespaces, helper("locks"));
  }

  private Path networksState() {
    return config.stateDirectory().resolve("networks");
  }

  NodeDevices devices(NetworkNamespaces namespaces, CniNetworks networks) {
    return new NodeDevices(
        new NodeDevices.Settings(config.cdiDirectories(), networks::switchPorts),
        config.runtimeDirectory().resolve("nics"),
        namespaces,
        helper("locks"));
  }

  Sandbox sandbox(ContainerRuntime containers, HostFacts host) {
    return failpoints.around(
        Sandbox.class,
        new ContainerdSandbox(
            containers,
            config.runtimeDirectory().resolve("sandboxes"),
            config.cgroupParent(),
            host.architecture()));
  }

  Volumes volumes(ContainerdClient containerd, ImageStore images, Sandbox sandbox) {
    ImageMounts mounts = failpoints.around(ImageMounts.class, new SnapshotMounts(containerd));
    NodeVolumes volumes =
        new NodeVolumes(
            new NodeVolumes.Layout(
                config.stateDirectory(),
                config.runtimeDirectory(),
                CniNetworks.namesDirectory(networksState()),
                NodeFiles.directory(filesDirectory()),
                List.copyOf(config.policy().directories()),
                DISK_PROGRAM),
            new NodeVolumes.Tools(volumeHelper(), sandbox, images, mounts),
            InstantSource.system());
    volumes.isolate();
    return failpoints.around(Volumes.class, volumes);
  }

  private Path filesDirectory() {
    return config.stateDirectory().resolve("files");
  }

  FetchedFiles fetchedFiles(HttpRegistries registries) {
    return failpoints.around(
        FetchedFiles.class,
        new NodeFiles(
            filesDirectory(), registries, registries, config.trust(), NodeFiles.MAX_BYTES));
  }

  ImageStore images(ContainerdContent content, HttpRegistries registries, HostFacts host) {
    return failpoints.around(
        ImageStore.class,
        new Images(
            failpoints.around(ContentStore.class, content),
            registries,
            config.trust(),
            Platform.linux(host.architecture()),
            LayerLimits.DEFAULT,
            config.stateDirectory().resolve("tmp")));
  }

  OutputLogs output() {
    return new OutputLogs(
        config.stateDirectory().resolve("logs"),
        config.logs(),
        // Locks of its own: all output would wait where a helper of one task hangs.
        helper("output-locks"),
        InstantSource.system());
  }

  TaskFiles taskFiles(TaskOutput output) {
    return failpoints.around(
        TaskFiles.class,
        new TaskDirectories(
            failpoints.around(TaskOutput.class, output),
            config.runtimeDirectory().resolve("tasks"),
            config.policy()::allowsSource));
  }

  /** With locks of its own: whoever is admitted waits for no step of another task. */
  Xen xen() {
    return new Xen(
        new LockedHelperCommand(
            config.runtimeDirectory().resolve("hypervisor-locks"), HYPERVISOR_DEADLINE));
  }

  /** With locks of its own: a large disk is checked for longer than anything else takes. */
  private HelperCommand volumeHelper() {
    return helper("volume-locks", VOLUME_DEADLINE);
  }

  private HelperCommand helper(String locks) {
    return helper(locks, HELPER_DEADLINE);
  }

  private HelperCommand helper(String locks, Duration deadline) {
    return failpoints.around(
        HelperCommand.class,
        new LockedHelperCommand(
            config.runtimeDirectory().resolve(locks), deadline, failpoints::duringHelper));
  }
}
