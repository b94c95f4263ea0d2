package org.lfedge.eve.tasks.dist.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node with the packaged taskd, its private containerd and taskctl, below a directory of its own.
 * Closing it leaves no process, mount, cgroup or file.
 */
final class PackagedNode implements AutoCloseable {

  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final Path HOME =
      Path.of(System.getProperty("taskmanager.home", "target/taskmanager")).toAbsolutePath();

  /** Says what number its start has, then lives until SIGTERM; SIGUSR1 ends it with code 9. */
  static final String SERVICE =
      """
      [sh, -c, "trap 'exit 0' TERM; trap 'exit 9' USR1; echo up >> /tmp/starts;\
       echo start $(cat /tmp/starts | wc -l); while :; do sleep 1000 & wait $!; done"]""";

  private final Path directory;
  private final Path config;
  private final SortedMap<String, String> environment = new TreeMap<>();
  private volatile @Nullable Process daemon;
  private volatile int logBefore;

  /** Prepares a node and starts its daemon. */
  PackagedNode() {
    this(List.of());
  }

  /**
   * Prepares a node and starts its daemon.
   *
   * @param trustedPlugins digests
   */
  PackagedNode(List<String> trustedPlugins) {
    this(trustedPlugins, "", node -> {});
  }

  /**
   * Prepares a node and starts its daemon.
   *
   * @param trustedPlugins digests
   * @param more keys of its config
   */
  PackagedNode(List<String> trustedPlugins, String more) {
    this(trustedPlugins, more, node -> {});
  }

  /**
   * Prepares a node and starts its daemon.
   *
   * @param trustedPlugins digests
   * @param before done to the node before its daemon starts
   */
  PackagedNode(List<String> trustedPlugins, Consumer<PackagedNode> before) {
    this(trustedPlugins, "", before);
  }

  /**
   * Prepares a node and starts its daemon.
   *
   * @param trustedPlugins digests
   * @param more keys of its config
   * @param before done to the node before its daemon starts
   */
  PackagedNode(List<String> trustedPlugins, String more, Consumer<PackagedNode> before) {
    try {
      // Not below the build directory: the path of a unix socket has at most 107 bytes.
      directory = Files.createTempDirectory("tm-e2e-");
      config = directory.resolve("taskd.yaml");
      makeBusyboxRoot();
      Files.createDirectory(documents());
      Files.writeString(
          config,
          """
          stateDirectory: %1$s/state
          runtimeDirectory: %1$s/run
          cgroupParent: /%2$s
          policy:
            allowHostRoot: true
            allowHostNetwork: true
            directories: [%1$s/root, %1$s/documents]
            trustedPlugins: %3$s
          %4$s
          """
              .formatted(directory, directory.getFileName(), trustedPlugins, more));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      before.accept(this);
      start();
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  Path directory() {
    return directory;
  }

  /** Variables that the daemon gets when it is started next, besides those of the tests. */
  SortedMap<String, String> environment() {
    return environment;
  }

  /** Where task documents lie, and what they name. */
  Path documents() {
    return directory.resolve("documents");
  }

  /** A root file system with busybox, which all tasks share that name it. */
  Path busyboxRoot() {
    return directory.resolve("root");
  }

  Path config() {
    return config;
  }

  /** Adds to the devices that tasks may have; for the next start of the daemon. */
  void allowDevices(String... patterns) {
    try {
      Files.writeString(
          config,
          Files.readString(config)
              .replace(
                  "policy:\n",
                  "policy:\n  devices: [\"" + String.join("\", \"", patterns) + "\"]\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path socket() {
    return directory.resolve("run/taskd.sock");
  }

  Path pluginsDirectory() {
    return directory.resolve("state/plugins");
  }

  /** What the daemon wrote, over all its starts. */
  String daemonLog() {
    return Programs.read(logFile());
  }

  private Path logFile() {
    return directory.resolve("taskd.log");
  }

  /** Starts the daemon, and waits until it serves. */
  void start() {
    begin();
    awaitServed();
  }

  /** Starts the daemon. */
  void begin() {
    ProcessBuilder taskd =
        new ProcessBuilder(program("taskd"), "--config", config.toString())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
    taskd.environment().putAll(environment);
    logBefore = Files.exists(logFile()) ? daemonLog().length() : 0;
    try {
      daemon = taskd.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until the daemon that was started serves. */
  void awaitServed() {
    Process started = Objects.requireNonNull(daemon);
    Programs.await("taskd to serve", () -> !started.isAlive() || isServed());
    if (!started.isAlive()) {
      throw new AssertionError("taskd ended: " + daemonLog());
    }
  }

  /** The PID of the daemon. */
  long pid() {
    return Objects.requireNonNull(daemon).pid();
  }

  /**
   * Whether the daemon that was started last says so. Its socket does not tell: a helper that the
   * daemon before was just forking when it was killed has that one's for some milliseconds more,
   * and lets clients connect.
   */
  private boolean isServed() {
    return daemonLog().indexOf(" and serves its API at ", logBefore) >= 0;
  }

  /** Ends the daemon by SIGKILL. */
  void kill() {
    end(process -> process.destroyForcibly());
  }

  /**
   * Ends the daemon by SIGTERM.
   *
   * @return its exit status
   */
  int terminate() {
    return end(Process::destroy);
  }

  private int end(Consumer<Process> signal) {
    Process running = daemon;
    if (running == null) {
      return 0;
    }
    signal.accept(running);
    try {
      if (!running.waitFor(60, TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
        throw new AssertionError("taskd did not end within a minute of its signal");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    daemon = null;
    return running.exitValue();
  }

  /** Runs taskd beside the daemon, such as with {@code --check}. */
  Programs.Result taskd(String... arguments) {
    return Programs.run(command("taskd", List.of(arguments)));
  }

  Programs.Result taskctl(String... arguments) {
    List<String> command = taskctlAt(socket());
    command.addAll(List.of(arguments));
    return Programs.run(command);
  }

  /** The beginning of a command line of taskctl. */
  static List<String> taskctlAt(Path socket) {
    return command("taskctl", List.of("--socket", socket.toString()));
  }

  /** Runs taskctl, which must succeed, and reads its JSON. */
  JsonNode json(String... arguments) {
    List<String> all = new ArrayList<>(List.of("-o", "json"));
    all.addAll(List.of(arguments));
    return taskctl(all.toArray(String[]::new)).expect(0).json();
  }

  /** Asks the private containerd by its own client. */
  Programs.Result ctr(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("ctr", "-a", containerdSocket().toString(), "-n", "taskmanager"));
    command.addAll(List.of(arguments));
    return Programs.run(command).expect(0);
  }

  /** The digest of a blob's bytes as the private containerd has them. */
  String sha256(String digest) {
    String command =
        "ctr -a %s -n taskmanager content get %s | sha256sum".formatted(containerdSocket(), digest);
    return Programs.run(List.of("sh", "-c", command)).expect(0).out().split(" ", 2)[0];
  }

  private Path containerdSocket() {
    return directory.resolve("run/containerd/containerd.sock");
  }

  /** Writes a file with task documents. */
  String document(String file, String text) {
    try {
      return Files.writeString(documents().resolve(file), text).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes the document of a task whose root is {@link #busyboxRoot}; keys are added to it. Without
   * a {@code restart:} among them it is never restarted, so that its end can be looked at.
   */
  String document(String task, String command, String more) {
    return document(task + ".yaml", text(task, command, more));
  }

  String text(String task, String command, String more) {
    return """
        name: %s
        root: {directory: %s}
        command: %s
        resources: {memory: 32MiB, cpus: 0.5}
        %s
        %s
        """
        .formatted(
            task,
            busyboxRoot(),
            command,
            more.contains("restart:") ? "" : "restart: {policy: never}",
            more);
  }

  /** Waits until a task has written a text to its standard output. */
  void awaitOutput(String task, String text) {
    Path out = directory.resolve("state/logs").resolve(task).resolve("stdout");
    Programs.await(
        task + " to write '" + text + "'",
        () -> Files.exists(out) && Programs.read(out).contains(text));
  }

  private static List<String> command(String program, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(program(program)));
    command.addAll(arguments);
    return command;
  }

  private static String program(String name) {
    return HOME.resolve("bin").resolve(name).toString();
  }

  private void makeBusyboxRoot() throws IOException {
    Path bin = Files.createDirectories(busyboxRoot().resolve("bin"));
    for (String mountPoint : List.of("dev", "etc", "proc", "run", "sys", "tmp")) {
      Files.createDirectory(busyboxRoot().resolve(mountPoint));
    }
    Files.copy(BUSYBOX, bin.resolve("busybox"));
    for (String applet : List.of("sh", "sleep", "cat", "wc", "sha256sum", "id")) {
      Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
    }
  }

  @Override
  public void close() {
    kill();
    Programs.Result ended = taskd("--config", config.toString(), "--end-containerd");
    Traces.unmountBelow(directory);
    try {
      Traces.removeCgroups(directory.getFileName().toString());
      deleteTree();
    } catch (IOException e) {
      throw new UncheckedIOException(ended.toString(), e);
    }
    ended.expect(0);
  }

  private void deleteTree() throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
