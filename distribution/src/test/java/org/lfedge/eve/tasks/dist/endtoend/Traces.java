package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
    Map.of(
            "containers", "containers ls -q",
            "containerd tasks", "tasks ls -q",
            "snapshots", "snapshots ls",
            "images", "images ls -q",
            "leases", "leases ls",
            "blobs", "content ls -q",
            "unfinished blobs", "content active")
        .entrySet()
        .parallelStream()
        .map(kind -> Map.entry(kind.getKey(), lines(node.ctr(kind.getValue().split(" ", -1)))))
        .toList()
        .forEach(kind -> traces.put(kind.getKey(), kind.getValue()));
    traces.computeIfPresent(
        "unfinished blobs",
        (kind, lines) -> lines.stream().filter(line -> !line.startsWith("REF")).toList());
    List<String> leases = traces.getOrDefault("leases", List.of());
    traces.put("leases", leases(leases, false));
    traces.put("leases of pulls", leases(leases, true));
    traces.put("records", entries(directory.resolve("state/tasks")));
    traces.put("apps", entries(directory.resolve("state/apps")));
    // The reserve of disk is the node's, not a task's.
    traces.put(
        "logs",
        entries(directory.resolve("state/logs")).stream()
            .filter(name -> !name.equals(".reserve"))
            .toList());
    traces.put("temporary files", entries(directory.resolve("state/tmp")));
    traces.put("files and secrets", entries(directory.resolve("run/tasks")));
    traces.put("pinned namespaces", entries(directory.resolve("run/netns")));
    traces.put("moved interfaces", entries(directory.resolve("run/nics")));
    traces.put("attached interfaces", entries(directory.resolve("state/networks/tasks")));
    traces.put("leases of addresses", leases(directory.resolve("state/networks/leases")));
    traces.put("volumes", visible(entries(directory.resolve("state/volumes"))));
    traces.put("fetched files", entries(directory.resolve("state/files/sha256")));
    traces.put("artifacts that are known", entries(directory.resolve("state/files/artifacts")));
    traces.put("unfinished files", entries(directory.resolve("state/files/unfinished")));
    traces.put("states", entries(directory.resolve("state/volumes/.states")));
    traces.put("mounted states", entries(directory.resolve("run/volumes/.states")));
    traces.put("runtime directories", entries(directory.resolve("run/volumes/.run")));
    traces.put("mounted volumes", visible(entries(directory.resolve("run/volumes"))));
    traces.put("sandboxes", entries(directory.resolve("run/sandboxes")));
    traces.put("loop devices", loopDevices(directory));
    traces.put("output of helpers", helperOutput(directory.resolve("run/locks")));
    traces.put("output of volume helpers", helperOutput(directory.resolve("run/volume-locks")));
    traces.put("shims", shims(directory));
    traces.put("helpers", helpers(directory));
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

  /** Those that outlive the daemon for the next pull of the same image, or the others. */
  private static List<String> leases(List<String> lines, boolean ofPulls) {
    return lines.stream()
        .filter(line -> !line.startsWith("ID "))
        .filter(line -> line.contains("org.lfedge.eve.tasks.resumable=") == ofPulls)
        .toList();
  }

  /** The mount points of this process, in the order in which they were mounted. */
  static List<Path> mountPoints() {
    return Programs.read(Path.of("/proc/self/mountinfo"))
        .lines()
        .map(line -> Path.of(line.split(" ", -1)[4]))
        .toList();
  }

  /** The mounts that hold all pins and all volumes: they stay with the daemon. */
  static boolean isPinDirectory(PackagedNode node, Path point) {
    Path runtime = node.directory().resolve("run");
    return point.equals(runtime.resolve("netns")) || point.equals(runtime.resolve("volumes"));
  }

  /** Without what keeps order among them. */
  private static List<String> visible(List<String> names) {
    return names.stream().filter(name -> !name.startsWith(".")).toList();
  }

  private static List<String> leases(Path networks) {
    return paths(networks, Files::walk).stream()
        .map(file -> String.valueOf(file.getFileName()))
        .filter(name -> name.matches("[0-9a-f.:]+[0-9a-f]") && name.matches(".*[.:].*"))
        .sorted()
        .toList();
  }

  private static List<String> loopDevices(Path directory) {
    return Programs.run(List.of("losetup", "-l", "-n", "-O", "BACK-FILE"))
        .out()
        .lines()
        .filter(line -> line.contains(directory.toString()))
        .sorted()
        .toList();
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
      paths(tree.resolve(parent), Files::list).stream()
          .filter(Files::isDirectory)
          .map(Path::toString)
          .forEach(found::add);
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

  /** Beside locks, which stay. */
  private static List<String> helperOutput(Path locks) {
    return entries(locks).stream().filter(name -> !name.matches("\\d+")).toList();
  }

  /** The ids of what has a shim of this node's containerd. */
  private static List<String> shims(Path directory) {
    return commandLines()
        .filter(line -> line.get(0).endsWith("containerd-shim-runc-v2"))
        .filter(line -> line.stream().anyMatch(word -> word.startsWith(directory + "/")))
        .filter(line -> line.contains("-id"))
        .map(line -> line.get(line.indexOf("-id") + 1))
        .sorted()
        .toList();
  }

  /** Helpers of this node's daemons that run or wait for a lock. */
  private static List<String> helpers(Path directory) {
    Path runtime = directory.resolve("run");
    return commandLines()
        .filter(
            line ->
                line.stream()
                    .anyMatch(
                        word ->
                            word.startsWith(runtime + "/locks/")
                                || word.startsWith(runtime + "/volume-locks/")
                                || word.startsWith(runtime + "/netns/")))
        .map(line -> String.join(" ", line))
        .sorted()
        .toList();
  }

  private static Stream<List<String>> commandLines() {
    return ProcessHandle.allProcesses()
        .map(process -> commandLine(process.pid()))
        .filter(line -> !line.isEmpty());
  }

  /** The program and its arguments; nothing if it has ended. */
  private static List<String> commandLine(long pid) {
    try {
      String line = Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"));
      return line.isEmpty() ? List.of() : List.of(line.split("\0", -1));
    } catch (IOException e) {
      return List.of();
    }
  }

  private static List<String> lines(Programs.Result result) {
    return result.out().lines().map(String::strip).sorted().toList();
  }

  private static List<String> entries(Path directory) {
    return paths(directory, Files::list).stream()
        .map(entry -> String.valueOf(entry.getFileName()))
        .sorted()
        .toList();
  }

  /** How a directory is looked at. */
  @FunctionalInterface
  private interface Look {
    Stream<Path> at(Path directory) throws IOException;
  }

  /** None if there is no such directory. */
  private static List<Path> paths(Path directory, Look look) {
    while (Files.isDirectory(directory)) {
      try (Stream<Path> paths = look.at(directory)) {
        return paths.toList();
      } catch (IOException e) {
        requireGone(e);
      } catch (UncheckedIOException e) {
        requireGone(e.getCause());
      }
    }
    return List.of();
  }

  /** Something may go while it is looked at; then another look shows what there is. */
  private static void requireGone(IOException why) {
    if (!(why instanceof NoSuchFileException)) {
      throw new UncheckedIOException(why);
    }
  }
}
