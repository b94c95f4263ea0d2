package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.admission.CpuSet;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.engine.Planner.NodeLayout;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.host.NodeFacts;
import org.lfedge.eve.tasks.core.host.TaskDirectories;
import org.lfedge.eve.tasks.core.output.OutputBounds;
import org.lfedge.eve.tasks.core.output.OutputLogs;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.HypervisorMemory;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.NetworkProbes;
import org.lfedge.eve.tasks.core.port.ProbeResult;
import org.lfedge.eve.tasks.core.port.Processes;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.core.runtime.FakeRuntime;
import org.lfedge.eve.tasks.core.spec.SpecResources;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** An engine in memory around a runtime that the test brings. */
final class EngineFixture {

  static final long NODE_BYTES = 4L << 30;

  final OneImage images = new OneImage();
  final OneExecutor executors = new OneExecutor();

  /** Whether managers that are made from now on choose an executor for foreign images. */
  boolean emulation;

  final MemoryStore store = new MemoryStore();
  final MemoryApps apps = new MemoryApps();
  final MemoryEvents events = new MemoryEvents();
  final ScriptedProbes probes = new ScriptedProbes();
  final ShiftedClock clock = new ShiftedClock();
  final MemoryNamespaces namespaces = new MemoryNamespaces();
  final MemoryBinaryFormats binaryFormats = new MemoryBinaryFormats();
  final MemoryNetworks networks = new MemoryNetworks();
  final MemoryVolumes volumes = new MemoryVolumes();
  final MemoryFiles fetched = new MemoryFiles();
  final MemoryDevices devices = new MemoryDevices();

  /** What a hypervisor has, if there is one. */
  volatile Supplier<Optional<HypervisorMemory.Amount>> hypervisor = Optional::empty;

  volatile Policy policy = withDevices("/dev/tty*", "nic:*");
  final TaskDirectories files;
  final OutputLogs output;
  private final FakeRuntime runtime;

  /** The image of tasks that serve names, for a manager that is made from now on. */
  String nameService = "/names";

  private String bootId = "boot-1";
  private TaskManager manager;

  EngineFixture(FakeRuntime runtime, Path directory) {
    this.runtime = runtime;
    this.output =
        new OutputLogs(
            directory.resolve("logs"),
            OutputBounds.DEFAULT,
            (task, purpose, command) -> "",
            InstantSource.system());
    this.files = new TaskDirectories(output, directory.resolve("run"), path -> true);
    this.manager = newManager();
    manager.recover();
  }

  TaskManager manager() {
    return manager;
  }

  /** As if the daemon were killed and started again. */
  void restart() {
    manager.close();
    manager = newManager();
    manager.recover();
  }

  /** As if the node were switched off and on: no process is left, and the boot is another. */
  void reboot() {
    manager.close();
    manager.list().forEach(task -> runtime.lose(task.name()));
    bootId = bootId + "+";
    manager = newManager();
    manager.recover();
  }

  private TaskManager newManager() {
    NodeLayout layout = new NodeLayout("/tasks", Path.of("/usr/bin/tini-static"));
    Planner planner =
        new Planner(
            executors,
            new NoSandboxes(),
            images,
            fetched,
            new TreeMap<>(
                Map.of(
                    "emulator",
                    "tools",
                    "interpreted",
                    "silent",
                    "cross-arch",
                    "tools-of-emulation")),
            emulation,
            new NodeFacts(),
            namespaces,
            networks,
            binaryFormats,
            volumes,
            devices,
            files,
            new SomeHost(),
            policy,
            layout);
    return new TaskManager(
        new TaskManager.Ports(
            store,
            Optional.of(apps),
            events,
            runtime,
            namespaces,
            networks,
            probes,
            binaryFormats,
            volumes,
            fetched,
            devices,
            files,
            new RuntimeProcesses(runtime),
            () -> hypervisor.get(),
            output,
            clock,
            () -> 1,
            bootId),
        planner,
        layout,
        new Admission.Node(NODE_BYTES, 0, 4000),
        CpuSet.parse("0-3"),
        Optional.of(new RootSource.Layout(nameService)));
  }

  static Policy withDevices(String... patterns) {
    return new Policy(
        false,
        false,
        false,
        Policy.DEFAULT.directories(),
        SortedCopies.setOf(List.of(patterns)),
        Policy.DEFAULT.trustedPlugins(),
        Policy.DEFAULT.additions());
  }

  static TaskDocument document(String yaml) {
    return TaskDocuments.parse(yaml.getBytes(StandardCharsets.UTF_8), Path.of("/")).get(0);
  }

  static TaskDocument task(String name) {
    return document(
        "{name: "
            + name
            + ", root: {image: web}, command: [serve], resources: {memory: 64MiB},"
            + " stop: {grace: 100ms}, restart: {policy: never}}");
  }

  /** The result of a command, or the failure it ended with. */
  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TaskException known) {
        throw known;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits until something holds; says what is there instead if it never does. */
  static void eventually(Supplier<String> otherwise, BooleanSupplier holds) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, otherwise);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  /** Code of others is run in tests of its adapter. */
  private static final class NoSandboxes implements SandboxedExecutors {

    @Override
    public Executor ofJar(byte[] jar) {
      throw new UnsupportedOperationException("there are no sandboxes here");
    }

    @Override
    public Executor ofJar(Path jar, String digest) {
      throw new UnsupportedOperationException("there are no sandboxes here");
    }

    @Override
    public Executor ofProgram(String digest, String chainId, String path) {
      throw new UnsupportedOperationException("there are no sandboxes here");
    }
  }

  /** Probes that answer as a test says. */
  static final class ScriptedProbes implements NetworkProbes {
    private volatile ProbeResult next = ProbeResult.PASSED;

    void answer(ProbeResult result) {
      next = result;
    }

    @Override
    public CompletableFuture<ProbeResult> http(String task, String url, Duration timeout) {
      return CompletableFuture.completedFuture(next);
    }

    @Override
    public CompletableFuture<ProbeResult> tcp(String task, int port, Duration timeout) {
      return CompletableFuture.completedFuture(next);
    }
  }

  /** The time of the system, which a test can set. */
  static final class ShiftedClock implements InstantSource {
    private volatile Duration shift = Duration.ZERO;

    void shift(Duration by) {
      shift = shift.plus(by);
    }

    @Override
    public Instant instant() {
      return Instant.now().plus(shift);
    }
  }

  /** The processes of the fake runtime; cgroups are not its subject. */
  private record RuntimeProcesses(FakeRuntime runtime) implements Processes {
    @Override
    public OptionalLong startTime(int pid) {
      return runtime.startTime(pid);
    }

    @Override
    public Optional<String> cgroup(int pid) {
      return Optional.empty();
    }

    @Override
    public SortedMap<String, String> limits(String cgroup) {
      return new TreeMap<>();
    }

    @Override
    public Optional<String> cpus(String cgroup) {
      String task = cgroup.substring(cgroup.lastIndexOf('/') + 1);
      return runtime.task(task).isEmpty()
          ? Optional.empty()
          : SpecResources.cpus(runtime.liveSpec(task)).or(() -> Optional.of("0-3"));
    }

    @Override
    public OptionalLong memoryUsage(String cgroup) {
      return OptionalLong.empty();
    }

    @Override
    public OptionalLong oomKills(String cgroup) {
      return OptionalLong.empty();
    }
  }

  /** Namespaces that are names. */
  static final class MemoryNamespaces implements NetworkNamespaces {
    final SortedSet<String> names = Collections.synchronizedSortedSet(new TreeSet<>());
    final SortedMap<String, Kind> kinds = Collections.synchronizedSortedMap(new TreeMap<>());

    @Override
    public Path pin(String task, Kind kind) {
      kinds.put(task, kind);
      names.add(task);
      return path(task);
    }

    @Override
    public Path path(String task) {
      return Path.of("/run/netns", task);
    }

    @Override
    public Path users(String task) {
      return Path.of("/run/users", task);
    }

    @Override
    public Path ofNode(Namespace namespace) {
      return Path.of("/run/node", namespace.name());
    }

    @Override
    public void unpin(String task) {
      names.remove(task);
    }

    @Override
    public List<String> pinned() {
      return new ArrayList<>(names);
    }
  }

  record SomeHost() implements HostFacts {
    @Override
    public String architecture() {
      return "amd64";
    }

    @Override
    public String kernel() {
      return "6.1.0";
    }

    @Override
    public int cgroupVersion() {
      return 2;
    }

    @Override
    public int cpus() {
      return 4;
    }

    @Override
    public long memoryBytes() {
      return NODE_BYTES;
    }

    @Override
    public SortedMap<String, String> accelerators() {
      return SortedCopies.mapOf(new TreeMap<String, String>());
    }
  }
}
