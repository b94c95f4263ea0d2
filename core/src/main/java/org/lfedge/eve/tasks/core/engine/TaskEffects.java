package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitRules;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces.Kind;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.core.port.Processes;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.spec.CleanupSpec;
import org.lfedge.eve.tasks.core.spec.SpecResources;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * What is made for a task and removed with it, in order. Making something that is there and
 * removing something that is not both succeed, so either may be repeated after a crash.
 */
final class TaskEffects {

  /** By which containers of ours are told from others in containerd's own tools. */
  private static final String UUID_LABEL = "org.lfedge.eve.tasks/uuid";

  private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);

  private final ContainerRuntime runtime;
  private final NetworkNamespaces namespaces;
  private final Networks networks;
  private final BinaryFormats binaryFormats;
  private final Volumes volumes;
  private final Devices devices;
  private final TaskFiles files;
  private final Processes processes;
  private final String bootId;
  private final Function<String, Optional<String>> cpus;
  private final Executor beside;
  private final Object[] giving = Stream.generate(Object::new).limit(16).toArray();

  /**
   * Effects on these.
   *
   * @param cpus the set of CPUs that a task is to use; empty for all of the node
   * @param beside runs a helper program while a step of a task goes on with something else
   */
  TaskEffects(TaskManager.Ports ports, Function<String, Optional<String>> cpus, Executor beside) {
    runtime = ports.runtime();
    namespaces = ports.namespaces();
    networks = ports.networks();
    binaryFormats = ports.binaryFormats();
    volumes = ports.volumes();
    devices = ports.devices();
    files = ports.files();
    processes = ports.processes();
    bootId = ports.bootId();
    this.cpus = cpus;
    this.beside = beside;
  }

  /**
   * Makes the network interfaces of a task, and the namespace that they are in. This comes before
   * the seed, which is given their addresses.
   *
   * @param users whether the task has a user namespace of its own
   */
  List<AttachedInterface> connect(TaskRecord record, boolean users) {
    List<InterfaceConfig> interfaces = record.document().interfaces();
    if (interfaces.isEmpty()) {
      return List.of();
    }
    namespaces.pin(record.name(), users ? Kind.OWN_WITH_USERS : Kind.OWN);
    return networks.attach(record.name(), interfaces);
  }

  /** Makes everything that the anchor needs. */
  void prepare(TaskRecord record, Blueprint blueprint) {
    prepare(record, blueprint, true);
  }

  private void prepare(TaskRecord record, Blueprint blueprint, boolean anew) {
    String name = record.name();
    Seed seed = blueprint.seed();
    TaskDocument document = blueprint.completed(record.document());
    atOnce(
        () -> {
          if (record.document().interfaces().isEmpty()) {
            namespaces.pin(name, kind(record, blueprint));
          } else {
            connect(record, blueprint.userNamespace());
            networks.join(name, seed.attachments());
          }
          List<String> nics = TaskSurroundings.nics(record.document());
          if (!nics.isEmpty()) {
            devices.moveIn(name, nics);
          }
        },
        () -> {
          prepareRoot(document, blueprint);
          prepareVolumes(record, seed);
          prepareOwnDirectories(name, seed, anew);
          files.writeSecrets(name, secrets(record), seed.process().user());
          runtime.prepareRoot(name, blueprint.root());
          runtime.createContainer(
              name,
              blueprint.root(),
              spec(blueprint, cpus.apply(name)),
              SortedCopies.mapOf(Map.of(UUID_LABEL, record.uuid().toString())));
        });
    List<AttachedInterface> interfaces = networks.attached(name);
    List<SeedFile> written = new ArrayList<>(seed.files());
    written.addAll(
        TaskSurroundings.filesBeside(
            document, CloudInitReading.of(document).files(seed), interfaces));
    files.writeSeedFiles(name, written);
    prepareGuestData(record.uuid(), document, seed, interfaces);
  }

  private static Kind kind(TaskRecord record, Blueprint blueprint) {
    if (record.document().hostNetwork()) {
      return Kind.OF_NODE;
    }
    return blueprint.userNamespace() ? Kind.OWN_WITH_USERS : Kind.OWN;
  }

  /**
   * What is written to the root, if there is a limit to it; and the root itself, if tools serve it.
   */
  private void prepareRoot(TaskDocument document, Blueprint blueprint) {
    String name = document.name();
    Optional<TaskRecord.Tools> tools = blueprint.tools();
    boolean inTools = blueprint.seed().base() == Base.TOOLS;
    Optional<String> beside = tools.flatMap(TaskRecord.Tools::beside);
    Optional<String> image = beside.filter(chainId -> inTools);
    boolean readOnly = document.readOnlyRoot();
    boolean limited =
        document.maxWritableBytes().isPresent() && (!inTools || (image.isPresent() && !readOnly));
    if (limited) {
      Path unused = volumes.prepareWritable(name, document.maxWritableBytes().getAsLong());
    }
    image.ifPresent(chainId -> volumes.prepareRoot(name, chainId, readOnly, limited));
    beside.filter(chainId -> !inTools).ifPresent(chainId -> volumes.prepareTools(name, chainId));
    for (Mount mount : blueprint.seed().mounts()) {
      if (mount.source() instanceof Source.OfRoot placed && image.isEmpty()) {
        OwnRoot.asVolume(document)
            .ifPresent(volume -> volumes.prepare(name, volume, placed.view()));
      }
    }
  }

  private void prepareVolumes(TaskRecord record, Seed seed) {
    for (VolumeConfig volume : record.document().volumes()) {
      if (!(volume.source() instanceof VolumeConfig.Source.Tmpfs)
          && !(volume.source() instanceof CloudInit)) {
        placed(volume, seed).forEach(view -> volumes.prepare(record.name(), volume, view));
      }
    }
  }

  /**
   * The directories that the anchor itself needs.
   *
   * @param anew whether what an earlier anchor told in files goes
   */
  private void prepareOwnDirectories(String name, Seed seed, boolean anew) {
    User owner = seed.process().user();
    for (Mount mount : seed.mounts()) {
      if (mount.source() instanceof Source.State state) {
        volumes.prepareState(name, state.name(), state.maxBytes(), owner);
      } else if (mount.source() instanceof Source.RuntimeDirectory directory) {
        volumes.prepareRuntimeDirectory(name, directory.maxBytes(), owner, anew);
      }
    }
  }

  /** The end of a file in the runtime directory of a task, which tells of an exit. */
  Optional<byte[]> runtimeFile(TaskRecord record, String file) {
    return volumes.runtimeFile(record.name(), file, ExitRules.MAX_FILE_BYTES);
  }

  private static List<View> placed(VolumeConfig volume, Seed seed) {
    List<View> views = new ArrayList<>();
    for (Mount mount : seed.mounts()) {
      if (mount.source() instanceof Source.OfVolume placed && placed.name().equals(volume.name())) {
        views.add(placed.view());
      }
    }
    return views;
  }

  /** Comes after the interfaces, of which a guest is told. */
  private void prepareGuestData(
      UUID uuid, TaskDocument document, Seed seed, List<AttachedInterface> interfaces) {
    for (VolumeConfig volume : document.volumes()) {
      if (volume.source() instanceof CloudInit data
          && data.userData() instanceof UserData.Text text) {
        VolumeConfig complete =
            volume.from(GuestData.complete(data, text.text(), uuid, document.name(), interfaces));
        placed(volume, seed).forEach(view -> volumes.prepare(document.name(), complete, view));
      }
    }
  }

  /** Gives the running anchor the limits of its blueprint. */
  void updateLimits(TaskRecord record) {
    give(record, cpus.apply(record.name()));
  }

  /**
   * Gives the running anchor the limits of its blueprint and a set of CPUs. Not twice at once for
   * one task: what is moved for another that comes may meet a change of its own.
   *
   * @param set empty for all of the node
   */
  void give(TaskRecord record, Optional<String> set) {
    synchronized (giving[Math.floorMod(record.name().hashCode(), giving.length)]) {
      runtime.updateResources(record.name(), spec(record.blueprint().orElseThrow(), set));
    }
  }

  private static String spec(Blueprint blueprint, Optional<String> set) {
    return set.isEmpty() ? blueprint.specJson() : SpecResources.withCpus(blueprint.specJson(), set);
  }

  /** Makes the anchor's process, which does not run its program yet. */
  Anchor createAnchor(TaskRecord record, Blueprint blueprint) {
    int pid =
        runtime.createTask(record.name(), blueprint.root(), files.createOutput(record.name()));
    return identify(pid);
  }

  /**
   * Runs the cleanup of a seed in place of its anchor, of which everything else is kept: what it
   * told in files, too.
   */
  void startCleanup(TaskRecord record, Blueprint blueprint) {
    List<String> args = blueprint.seed().cleanup().orElseThrow();
    String spec = CleanupSpec.of(blueprint.specJson(), args);
    prepare(record, blueprint.withSpec(spec), false);
    equip(record, createAnchor(record, blueprint));
    runtime.startTask(record.name());
  }

  /** Gives the anchor that was made what it needs of the kernel before its program runs. */
  void equip(TaskRecord record, Anchor anchor) {
    List<BinaryFormat> formats =
        record.blueprint().map(blueprint -> blueprint.seed().binaryFormats()).orElse(List.of());
    if (!formats.isEmpty()) {
      String name = record.name();
      binaryFormats.register(name, anchor.pid(), formats, volumes.path(name, Volumes.TOOLS));
    }
  }

  /** An anchor that has ended already gets start time 0; its exit is noticed all the same. */
  Anchor identify(int pid) {
    return new Anchor(pid, processes.startTime(pid).orElse(0), bootId);
  }

  /** Removes everything of a task that is deleted, but for volumes that the node keeps. */
  void remove(String name) {
    clear(name);
    volumes.removeStates(name);
  }

  /**
   * Removes everything, the anchor's process included, of a task that another one is to take the
   * place of: that one is given its states, and volumes that the node keeps.
   */
  void clear(String name) {
    removeAnchor(name);
    atOnce(
        () -> {
          networks.detach(name);
          devices.moveBack(name);
          namespaces.unpin(name);
        },
        () -> {
          runtime.deleteContainer(name);
          runtime.removeRoot(name);
          binaryFormats.release(name);
          volumes.release(name);
          files.remove(name);
        });
  }

  /** Removes the volumes that were made with a task, of which nothing else is left. */
  void purge(String name) {
    volumes.purge(name);
  }

  /**
   * Does two things that have nothing to do with each other, and ends when both have ended: helper
   * programs take as long as several calls to containerd.
   */
  private void atOnce(Runnable helper, Runnable calls) {
    CompletableFuture<Void> helping = CompletableFuture.runAsync(helper, beside);
    try {
      calls.run();
    } catch (RuntimeException e) {
      helping
          .handle((done, failure) -> Optional.ofNullable(failure))
          .join()
          .ifPresent(e::addSuppressed);
      throw e;
    }
    var unused = Turns.joined(helping);
  }

  /** Ends whatever runs in the task and removes the runtime's task, so that no shim stays. */
  void removeAnchor(String name) {
    if (runtime.task(name).isPresent()) {
      runtime.signalTask(name, Signal.KILL.number(), true);
      awaitEnd(name);
      runtime.deleteTask(name);
    }
  }

  private void awaitEnd(String name) {
    try {
      runtime.awaitExit(name).get(KILL_DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw TaskException.failed(
          Problem.host(
              "SURVIVES_SIGKILL",
              "a process of task "
                  + name
                  + " survives SIGKILL; look at /proc/PID/stack of what is in its cgroup, and"
                  + " delete the task again"),
          e);
    } catch (ExecutionException e) {
      throw TaskException.failed(
          Problem.host("RUNTIME_LOST", "the end of task " + name + " cannot be awaited: " + e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TaskException.failed(Problem.internal("INTERRUPTED", "task " + name), e);
    }
  }

  private static SortedMap<String, String> secrets(TaskRecord record) {
    SortedMap<String, String> secrets = new TreeMap<>();
    record
        .document()
        .env()
        .forEach(
            (key, value) -> {
              if (value instanceof EnvValue.Secret secret) {
                secrets.put(key, secret.path());
              }
            });
    return secrets;
  }
}
