package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.port.OutputFiles;

/**
 * A directory with a private containerd of its own, a root file system made of busybox, and specs
 * of programs in it. Closing it leaves no process, mount, cgroup or file.
 */
final class TestBed implements AutoCloseable {

  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final List<String> APPLETS =
      List.of("sh", "sleep", "cat", "echo", "true", "ls", "mkdir", "dd", "tail", "mount", "touch");

  /**
   * A program that says that it is ready, then lives until SIGUSR1 ends it with code 7. SIGUSR2
   * makes it hold 16 MiB more, and say that it is full.
   */
  static final String[] WAITS_FOR_USR1 = {
    "/bin/sh",
    "-c",
    "fill() { x=aaaaaaaaaaaaaaaa; for i in 1 2 3 4; do for j in 1 2 3 4 5; do x=$x$x; done; done; };"
        + " trap 'exit 7' USR1; trap 'fill; echo full' USR2; echo ready;"
        + " while :; do sleep 1000 & wait; done"
  };

  static final int SIGUSR1 = 10;
  static final int SIGUSR2 = 12;

  private final Path directory;
  private final PrivateContainerd containerd;

  TestBed() {
    try {
      // Not below the build directory: the path of a unix socket has little more than 100 bytes.
      directory = Files.createTempDirectory("containerd-it-");
      makeBusyboxRoot();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    containerd = newPrivateContainerd();
  }

  /** As a restarted daemon makes it. */
  PrivateContainerd newPrivateContainerd() {
    return new PrivateContainerd(
        directory.resolve("root"), directory.resolve("state"), TestBed::startTime);
  }

  PrivateContainerd containerd() {
    return containerd;
  }

  Path directory() {
    return directory;
  }

  Path state() {
    return directory.resolve("state");
  }

  /** A root file system with busybox. */
  Path busyboxRoot() {
    return directory.resolve("busybox");
  }

  /** Field 22 of {@code /proc/PID/stat}; the second field may contain blanks. */
  static OptionalLong startTime(int pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Integer.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return OptionalLong.of(Long.parseLong(fields[19]));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** The files for the streams of a task. */
  OutputFiles outputFiles(String id) {
    Path output = directory.resolve("output");
    return new OutputFiles(output.resolve(id + ".stdout"), output.resolve(id + ".stderr"));
  }

  /** The same, empty. */
  OutputFiles output(String id) {
    OutputFiles files = outputFiles(id);
    try {
      Files.createDirectories(directory.resolve("output"));
      Files.write(files.stdout(), new byte[0]);
      Files.write(files.stderr(), new byte[0]);
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a task has written to its standard output so far. */
  String printed(String id) {
    return read(outputFiles(id).stdout());
  }

  /** What a task has written to its standard error so far. */
  String complained(String id) {
    return read(outputFiles(id).stderr());
  }

  void awaitReady(String id) {
    await("the program of " + id + " to be ready", () -> printed(id).contains("ready"));
  }

  /** The cgroup of a task, below one that only this test bed uses. */
  String cgroup(String id) {
    return "/" + directory.getFileName() + "/" + id;
  }

  String spec(String id, String... args) {
    return spec(id, 64 << 20, args);
  }

  /** The spec of a program with busybox as its root. */
  String spec(String id, long memoryBytes, String... args) {
    return """
        {"ociVersion": "1.0.2",
         "process": {"args": [%s], "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0},
          "capabilities": {"bounding": [], "effective": [], "permitted": []}},
         "root": {"path": "rootfs"},
         "hostname": "%s",
         "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
         "linux": {"cgroupsPath": "%s", "resources": {"memory": {"limit": %d, "swap": %d}},
          "namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}]}}
        """
        .formatted(
            Stream.of(args)
                .map(text -> "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
                .collect(Collectors.joining(", ")),
            id,
            cgroup(id),
            memoryBytes,
            memoryBytes);
  }

  /** The node's mount table, sorted; the ids of mounts, which change, left out. */
  static List<String> mounts() {
    return read(Path.of("/proc/self/mountinfo"))
        .lines()
        .map(line -> line.split(" ", 5)[4])
        .sorted()
        .toList();
  }

  /** Waits for a condition, at most a minute. */
  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited in vain for " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  @Override
  public void close() {
    containerd.stop();
    try {
      removeCgroups();
      deleteTree(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void deleteTree(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private void removeCgroups() throws IOException {
    String name = directory.getFileName().toString();
    try (Stream<Path> hierarchies = Files.list(Path.of("/sys/fs/cgroup"))) {
      for (Path hierarchy : hierarchies.filter(Files::isDirectory).toList()) {
        removeCgroup(hierarchy.resolve(name));
      }
    }
    removeCgroup(Path.of("/sys/fs/cgroup", name));
  }

  /** Directories alone: the kernel's files in a cgroup cannot be deleted, and go with it. */
  private static void removeCgroup(Path cgroup) throws IOException {
    if (Files.isDirectory(cgroup)) {
      try (Stream<Path> paths = Files.walk(cgroup)) {
        for (Path path :
            paths.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private void makeBusyboxRoot() throws IOException {
    Path bin = Files.createDirectories(busyboxRoot().resolve("bin"));
    Files.createDirectory(busyboxRoot().resolve("proc"));
    Files.createDirectory(busyboxRoot().resolve("tmp"));
    Files.copy(BUSYBOX, bin.resolve("busybox"));
    for (String applet : APPLETS) {
      Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
