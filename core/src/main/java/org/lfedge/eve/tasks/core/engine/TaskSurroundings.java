package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.spec.DeviceInputs;
import org.lfedge.eve.tasks.core.spec.DevicePlan;
import org.lfedge.eve.tasks.core.spec.NetworkFiles;
import org.lfedge.eve.tasks.core.spec.OwnDirectories;
import org.lfedge.eve.tasks.core.spec.VolumePlace;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Volume;

/**
 * The volumes, interfaces and devices of a task as its executor and its spec see them, and the
 * files that the core adds to those of its seed. Changes nothing.
 */
final class TaskSurroundings {

  /** Stands for a MAC that is known only when its interface is made. */
  private static final String UNKNOWN_MAC = "00:00:00:00:00:00";

  private static final int USUAL_MTU = 1500;

  private final Networks networks;
  private final Volumes volumes;
  private final OwnRoot root;
  private final Devices devices;
  private final TaskFiles files;

  TaskSurroundings(Networks networks, Volumes volumes, Devices devices, TaskFiles files) {
    this.networks = networks;
    this.volumes = volumes;
    this.root = new OwnRoot(volumes);
    this.devices = devices;
    this.files = files;
  }

  /**
   * Refuses what cannot be made, as far as that can be told without trying.
   *
   * @throws TaskException with everything that is wrong
   */
  void check(TaskDocument document) {
    List<Problem> problems =
        new ArrayList<>(networks.check(document.name(), document.interfaces()));
    problems.addAll(root.check(document));
    problems.addAll(volumes.check(document.name(), document.volumes()));
    problems.addAll(foreignNames(document));
    problems.addAll(reserved(document));
    if (document.hostNetwork() && !nics(document).isEmpty()) {
      problems.add(
          Problem.inDocument(
              "CONFLICT",
              "devices",
              String.join(", ", nics(document)),
              "a task on the network of the node has all of its interfaces already; remove them"
                  + " here, or the network host"));
    }
    try {
      DeviceEdits unused = resolve(document);
    } catch (TaskException e) {
      problems.addAll(e.problems());
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  /** Who is on a network may know who else is. */
  private static List<Problem> foreignNames(TaskDocument document) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < document.volumes().size(); i++) {
      if (document.volumes().get(i).source() instanceof VolumeConfig.Source.NetworkNames names
          && document.interfaces().stream()
              .noneMatch(one -> one.network().equals(names.network()))) {
        problems.add(
            Problem.inDocument(
                "NOT_ON_NETWORK",
                "volumes[" + i + "].source.network",
                names.network(),
                "only tasks on a network see its names; give the task an interface on it, or remove"
                    + " the volume"));
      }
    }
    return problems;
  }

  /** Whether a task is one that the node makes by itself, to serve the names on a network. */
  boolean servesNames(String task) {
    return networks.nameServices().stream().anyMatch(service -> service.task().equals(task));
  }

  private static List<Problem> reserved(TaskDocument document) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < document.devices().size(); i++) {
      if (document.devices().get(i) instanceof DeviceConfig.Node node
          && DevicePlan.isOwn(node.path())) {
        problems.add(
            Problem.inDocument(
                "DEVICE_RESERVED",
                "devices[" + i + "].path",
                node.path(),
                "every task has one of its own there; remove it"));
      }
    }
    return problems;
  }

  private DeviceEdits resolve(TaskDocument document) {
    return document.devices().isEmpty()
        ? DeviceEdits.NONE
        : devices.resolve(document.name(), document.devices());
  }

  /** The network interfaces of the node among the devices of a task. */
  static List<String> nics(TaskDocument document) {
    return document.devices().stream()
        .filter(DeviceConfig.Nic.class::isInstance)
        .map(DeviceConfig::id)
        .toList();
  }

  /**
   * The devices of a task, as they are on the node now.
   *
   * @throws TaskException if one is missing, or cannot be handed over
   */
  DeviceInputs devices(TaskDocument document, Seed seed, Grants grants) {
    List<DeviceRequest> asked = document.devices().stream().map(DeviceConfig::request).toList();
    SortedMap<String, DeviceNode> further = new TreeMap<>();
    for (DeviceRequest device : seed.devices()) {
      if (!asked.contains(device)
          && device instanceof DeviceRequest.Node node
          && grants.allowsDevice(node.path())) {
        further.put(node.path(), devices.node(new DeviceConfig.Node(node.path(), node.access())));
      }
    }
    return new DeviceInputs(asked, resolve(document), further);
  }

  /** The interfaces of a task that may not be there yet; what is not known of them stands empty. */
  List<AttachedInterface> expected(TaskDocument document) {
    List<AttachedInterface> attached = networks.attached(document.name());
    return attached.size() == document.interfaces().size()
        ? attached
        : document.interfaces().stream().map(TaskSurroundings::expected).toList();
  }

  private static AttachedInterface expected(InterfaceConfig config) {
    return new AttachedInterface(
        config.name(),
        config.network(),
        config.mac().orElse(UNKNOWN_MAC),
        config.mtu().orElse(USUAL_MTU),
        config.addresses(),
        List.of(),
        config.dns());
  }

  /** The root of a task, where that is something like a volume. */
  OwnRoot root() {
    return root;
  }

  /** The volumes of a task as its executor sees them. */
  List<Volume> volumes(TaskDocument document) {
    return document.volumes().stream()
        .map(volume -> SeedInput.volume(volume, volumes.views(volume)))
        .toList();
  }

  /** Where the volumes of a task are when it starts. */
  SortedMap<String, VolumePlace> places(TaskDocument document) {
    SortedMap<String, VolumePlace> places = new TreeMap<>();
    for (VolumeConfig volume : document.volumes()) {
      places.put(
          volume.name(),
          volume.source() instanceof VolumeConfig.Source.Tmpfs tmpfs
              ? new VolumePlace.InMemory(tmpfs.bytes(), volume.owner(), volume.readOnly())
              : new VolumePlace.OnNode(
                  volumes.path(document.name(), volume.name()),
                  volume.propagation(),
                  volume.neverWritable(),
                  volumes.views(volume)));
    }
    return places;
  }

  /**
   * Where the directories and namespaces that a seed asks for are when its anchor starts.
   *
   * @param ofNode where namespaces of the node are
   */
  OwnDirectories own(String task, Seed seed, Function<Namespace, Path> ofNode) {
    SortedMap<Namespace, Path> namespaces = new TreeMap<>();
    SortedMap<String, Path> states = new TreeMap<>();
    Optional<Path> runtime = Optional.empty();
    for (Mount mount : seed.mounts()) {
      if (mount.source() instanceof Source.State state) {
        states.put(state.name(), volumes.state(task, state.name()));
      } else if (mount.source() instanceof Source.RuntimeDirectory) {
        runtime = Optional.of(volumes.runtimeDirectory(task));
      } else if (mount.source() instanceof Source.OfNamespace of) {
        namespaces.put(of.namespace(), ofNode.apply(of.namespace()));
      }
    }
    return new OwnDirectories(states, runtime, namespaces);
  }

  /** The root of a task with the limit that its document puts on what is written to it. */
  RootFilesystem limited(TaskDocument document, RootFilesystem root) {
    return document.maxWritableBytes().isPresent()
        ? new RootFilesystem.Limited(root, volumes.writable(document.name()).toString())
        : root;
  }

  /**
   * A document with the user data in it that it names a file for, as they are in the file now.
   *
   * @throws TaskException if they cannot be read
   */
  TaskDocument withUserData(TaskDocument document) {
    List<VolumeConfig> read = new ArrayList<>();
    for (VolumeConfig volume : document.volumes()) {
      read.add(
          volume.source() instanceof CloudInit data
                  && data.userData() instanceof UserData.InFile file
              ? volume.withUserData(userData(document, volume, file.path()))
              : volume);
    }
    return document.withVolumes(read);
  }

  private UserData.Text userData(TaskDocument document, VolumeConfig volume, String file) {
    try {
      return new UserData.Text(volumes.userData(document.name(), volume, file));
    } catch (TaskException e) {
      String path =
          "volumes[" + document.volumes().indexOf(volume) + "].source.cloudInit.userData.file";
      throw TaskException.failed(
          e.problems().stream()
              .map(
                  problem ->
                      new Problem(problem.code(), problem.kind(), path, file, problem.message()))
              .toList());
    }
  }

  /** What stands beside the files of a seed, after them. */
  static List<SeedFile> filesBeside(
      TaskDocument document, List<SeedFile> cloudInit, List<AttachedInterface> interfaces) {
    List<SeedFile> beside = new ArrayList<>();
    if (!document.interfaces().isEmpty()) {
      beside.addAll(NetworkTexts.of(document.name(), interfaces));
    }
    beside.addAll(cloudInit);
    return beside;
  }

  /**
   * Where the files about the network lie, if the task gets them. On the network of the node they
   * are the node's own.
   *
   * @param exists whether the node has a file
   */
  Optional<NetworkFiles> networkFiles(TaskDocument document, Seed seed, Predicate<Path> exists) {
    if (document.hostNetwork()) {
      return Optional.of(
          new NetworkFiles(
              Optional.of(Path.of("/etc/resolv.conf")).filter(exists),
              Optional.of(Path.of("/etc/hosts")).filter(exists),
              Optional.empty()));
    }
    if (document.interfaces().isEmpty()) {
      return Optional.empty();
    }
    String name = document.name();
    int first = seed.files().size();
    return Optional.of(
        new NetworkFiles(
            Optional.of(files.seedFile(name, first + NetworkTexts.RESOLV_CONF)),
            Optional.of(files.seedFile(name, first + NetworkTexts.HOSTS)),
            Optional.of(files.seedFile(name, first + NetworkTexts.HOSTNAME))));
  }

  /** Where the files of cloud-init lie, by their targets. */
  SortedMap<String, Path> cloudInitPlaces(
      TaskDocument document, Seed seed, List<SeedFile> cloudInit) {
    int first = seed.files().size() + (document.interfaces().isEmpty() ? 0 : NetworkTexts.COUNT);
    SortedMap<String, Path> places = new TreeMap<>();
    for (int i = 0; i < cloudInit.size(); i++) {
      places.put(cloudInit.get(i).target(), files.seedFile(document.name(), first + i));
    }
    return places;
  }
}
