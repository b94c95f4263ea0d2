package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.DiskContent;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.ImageMounts;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.StorageUse;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * Volumes in files, directories and images of the node. What a task is given is mounted for it once
 * and stays mounted over its stops and over daemons; what is mounted is the only record of it, so
 * nothing can disagree.
 */
public final class NodeVolumes implements Volumes {

  private final MountPoints points;
  private final HostSources sources;
  private final DiskSources diskSources;
  private final JarSources jars;
  private final NodeDisks disks;
  private final KeptVolumes kept;
  private final ImageFileSystems images;
  private final WritableLayers writable;
  private final TaskStates states;
  private final RuntimeDirectories runs;
  private final NetworkNames names;
  private final SeedDisks seedDisks;

  /**
   * Where things lie on the node.
   *
   * @param state the daemon's own files that outlive a reboot; volumes are kept in {@code volumes}
   *     below it
   * @param runtime those that do not; volumes are mounted in {@code volumes} below it
   * @param names what is known of the names on networks, a directory for each
   * @param fetched where the files lie that the node has fetched, each by the digits of its digest
   * @param allowed {@code policy.directories}: where the files and directories of volumes may lie
   * @param diskProgram which knows disks in other formats than raw, with the commands {@code info}
   *     and {@code convert}; need not be there
   */
  public record Layout(
      Path state, Path runtime, Path names, Path fetched, List<String> allowed, Path diskProgram) {

    /** Keeps a copy. */
    public Layout {
      allowed = List.copyOf(allowed);
    }
  }

  /**
   * What volumes are made with.
   *
   * @param helper with a deadline that lets a file system be checked
   * @param sandbox for disks in other formats, and for content that is copied
   * @param images whose file systems may be volumes
   */
  public record Tools(
      HelperCommand helper, Sandbox sandbox, ImageStore images, ImageMounts mounts) {}

  /** Makes the directories; {@link #isolate} is to be called before anything is prepared. */
  public NodeVolumes(Layout layout, Tools tools, InstantSource clock) {
    Path state = made(layout.state().resolve("volumes"));
    Path runtime = made(layout.runtime().resolve("volumes"));
    Confinement confinement =
        new Confinement(
            layout.allowed(),
            List.of(
                state.resolveSibling(".").normalize().toString(),
                runtime.resolveSibling(".").normalize().toString()));
    points = new MountPoints(runtime, tools.helper());
    names = new NetworkNames(layout.names(), points);
    sources = new HostSources(points, confinement, layout.fetched());
    jars = new JarSources(sources);
    disks = new NodeDisks(points);
    DiskFiles files = new DiskFiles(tools.helper());
    DiskConversion conversion = new DiskConversion(tools.sandbox(), layout.diskProgram());
    diskSources = new DiskSources(sources, disks, files, conversion);
    images = new ImageFileSystems(tools.images(), tools.mounts(), state.resolve(".views"));
    BoundedDisks bounded = new BoundedDisks(points, files);
    writable = new WritableLayers(state.resolve(".writable"), points, bounded);
    states = new TaskStates(state.resolve(".states"), points, bounded);
    runs = new RuntimeDirectories(points);
    seedDisks = new SeedDisks(state.resolve(".seeds"), points, tools.helper());
    VolumeFiles keptFiles = new VolumeFiles(state);
    NewVolumes making =
        new NewVolumes(
            state,
            keptFiles,
            files,
            points,
            sources,
            new DiskFilling(sources, files, conversion, state),
            new ContentCopy(tools.sandbox()),
            images,
            clock);
    kept = new KeptVolumes(keptFiles, making, files, disks, points, images);
  }

  /** Nobody but root is to get at files that may have set-user-ID bits. */
  private static Path made(Path directory) {
    try {
      Files.createDirectories(directory.resolveSibling(".").normalize());
      if (!Files.isDirectory(directory)) {
        Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      return directory.toRealPath();
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("VOLUME_DIRECTORY", "cannot make " + directory + ": " + e), e);
    }
  }

  /**
   * Makes the mount in which everything is mounted, and removes what was half made when a daemon
   * was killed; to be called once before anything is prepared.
   */
  public void isolate() {
    points.isolate();
    kept.removeUnfinished();
    disks.unmountUnused();
  }

  /**
   * Unmounts everything, before a runtime directory is removed.
   *
   * @param runtime as in {@link Layout}
   */
  public static void releaseAll(Path runtime, HelperCommand helper) {
    Path volumes = runtime.resolve("volumes");
    if (Files.isDirectory(volumes)) {
      new MountPoints(made(volumes), helper).releaseAll();
    }
  }

  @Override
  public List<StoredVolume> list() {
    return kept.list();
  }

  @Override
  public Optional<StoredVolume> find(String name) {
    return kept.find(name);
  }

  @Override
  public StoredVolume create(
      String name, long bytes, Optional<String> content, Optional<VolumeConfig.Owner> owner) {
    return kept.create(name, bytes, content, owner);
  }

  @Override
  public StoredVolume createDisk(String name, DiskContent content, long bytes) {
    return kept.createDisk(name, content, bytes);
  }

  @Override
  public void remove(String name) {
    kept.remove(name);
  }

  @Override
  public List<Problem> check(String task, List<VolumeConfig> volumes) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < volumes.size(); i++) {
      try {
        check(task, volumes.get(i));
      } catch (TaskException e) {
        for (Problem problem : e.problems()) {
          problems.add(
              new Problem(
                  problem.code(),
                  problem.kind(),
                  "volumes[" + i + "].source",
                  problem.value(),
                  problem.message()));
        }
      }
    }
    return List.copyOf(problems);
  }

  private void check(String task, VolumeConfig volume) {
    Source source = volume.source();
    String what = KeptVolumes.what(task, volume);
    if (source instanceof Source.HostPath host) {
      Path unused = sources.check(what, host.path(), true, true);
    } else if (source instanceof Source.DiskFile disk) {
      Path unused = sources.check(what, disk.path(), false, true);
      if (disk.format().isForeign()) {
        kept.check(task, volume);
      }
    } else if (source instanceof Source.Named named) {
      kept.checkNamed(task, volume, named.volume());
    } else if (source instanceof Source.Blank || source instanceof Source.Image) {
      kept.check(task, volume);
    } else if (source instanceof Source.NetworkNames of) {
      names.check(what, of.network());
    } else if (source instanceof Source.CloudInit data
        && data.userData() instanceof UserData.InFile file) {
      Path unused = sources.check(what, file.path(), false, true);
    }
  }

  @Override
  public SortedSet<View> views(VolumeConfig volume) {
    Source source = volume.source();
    if (source instanceof Source.HostPath host) {
      return SortedCopies.setOf(
          List.of(HostSources.isFile(host.path()) ? View.FILE : View.FILESYSTEM));
    }
    if (source instanceof Source.DiskFile disk) {
      return SortedCopies.setOf(
          switch (disk.format()) {
            case RAW, QCOW2, VMDK, VHDX -> List.of(View.FILESYSTEM, View.BLOCK);
            case ISO -> List.of(View.FILESYSTEM, View.BLOCK, View.ISO9660);
            case JAR, FILE -> List.of(View.FILE);
          });
    }
    if (source instanceof Source.Fetched file) {
      return SortedCopies.setOf(List.of(file.format().isDisk() ? View.BLOCK : View.FILE));
    }
    if (source instanceof Source.CloudInit) {
      return SortedCopies.setOf(List.of(View.ISO9660));
    }
    boolean disk =
        source instanceof Source.Named named
            ? kept.hasDisk(named.volume())
            : source instanceof Source.Blank;
    return SortedCopies.setOf(
        disk ? List.of(View.FILESYSTEM, View.BLOCK) : List.of(View.FILESYSTEM));
  }

  @Override
  public Path path(String task, String volume) {
    return points.point(task, volume);
  }

  @Override
  public void prepare(String task, VolumeConfig volume, View view) {
    if (!views(volume).contains(view)) {
      throw TaskException.failed(
          Problem.user(
              "VIEW_NOT_SUPPORTED",
              KeptVolumes.what(task, volume)
                  + " cannot be seen as "
                  + view
                  + ", only as "
                  + views(volume)
                  + "; choose another executor or another source"));
    }
    if (volume.source() instanceof Source.CloudInit data) {
      seedDisks.prepare(task, volume, data);
      return;
    }
    if (points.isReady(task, volume.name(), view == View.FILESYSTEM)) {
      return;
    }
    // Something in another view may be there, or what a killed daemon has left.
    if (points.release(task, volume.name())) {
      disks.unmountUnused();
    }
    try {
      make(task, volume, view);
    } catch (RuntimeException e) {
      tidyAfter(e);
      throw e;
    }
  }

  private void tidyAfter(RuntimeException failure) {
    try {
      disks.unmountUnused();
    } catch (TaskException e) {
      failure.addSuppressed(e);
    }
  }

  private void make(String task, VolumeConfig volume, View view) {
    Source source = volume.source();
    if (source instanceof Source.HostPath host) {
      String what = KeptVolumes.what(task, volume);
      boolean slave = volume.propagation() == Propagation.SLAVE;
      try (Staged staged = sources.stage(task, what, host.path(), view == View.FILESYSTEM, slave)) {
        staged.moveTo(task, volume.name(), volume.readOnly());
      }
    } else if (source instanceof Source.DiskFile disk
        && !(view == View.FILESYSTEM && disk.format().isForeign())) {
      diskSources.prepare(task, volume, disk, view);
    } else if (source instanceof Source.Fetched file) {
      diskSources.prepare(task, volume, file, view);
    } else if (source instanceof Source.NetworkNames of) {
      names.prepare(task, volume.name(), KeptVolumes.what(task, volume), of.network());
    } else if (source instanceof Source.Image image && volume.readOnly()) {
      readImage(task, volume, image);
    } else if (source instanceof Source.Tmpfs) {
      throw TaskException.failed(
          Problem.internal(
              "VOLUME_UNSUPPORTED",
              KeptVolumes.what(task, volume) + " is none that is made ready on the node"));
    } else {
      kept.prepare(task, volume, view);
    }
  }

  private void readImage(String task, VolumeConfig volume, Source.Image image) {
    String what = KeptVolumes.what(task, volume);
    String chainId = images.unpacked(image.reference(), what);
    mountImage(task, volume.name(), true, images.readable(task, volume.name(), chainId));
  }

  private void mountImage(String task, String volume, boolean readOnly, List<String> command) {
    String purpose = "mount the image of " + KeptVolumes.what(task, volume);
    try (Staged staged = points.stage(task, purpose, true, command)) {
      staged.moveTo(task, volume, readOnly);
    }
  }

  @Override
  public void prepareRoot(String task, String chainId, boolean readOnly, boolean limited) {
    if (points.isReady(task, ROOT, true)) {
      return;
    }
    // What a killed daemon has left may be there.
    boolean unused = points.release(task, ROOT);
    Optional<Path> elsewhere = limited ? Optional.of(writable.mounted(task)) : Optional.empty();
    mountImage(
        task,
        ROOT,
        readOnly,
        readOnly
            ? images.readable(task, ROOT, chainId)
            : images.writable(task, ROOT, chainId, elsewhere));
  }

  @Override
  public void prepareTools(String task, String chainId) {
    if (!points.isReady(task, TOOLS, true)) {
      boolean unused = points.release(task, TOOLS);
      mountImage(task, TOOLS, true, images.readable(task, TOOLS, chainId));
    }
  }

  @Override
  public long diskBytes(String task, VolumeConfig volume) {
    Source source = volume.source();
    if (source instanceof Source.Blank blank) {
      return blank.bytes();
    }
    if (source instanceof Source.Named named) {
      return kept.diskBytes(task, volume, named.volume());
    }
    if (source instanceof Source.DiskFile disk && disk.format().isDisk()) {
      return diskSources.bytes(task, volume, disk);
    }
    if (source instanceof Source.Fetched disk && disk.format().isDisk()) {
      return diskSources.bytes(task, volume, disk);
    }
    throw new IllegalArgumentException(KeptVolumes.what(task, volume) + " is no disk");
  }

  @Override
  public Fact jar(String task, VolumeConfig volume, FactQuery.JarFile query) {
    return jars.read(task, volume, query);
  }

  @Override
  public String userData(String task, VolumeConfig volume, String path) {
    String what = KeptVolumes.what(task, volume);
    try (Staged staged = sources.stage(task, what, path, false, false)) {
      return UserDataFile.read(staged.path(), what);
    }
  }

  @Override
  public Path writable(String task) {
    return writable.mounted(task);
  }

  @Override
  public Path prepareWritable(String task, long bytes) {
    return writable.prepare(task, bytes);
  }

  @Override
  public Optional<StorageUse> writableUse(String task) {
    return writable.use(task);
  }

  @Override
  public Path state(String task, String name) {
    return states.mounted(task, name);
  }

  @Override
  public void prepareState(String task, String name, long bytes, User owner) {
    states.prepare(task, name, bytes, new VolumeConfig.Owner(owner.uid(), owner.gid()));
  }

  @Override
  public void removeStates(String task) {
    states.remove(task);
  }

  @Override
  public Path runtimeDirectory(String task) {
    return runs.mounted(task);
  }

  @Override
  public void prepareRuntimeDirectory(String task, long bytes, User owner, boolean anew) {
    runs.prepare(task, bytes, owner, anew);
  }

  @Override
  public Optional<byte[]> runtimeFile(String task, String name, int maxBytes) {
    return runs.read(task, name, maxBytes);
  }

  @Override
  public void release(String task) {
    points.release(task);
    seedDisks.release(task);
    images.release(task);
    disks.unmountUnused();
    writable.release(task);
    states.release(task);
    runs.release(task);
  }

  @Override
  public void purge(String task) {
    kept.purge(task);
  }

  @Override
  public List<String> tasks() {
    SortedSet<String> tasks = new TreeSet<>(points.tasks());
    tasks.addAll(images.tasks());
    tasks.addAll(seedDisks.tasks());
    tasks.addAll(writable.tasks());
    tasks.addAll(states.tasks());
    tasks.addAll(runs.tasks());
    return List.copyOf(tasks);
  }
}
