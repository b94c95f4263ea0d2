package org.lfedge.eve.tasks.core.volume;

import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;

/**
 * Disks with data of cloud-init, as its data source NoCloud wants them: an ISO 9660 file system
 * with the label {@code cidata}. A disk lies in a directory that only root gets into, under the
 * digest of what is on it, until its task lets go of it; equal data make equal disks.
 */
final class SeedDisks {

  /** No time of the node gets into a disk; it is that from which archives of ZIP count. */
  private static final Instant TIME = Instant.parse("1980-01-01T00:00:00Z");

  /**
   * The program takes all times of the disk from the variable. Names are those of Rock Ridge for
   * Linux, and of Joliet for Windows.
   */
  private static final String MAKE =
      "command -v xorrisofs >/dev/null || { echo 'xorrisofs is not installed (Debian: xorriso)';"
          + " exit 1; }; SOURCE_DATE_EPOCH="
          + TIME.getEpochSecond()
          + " xorrisofs -quiet -volid cidata -rational-rock -joliet -no-pad -output \"$2\" \"$1\"";

  /** What means the same in YAML without quotes: no number, no truth, nothing special. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*");

  private static final Pattern OTHER =
      Pattern.compile("(?i)[-+.0-9_e]*|0x[0-9a-f]*|y|n|yes|no|on|off|true|false|null");

  private final Path directory;
  private final MountPoints points;
  private final HelperCommand helper;

  /**
   * Uses a directory.
   *
   * @param directory made when needed, with a name that no task has
   */
  SeedDisks(Path directory, MountPoints points, HelperCommand helper) {
    this.directory = directory;
    this.points = points;
    this.helper = helper;
  }

  /** Makes the disk of a task ready, unless that with the same data is. */
  void prepare(String task, VolumeConfig volume, Source.CloudInit data) {
    SortedMap<String, String> files = files(data);
    Path disk = directory.resolve(task).resolve(digest(files) + ".iso");
    if (points.isReady(task, volume.name(), false) && Files.exists(disk)) {
      return;
    }
    boolean unused = points.release(task, volume.name());
    release(task);
    String what = KeptVolumes.what(task, volume);
    try {
      make(task, what, files, disk);
      try (Staged staged =
          points.stage(
              task, "mount the disk of " + what, false, HostSources.bindCommand(disk, false))) {
        staged.moveTo(task, volume.name(), true);
      }
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("VOLUME_DIRECTORY", "cannot make the disk of " + what + ": " + e), e);
    } catch (RuntimeException e) {
      releaseAfter(e, task);
      throw e;
    }
  }

  private void releaseAfter(RuntimeException failure, String task) {
    try {
      release(task);
    } catch (TaskException e) {
      failure.addSuppressed(e);
    }
  }

  static SortedMap<String, String> files(Source.CloudInit data) {
    SortedMap<String, String> files = new TreeMap<>();
    files.put("user-data", data.userData() instanceof UserData.Text text ? text.text() : "");
    StringBuilder metaData = new StringBuilder();
    data.metaData()
        .forEach(
            (key, value) -> metaData.append(key).append(": ").append(scalar(value)).append('\n'));
    files.put("meta-data", metaData.toString());
    data.networkConfig().ifPresent(text -> files.put("network-config", text));
    return files;
  }

  /** Some readers of such data know the plainest YAML alone; a text of JSON is one of YAML. */
  private static String scalar(String value) {
    return PLAIN.matcher(value).matches() && !OTHER.matcher(value).matches()
        ? value
        : TextNode.valueOf(value).toString();
  }

  private void make(String task, String what, SortedMap<String, String> files, Path disk)
      throws IOException {
    Path content = disk.resolveSibling("content");
    Files.createDirectories(
        content,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = content.resolve(file.getKey());
      Files.write(path, file.getValue().getBytes(StandardCharsets.UTF_8));
      Files.setLastModifiedTime(path, FileTime.from(TIME));
    }
    Files.setLastModifiedTime(content, FileTime.from(TIME));
    Path unfinished = disk.resolveSibling("unfinished");
    String unused =
        helper.run(
            task,
            "make a disk for " + what,
            List.of("sh", "-c", MAKE, "sh", content.toString(), unfinished.toString()));
    // Whoever is in the task may be anybody, and others do not get into the directory.
    Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("r--r--r--"));
    Files.move(unfinished, disk, StandardCopyOption.ATOMIC_MOVE);
    removeTree(content);
  }

  private static String digest(SortedMap<String, String> files) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      files.forEach(
          (name, text) -> {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            digest.update((name + " " + bytes.length + "\n").getBytes(StandardCharsets.UTF_8));
            digest.update(bytes);
          });
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Removes the disk of a task, which is not mounted. */
  void release(String task) {
    Path of = directory.resolve(task);
    try {
      if (Files.isDirectory(of, LinkOption.NOFOLLOW_LINKS)) {
        removeTree(of);
      }
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("VOLUME_DIRECTORY", "cannot remove " + of + ": " + e), e);
    }
  }

  private static void removeTree(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** The tasks that have a disk, or parts of one. */
  List<String> tasks() {
    List<String> tasks = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (Stream<Path> children = Files.list(directory)) {
        children.forEach(child -> tasks.add(child.getFileName().toString()));
      } catch (IOException e) {
        throw DiskFiles.unreadable(directory, e);
      }
    }
    return tasks;
  }
}
