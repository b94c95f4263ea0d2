package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A containerd of our own: its own data, state and socket, and nothing of a containerd that the
 * node may have besides. It is started detached, so it and its tasks outlive this program, which
 * finds it again at the next start.
 */
public final class PrivateContainerd {

  private static final Logger LOG = LoggerFactory.getLogger(PrivateContainerd.class);

  /** A file lock is held against other programs, not against other threads of this one. */
  private static final Object STARTING = new Object();

  private static final Duration SERVES = Duration.ofSeconds(30);
  private static final Duration ENDS = Duration.ofSeconds(15);
  private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();

  /** The kernel's limit, 108 with the final zero, less the {@code .ttrpc} of the second socket. */
  private static final int MAX_SOCKET_BYTES = 107 - ".ttrpc".length();

  /** A log beyond this size is put aside when this program starts. */
  private static final long MAX_LOG_BYTES = 16L << 20;

  /**
   * Becomes containerd, having written its PID and start time first: there is no moment at which
   * containerd runs and the file is missing, whenever the program that starts it dies.
   */
  private static final String LAUNCH =
      "cut -d' ' -f1,22 /proc/$$/stat >\"$1.new\" && mv \"$1.new\" \"$1\" && shift && exec \"$@\"";

  private final Path root;
  private final Path state;
  private final IntFunction<OptionalLong> startTime;
  private final ProgramPath programs;

  /**
   * A containerd with its files in two directories, which are made when it starts.
   *
   * @param root for images and writable layers, kept over reboots
   * @param state for the socket, log, PID and everything volatile; becomes a mount of its own, and
   *     is best below {@code /run}
   * @param startTime when the process with a PID started, in clock ticks since boot; empty if there
   *     is none
   */
  public PrivateContainerd(Path root, Path state, IntFunction<OptionalLong> startTime) {
    this(root, state, startTime, ProgramPath.ofThisProcess());
  }

  PrivateContainerd(
      Path root, Path state, IntFunction<OptionalLong> startTime, ProgramPath programs) {
    this.root = root.toAbsolutePath().normalize();
    this.state = state.toAbsolutePath().normalize();
    this.startTime = startTime;
    this.programs = programs;
  }

  /**
   * The process of a containerd that answers.
   *
   * @param startTime in clock ticks since boot
   * @param adopted whether it ran already
   */
  public record Running(int pid, long startTime, boolean adopted) {}

  /** Where it serves its API. */
  public Path socket() {
    return state.resolve("containerd.sock");
  }

  /** What it writes to its standard output and error. */
  public Path log() {
    return state.resolve("containerd.log");
  }

  /**
   * Makes sure that it runs and answers: adopts it if it does, starts it if not.
   *
   * @throws TaskException CONTAINERD_MISSING or RUNC_MISSING if programs are not installed,
   *     CONTAINERD_NOT_STARTED if it ends or does not answer in time
   */
  public synchronized Running start() {
    checkSocketPath();
    makeDirectory(root);
    makeDirectory(state);
    return locked(
        () -> {
          putLongLogAside();
          Optional<Running> present = recorded();
          if (present.isPresent() && adopts(present.get())) {
            return present.get();
          }
          if (answers()) {
            throw notStarted("another process answers at " + socket() + "; stop it first");
          }
          StateMount.isolate(state);
          return launch();
        });
  }

  /**
   * Ends it for good: kills and deletes the tasks that are left, ends the process, and unmounts the
   * state directory. Succeeds if it does not run.
   */
  public synchronized void stop() {
    if (!Files.isDirectory(state)) {
      return;
    }
    if (!answers() && hasTasks()) {
      start();
    }
    if (answers()) {
      RemainingTasks.remove(socket());
    }
    recorded().ifPresent(this::terminate);
    StateMount.release(state);
    deleteVolatileFiles();
  }

  private Running launch() {
    String containerd = programs.require("containerd", "CONTAINERD_MISSING");
    programs.require("containerd-shim-runc-v2", "CONTAINERD_MISSING");
    programs.require("runc", "RUNC_MISSING");
    Path config = state.resolve("containerd.toml");
    try {
      replace(config, PrivateContainerdConfig.toml(root, state.resolve("run"), socket()));
    } catch (IOException e) {
      throw notStarted("cannot write its files: " + e);
    }
    Process process = spawn(containerd, config);
    BooleanSupplier ended = () -> !process.isAlive();
    if (!await(SERVES, () -> answers() || ended.getAsBoolean()) || ended.getAsBoolean()) {
      String fate = process.isAlive() ? "it did not answer within 30 s" : "it ended at once";
      process.destroyForcibly();
      throw notStarted(fate + "; the end of its log " + log() + ": " + logEnd());
    }
    Running running = recorded().orElseThrow(() -> notStarted("it left no PID in " + pidFile()));
    LOG.info("started containerd, PID {}, socket {}", running.pid(), socket());
    return new Running(running.pid(), running.startTime(), false);
  }

  private Process spawn(String containerd, Path config) {
    ProcessBuilder builder =
        new ProcessBuilder(
            "setsid",
            "sh",
            "-c",
            LAUNCH,
            "sh",
            pidFile().toString(),
            containerd,
            "--config",
            config.toString());
    builder.environment().clear();
    builder.environment().put("PATH", programs.toString());
    builder.directory(Path.of("/").toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    builder.redirectErrorStream(true);
    try {
      return builder.start();
    } catch (IOException e) {
      throw notStarted("cannot run setsid: " + e.getMessage());
    }
  }

  /** Waits until a process that runs answers; it may be one that is just ending. */
  private boolean adopts(Running running) {
    boolean decided = await(SERVES, () -> answers() || !isAlive(running));
    if (!isAlive(running)) {
      return false;
    }
    if (!decided) {
      throw notStarted(
          "its process "
              + running.pid()
              + " runs but does not answer; see "
              + log()
              + ", and end that process to have a new one started");
    }
    LOG.info("adopted containerd, PID {}, socket {}", running.pid(), socket());
    return true;
  }

  /** The process on record, if it is alive. */
  private Optional<Running> recorded() {
    try {
      String[] fields = Files.readString(pidFile()).strip().split(" ", -1);
      Running running = new Running(Integer.parseInt(fields[0]), Long.parseLong(fields[1]), true);
      return isAlive(running) ? Optional.of(running) : Optional.empty();
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private boolean isAlive(Running running) {
    OptionalLong started = startTime.apply(running.pid());
    return started.isPresent() && started.getAsLong() == running.startTime();
  }

  private boolean answers() {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket()));
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether shims may be left: each has a directory by namespace and id. */
  private boolean hasTasks() {
    Path bundles = state.resolve("run/io.containerd.runtime.v2.task");
    try (Stream<Path> found = Files.walk(bundles, 2)) {
      return found.anyMatch(path -> path.getNameCount() == bundles.getNameCount() + 2);
    } catch (IOException e) {
      return false;
    }
  }

  private void terminate(Running running) {
    ProcessHandle.of(running.pid())
        .ifPresent(
            process -> {
              process.destroy();
              try {
                process.onExit().get(ENDS.toSeconds(), TimeUnit.SECONDS);
              } catch (TimeoutException | ExecutionException e) {
                process.destroyForcibly();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    if (!await(ENDS, () -> !isAlive(running))) {
      throw TaskException.failed(
          Problem.host(
              "CONTAINERD_NOT_STOPPED", "containerd, PID " + running.pid() + ", cannot be ended"));
    }
  }

  private void deleteVolatileFiles() {
    try {
      for (String name :
          List.of(
              "containerd.sock", "containerd.sock.ttrpc", "containerd.pid", "containerd.toml")) {
        Files.deleteIfExists(state.resolve(name));
      }
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("STATE_NOT_REMOVED", "cannot clean up " + state + ": " + e), e);
    }
  }

  private Path pidFile() {
    return state.resolve("containerd.pid");
  }

  /** Keeps two programs from starting it at once: the second finds the first one's. */
  private <T> T locked(Supplier<T> action) {
    synchronized (STARTING) {
      return lockedAgainstOthers(action);
    }
  }

  private <T> T lockedAgainstOthers(Supplier<T> action) {
    try (FileChannel channel =
        FileChannel.open(
            root.resolve("start.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      // Closing the channel releases it.
      channel.lock();
      return action.get();
    } catch (IOException e) {
      throw notStarted("cannot lock " + root + ": " + e);
    }
  }

  private void checkSocketPath() {
    int length = socket().toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_SOCKET_BYTES) {
      throw notStarted(
          "the path of its socket, "
              + socket()
              + ", has "
              + length
              + " bytes, and the kernel allows "
              + MAX_SOCKET_BYTES
              + "; configure a shorter state directory");
    }
  }

  private static void makeDirectory(Path directory) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    } catch (IOException e) {
      throw notStarted("cannot make the directory " + directory + ": " + e);
    }
  }

  private static void replace(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, text);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Copies and cuts it, since a running containerd and its shims go on appending to it. */
  private void putLongLogAside() {
    try {
      if (Files.exists(log()) && Files.size(log()) > MAX_LOG_BYTES) {
        Files.copy(log(), state.resolve("containerd.log.1"), StandardCopyOption.REPLACE_EXISTING);
        Files.write(log(), new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
      }
    } catch (IOException e) {
      LOG.warn("cannot put the log of containerd aside: {}", e.toString());
    }
  }

  private String logEnd() {
    try {
      List<String> lines = Files.readAllLines(log());
      List<String> last =
          new ArrayList<>(lines.subList(Math.max(0, lines.size() - 3), lines.size()));
      return String.join(" | ", last);
    } catch (IOException e) {
      return "cannot be read, " + e;
    }
  }

  private static boolean await(Duration limit, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return true;
  }

  private static TaskException notStarted(String why) {
    return TaskException.failed(
        Problem.host("CONTAINERD_NOT_STARTED", "cannot start the private containerd: " + why));
  }
}
