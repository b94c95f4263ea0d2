package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ImageMounts;
import org.lfedge.eve.tasks.core.port.ImageMounts.ImageMount;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;

/**
 * The file systems of images as volumes. One that a task can only read, or that is its root, is
 * made for that task; that there is one is noted in a file first, so that what a killed daemon has
 * made is found again.
 */
final class ImageFileSystems {

  /**
   * From the directory that all layers lie in: their full names can be more than the kernel takes.
   * libmount 2.39 and later would use a system call that takes even less.
   */
  private static final String MOUNT =
      "mountpoint -q \"$4\" && exit; cd \"$1\" && LIBMOUNT_FORCE_MOUNT2=always exec"
          + " mount --no-mtab -t \"$2\" -o \"$3\" \"$2\" \"$4\"";

  private static final String BIND =
      "mountpoint -q \"$2\" || mount --no-mtab --bind --make-private \"$1\" \"$2\"";

  private static final String LAYERS = "lowerdir=";

  private final ImageStore images;
  private final ImageMounts mounts;
  private final Path notes;

  /**
   * Uses the images of the node.
   *
   * @param notes where it is noted who has one; outlives reboots as they do
   */
  ImageFileSystems(ImageStore images, ImageMounts mounts, Path notes) {
    this.images = images;
    this.mounts = mounts;
    this.notes = notes;
  }

  /**
   * The chain ID of an image that is on the node, may be used, and is unpacked now.
   *
   * @param what is to have it, in the words of an error message
   */
  String unpacked(String reference, String what) {
    StoredImage image =
        images
            .find(reference, PlatformChoice.usual())
            .orElseThrow(
                () ->
                    TaskException.notFound(
                        Problem.user(
                            "IMAGE_NOT_FOUND",
                            what
                                + ": the image "
                                + reference
                                + " is not on this node; bring it in with `taskctl images pull "
                                + reference
                                + "`")));
    var unused = images.judge(image, reference, ImagePurpose.IMAGE);
    return images.unpack(image).chainId();
  }

  /**
   * The command that mounts a writable file system of the node's, at a path that is to be added.
   */
  List<String> writable(String name, String chainId) {
    return command(mounts.prepare(writableKey(name), chainId, false));
  }

  void removeWritable(String name) {
    mounts.remove(writableKey(name));
  }

  private static String writableKey(String name) {
    return "volume:" + name;
  }

  /** The command that mounts an image for a task that only reads it. */
  List<String> readable(String task, String volume, String chainId) {
    note(task, volume);
    return command(mounts.prepare(ownKey(task, volume), chainId, true));
  }

  /**
   * The command that mounts an image for a task that keeps what it writes for as long as it exists.
   *
   * @param elsewhere where what is written goes, in the directories {@code fs} and {@code work} of
   *     an overlay, if that is not beside the layers
   */
  List<String> writable(String task, String volume, String chainId, Optional<Path> elsewhere) {
    note(task, volume);
    ImageMount mount = mounts.prepare(ownKey(task, volume), chainId, false);
    return command(elsewhere.isEmpty() ? mount : writingTo(elsewhere.get(), mount, task, volume));
  }

  private static ImageMount writingTo(Path place, ImageMount mount, String task, String volume) {
    if (!mount.type().equals("overlay")) {
      throw TaskException.failed(
          Problem.host(
              "OVERLAYFS_MISSING",
              "cannot limit what is written to "
                  + KeptVolumes.what(task, volume)
                  + ": containerd's overlayfs snapshotter does not work on this node; give no"
                  + " limit"));
    }
    List<String> options = new ArrayList<>();
    for (String option : mount.options()) {
      if (!option.startsWith("upperdir=") && !option.startsWith("workdir=")) {
        options.add(option);
      }
    }
    options.add("upperdir=" + place.resolve("fs"));
    options.add("workdir=" + place.resolve("work"));
    return new ImageMount(mount.type(), mount.source(), options);
  }

  private void note(String task, String volume) {
    try {
      Files.createDirectories(notes.resolve(task));
      Path note = notes.resolve(task).resolve(volume);
      if (!Files.exists(note)) {
        Files.createFile(note);
      }
    } catch (IOException e) {
      throw unnoted(task, e);
    }
  }

  private static String ownKey(String task, String volume) {
    return "view:" + task + ":" + volume;
  }

  /** Removes what was made for one task alone, which must be unmounted. */
  void release(String task) {
    try {
      for (Path note : MountPoints.children(notes.resolve(task))) {
        mounts.remove(ownKey(task, note.getFileName().toString()));
        Files.delete(note);
      }
      Files.deleteIfExists(notes.resolve(task));
    } catch (IOException e) {
      throw unnoted(task, e);
    }
  }

  /** Those for whom something may be there. */
  SortedSet<String> tasks() {
    SortedSet<String> tasks = new TreeSet<>();
    MountPoints.children(notes).forEach(note -> tasks.add(note.getFileName().toString()));
    return tasks;
  }

  private static List<String> command(ImageMount mount) {
    if (mount.type().equals("bind")) {
      return List.of("sh", "-c", BIND, "sh", mount.source());
    }
    Path base = base(mount.options());
    return List.of("sh", "-c", MOUNT, "sh", base.toString(), mount.type(), relative(mount, base));
  }

  /** The directory that is common to all layers; what is written may go elsewhere. */
  private static Path base(List<String> options) {
    List<Path> layers = new ArrayList<>();
    for (String option : options) {
      if (option.startsWith(LAYERS)) {
        for (String path : option.substring(LAYERS.length()).split(":", -1)) {
          layers.add(Path.of(path));
        }
      }
    }
    Path base = layers.isEmpty() ? Path.of("/") : layers.get(0);
    for (Path layer : layers) {
      while (!layer.startsWith(base) || layer.equals(base)) {
        base = base.resolveSibling(".").normalize();
      }
    }
    return base;
  }

  private static String relative(ImageMount mount, Path base) {
    List<String> options = new ArrayList<>(List.of("nosuid", "nodev"));
    String prefix = base.equals(Path.of("/")) ? "/" : base + "/";
    for (String option : mount.options()) {
      int value = option.indexOf('=') + 1;
      if (value > 0 && option.startsWith("/", value)) {
        List<String> paths = new ArrayList<>();
        for (String path : option.substring(value).split(":", -1)) {
          paths.add(path.startsWith(prefix) ? path.substring(prefix.length()) : path);
        }
        options.add(option.substring(0, value) + String.join(":", paths));
      } else {
        options.add(option);
      }
    }
    return String.join(",", options);
  }

  private static TaskException unnoted(String task, IOException cause) {
    return TaskException.failed(
        Problem.host("VOLUME_DIRECTORY", "cannot note what images task " + task + " has: " + cause),
        cause);
  }
}
