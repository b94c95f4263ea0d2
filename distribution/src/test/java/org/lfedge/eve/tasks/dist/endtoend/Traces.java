package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Everything that tasks leave on a node, found without asking the daemon. */
final class Traces {

  private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

  private Traces() {}

  /** What there is, by kind; equal if nothing was added or removed. */
  static SortedMap<String, List<String>> of(PackagedNode node) {
    Path directory = node.directory();
    SortedMap<String, List<String>> traces = new TreeMap<>();
    traces.put("containers", lines(node.ctr("containers", "ls", "-q")));
    traces.put("containerd tasks", lines(node.ctr("tasks", "ls", "-q")));
    traces.put("snapshots", lines(node.ctr("snapshots", "ls")));
    traces.put("images", lines(node.ctr("images", "ls", "-q")));
    traces.put("leases", lines(node.ctr("leases", "ls", "-q")));
    traces.put("blobs", lines(node.ctr("content", "ls", "-q")));
    traces.put("records", entries(directory.resolve("state/tasks")));
    traces.put("logs", entries(directory.resolve("state/logs")));
    traces.put("temporary files", entries(directory.resolve("state/tmp")));
    traces.put("files and secrets", entries(directory.resolve("run/tasks")));
    traces.put("pinned namespaces", entries(directory.resolve("run/netns")));
    traces.put("cgroups", cgroups(directory.getFileName().toString()));
    traces.put(
        "mounts",
        mountPoints().stream()
            .filter(point -> point.startsWith(directory) && !isPinDirectory(node, point))
            .sorted()
            .map(Path::toString)
            .toList());
    return traces;
  }

  /** The mount points of this process, in the order in which they were mounted. */
  static List<Path> mountPoints() {
    return Programs.read(Path.of("/proc/self/mountinfo"))
        .lines()
        .map(line -> Path.of(line.split(" ", -1)[4]))
        .toList();
  }

  /** The mount that holds all pins: the first task has it made, and it stays with the daemon. */
  static boolean isPinDirectory(PackagedNode node, Path point) {
    return point.equals(node.directory().resolve("run/netns"));
  }

  static void unmountBelow(Path directory) {
    List<Path> mounts = new ArrayList<>(mountPoints());
    for (int i = mounts.size() - 1; i >= 0; i--) {
      if (mounts.get(i).startsWith(directory)) {
        Programs.run(List.of("umount", "-l", mounts.get(i).toString()));
      }
    }
  }

  /** Directories alone: the kernel's files in a cgroup go with it. */
  static void removeCgroups(String parent) throws IOException {
    for (Path tree : cgroupTrees()) {
      Path top = tree.resolve(parent);
      if (Files.isDirectory(top)) {
        try (Stream<Path> paths = Files.walk(top)) {
          for (Path path :
              paths.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(path);
          }
        }
      }
    }
  }

  private static List<String> cgroups(String parent) {
    List<String> found = new ArrayList<>();
    for (Path tree : cgroupTrees()) {
      Path top = tree.resolve(parent);
      if (Files.isDirectory(top)) {
        try (Stream<Path> children = Files.list(top)) {
          children.filter(Files::isDirectory).map(Path::toString).forEach(found::add);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return found.stream().sorted().toList();
  }

  /** The trees of version 1, and that of version 2. */
  private static List<Path> cgroupTrees() {
    try (Stream<Path> hierarchies = Files.list(CGROUPS)) {
      List<Path> trees = new ArrayList<>(List.of(CGROUPS));
      hierarchies.filter(Files::isDirectory).sorted().forEach(trees::add);
      return trees;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(Programs.Result result) {
    return result.out().lines().map(String::strip).sorted().toList();
  }

  private static List<String> entries(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
