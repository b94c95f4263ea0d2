package org.lfedge.eve.tasks.spi.guest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.BiFunction;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/**
 * Where a task's root and its volumes are for its guest: disks, parts of the one directory that is
 * shared with it, and the files of a kernel. It follows from the document alone.
 *
 * <p>A program of an image sees directories and files at their targets, as in a container; a disk
 * that is nothing else becomes one, and is mounted at its target if it has one. A guest of its own
 * has disks, which it mounts itself, and of volumes that are no disks the directories, below {@code
 * volumes} in the share.
 *
 * @since 1.1
 */
public final class GuestVolumes {

  /** Guests mount the share by this tag. */
  public static final String SHARE_TAG = "share";

  /** What is shared; the root of an image is in root, volumes are in volumes/NAME. */
  public static final String SHARE = "/share";

  /** Where files are that become disks and kernels. */
  private static final String FILES = "/guest";

  private static final String ISO = "iso";
  private static final String RAW = "raw";

  /**
   * What a hypervisor makes of disks.
   *
   * @param formats of disks, in the words of documents, that it both reads and writes
   * @param names what a guest knows a disk by, given its volume, or {@code root}, and how many
   *     disks come before it; none twice
   */
  public record Disks(List<String> formats, BiFunction<String, Integer, String> names) {
    /** Keeps a copy. */
    public Disks {
      formats = List.copyOf(formats);
      Objects.requireNonNull(names);
    }
  }

  /**
   * A disk of the guest.
   *
   * @param file where it is in the root of the anchor
   * @param format in the words of documents, {@code raw} for a CD as well
   * @param name what the guest knows it by
   * @param cdrom whether it is a CD rather than a disk
   * @param size what tells how large it is, if its format does
   * @param path in the document
   */
  public record Disk(
      String file,
      String format,
      boolean readOnly,
      String name,
      boolean cdrom,
      Optional<FactQuery> size,
      String path) {}

  /**
   * A volume for a program of an image.
   *
   * @param function of the script that makes it ready
   * @param handle what that function knows it by
   * @param target in the guest
   */
  public record Placed(String function, String handle, String target, boolean readOnly) {}

  private final List<Mount> mounts = new ArrayList<>();
  private final List<Disk> disks = new ArrayList<>();
  private final List<Placed> placed = new ArrayList<>();
  private boolean rootDisk;
  private boolean share;
  private Optional<String> kernel = Optional.empty();
  private Optional<String> initrd = Optional.empty();

  private final Disks kinds;

  private GuestVolumes(Disks kinds) {
    this.kinds = kinds;
  }

  /**
   * Finds a place for each of them.
   *
   * @throws SeedException saying which one has none
   */
  public static GuestVolumes of(TaskConfig task, GuestOptions options, Disks kinds)
      throws SeedException {
    GuestVolumes volumes = new GuestVolumes(kinds);
    Root root = task.root();
    boolean isProgram = isProgram(root);
    if (isProgram) {
      volumes.share = true;
      volumes.mounts.add(
          new Mount(new Source.OfRoot(View.FILESYSTEM), SHARE + "/root", root.readOnly()));
    } else if (root instanceof Root.File file) {
      volumes.addRootDisk(file);
    } else if (root.kind() != Root.Kind.NONE) {
      throw SeedException.unsupported("root", root.kind());
    }
    Optional<String> kernelName =
        isProgram ? Optional.empty() : volumeFor(GuestOptions.KERNEL, options.kernel(), task);
    Optional<String> initrdName =
        isProgram ? Optional.empty() : volumeFor(GuestOptions.INITRD, options.initrd(), task);
    if (kernelName.isPresent() && kernelName.equals(initrdName)) {
      throw GuestOptions.bad(GuestOptions.INITRD, "is the volume of the kernel");
    }
    for (int i = 0; i < task.volumes().size(); i++) {
      Volume volume = task.volumes().get(i);
      String path = "volumes[" + i + "]";
      if (isProgram) {
        volumes.addForProgram(path, volume);
      } else if (kernelName.equals(Optional.of(volume.name()))) {
        volumes.kernel = Optional.of(volumes.addFile(volume, View.FILE, true));
      } else if (initrdName.equals(Optional.of(volume.name()))) {
        volumes.initrd = Optional.of(volumes.addFile(volume, View.FILE, true));
      } else {
        volumes.addForGuest(path, volume);
      }
    }
    // What lies within another one comes after it.
    volumes.placed.sort(Comparator.comparing(Placed::target));
    return volumes;
  }

  /** Whether a guest with such a root runs one program and has no system of its own. */
  public static boolean isProgram(Root root) {
    return root.kind() == Root.Kind.IMAGE || root.kind() == Root.Kind.DIRECTORY;
  }

  private void addRootDisk(Root.File root) throws SeedException {
    boolean iso = root.format().equals(ISO);
    if (!iso && !kinds.formats().contains(root.format())) {
      throw new SeedException(
          "ROOT_FORMAT_UNSUPPORTED",
          "root.file.format",
          "a machine starts from no file of format "
              + root.format()
              + "; give it a disk ("
              + String.join(", ", kinds.formats())
              + ") or a CD (iso), or use an executor for such files");
    }
    boolean readOnly = iso || root.readOnly();
    mounts.add(new Mount(new Source.OfRoot(View.BLOCK), FILES + "/root", readOnly));
    disks.add(
        new Disk(
            FILES + "/root",
            iso ? RAW : root.format(),
            readOnly,
            kinds.names().apply("root", disks.size()),
            iso,
            size(root.format(), Optional.empty()),
            "root"));
    rootDisk = true;
  }

  /** A format says itself how large a disk is; a plain file is as large as it is. */
  private static Optional<FactQuery> size(String format, Optional<String> volume) {
    return format.equals(RAW) || format.equals(ISO)
        ? Optional.empty()
        : Optional.of(new FactQuery.DiskImage(volume));
  }

  private static Optional<String> volumeFor(String option, Optional<String> asked, TaskConfig task)
      throws SeedException {
    String name = asked.orElse(option);
    boolean offered =
        task.volumes().stream()
            .anyMatch(volume -> volume.name().equals(name) && volume.views().contains(View.FILE));
    if (asked.isPresent() && !offered) {
      throw GuestOptions.bad(
          option,
          "must be the name of a volume of the task that is a file, and " + name + " is not");
    }
    return offered ? Optional.of(name) : Optional.empty();
  }

  private void addForProgram(String path, Volume volume) throws SeedException {
    SortedSet<View> views = volume.views();
    if (volume.mayBeLeftOut()) {
      throw unusable(
          path,
          volume,
          "has data of cloud-init, which a program in a machine has nobody to read; use env and"
              + " volumes for it, or the executor for containers");
    }
    boolean isShared = views.contains(View.FILESYSTEM) || views.contains(View.FILE);
    if (isShared && volume.target().isEmpty()) {
      throw new SeedException(
          "VOLUME_WITHOUT_TARGET",
          path,
          "volume "
              + volume.name()
              + " has no target; say where the program is to see it, as target: /data");
    }
    String handle = volume.name();
    if (isShared) {
      addShared(volume, views.contains(View.FILESYSTEM) ? View.FILESYSTEM : View.FILE);
    } else {
      handle = addDisk(path, volume, View.BLOCK);
    }
    if (volume.target().isPresent()) {
      placed.add(
          new Placed(
              isShared ? "volume" : "disk", handle, volume.target().get(), volume.readOnly()));
    }
  }

  private void addForGuest(String path, Volume volume) throws SeedException {
    SortedSet<View> views = volume.views();
    if (views.contains(View.BLOCK)) {
      addDisk(path, volume, View.BLOCK);
    } else if (views.contains(View.FILESYSTEM)) {
      share = true;
      addShared(volume, View.FILESYSTEM);
    } else if (views.contains(View.ISO9660)) {
      addDisk(path, volume, View.ISO9660);
    } else {
      throw unusable(
          path,
          volume,
          "is a file, which a machine can do nothing with unless it is its kernel or initrd"
              + " (options.kernel, options.initrd); declare what it holds as a disk, with format:"
              + " raw, or share the directory that it is in");
    }
  }

  private static SeedException unusable(String path, Volume volume, String why) {
    return new SeedException("VOLUME_NOT_USABLE", path, "volume " + volume.name() + " " + why);
  }

  private void addShared(Volume volume, View view) {
    mounts.add(
        new Mount(
            new Source.OfVolume(volume.name(), view),
            SHARE + "/volumes/" + volume.name(),
            volume.readOnly()));
  }

  private String addFile(Volume volume, View view, boolean readOnly) {
    String file = FILES + "/volumes/" + volume.name();
    mounts.add(new Mount(new Source.OfVolume(volume.name(), view), file, readOnly));
    return file;
  }

  /** Gives what the guest knows it by. */
  private String addDisk(String path, Volume volume, View view) throws SeedException {
    String format = view == View.BLOCK ? volume.format().orElse(RAW) : ISO;
    boolean iso = format.equals(ISO);
    if (!iso && !kinds.formats().contains(format)) {
      throw unusable(
          path,
          volume,
          "has the format "
              + format
              + ", and disks of a machine have one of "
              + String.join(", ", kinds.formats()));
    }
    boolean readOnly = iso || volume.readOnly();
    String name = kinds.names().apply(volume.name(), disks.size());
    disks.add(
        new Disk(
            addFile(volume, view, readOnly),
            iso ? RAW : format,
            readOnly,
            name,
            iso && view == View.BLOCK,
            size(format, Optional.of(volume.name())),
            path));
    return name;
  }

  /** Mounts for the anchor. */
  public List<Mount> mounts() {
    return List.copyOf(mounts);
  }

  /** In the order in which the guest has them, that of the document; the root is the first. */
  public List<Disk> disks() {
    return List.copyOf(disks);
  }

  /** What the script of a guest makes ready, parents first. */
  public List<Placed> placed() {
    return List.copyOf(placed);
  }

  /** Whether the guest starts from the first disk. */
  public boolean rootDisk() {
    return rootDisk;
  }

  /** Whether there is a directory to share. */
  public boolean share() {
    return share;
  }

  /** The file of a kernel of the document. */
  public Optional<String> kernel() {
    return kernel;
  }

  /** The file of an initramfs of the document. */
  public Optional<String> initrd() {
    return initrd;
  }

  /** What is to be looked up about disks. */
  public List<FactQuery> facts() {
    return disks.stream().flatMap(disk -> disk.size().stream()).toList();
  }
}
