package org.lfedge.eve.tasks.core.engine;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.engine.Planner.NodeLayout;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.host.NodeFacts;
import org.lfedge.eve.tasks.core.host.TaskDirectories;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.Processes;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskStore;
import org.lfedge.eve.tasks.core.runtime.FakeRuntime;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** An engine in memory around a runtime that the test brings. */
final class EngineFixture {

  static final long NODE_BYTES = 4L << 30;

  final MemoryStore store = new MemoryStore();
  final MemoryNamespaces namespaces = new MemoryNamespaces();
  final TaskDirectories files;
  private final FakeRuntime runtime;
  private TaskManager manager;

  EngineFixture(FakeRuntime runtime, Path directory) {
    this.runtime = runtime;
    this.files =
        new TaskDirectories(directory.resolve("logs"), directory.resolve("run"), path -> true);
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

  private TaskManager newManager() {
    NodeLayout layout = new NodeLayout("/tasks", Path.of("/usr/bin/tini-static"));
    Planner planner =
        new Planner(
            new OneExecutor(),
            new OneImage(),
            new NodeFacts(),
            namespaces,
            files,
            new SomeHost(),
            Policy.DEFAULT,
            layout);
    return new TaskManager(
        new TaskManager.Ports(
            store,
            runtime,
            namespaces,
            files,
            new RuntimeProcesses(runtime),
            InstantSource.system()),
        planner,
        layout,
        new Admission.Node(NODE_BYTES, 0, 4000, 0));
  }

  static TaskDocument document(String yaml) {
    return TaskDocuments.parse(yaml.getBytes(StandardCharsets.UTF_8), Path.of("/")).get(0);
  }

  static TaskDocument task(String name) {
    return document(
        "{name: "
            + name
            + ", root: {image: web}, command: [serve], resources: {memory: 64MiB},"
            + " stop: {grace: 100ms}}");
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

  /** Records in memory that can be made to fail. */
  static final class MemoryStore implements TaskStore {
    final SortedMap<String, TaskRecord> records =
        Collections.synchronizedSortedMap(new TreeMap<>());

    @Override
    public void save(TaskRecord record) {
      records.put(record.name(), record);
    }

    @Override
    public void delete(String name) {
      records.remove(name);
    }

    @Override
    public Contents load() {
      return new Contents(new ArrayList<>(records.values()), List.of());
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
    public OptionalLong memoryUsage(String cgroup) {
      return OptionalLong.empty();
    }

    @Override
    public Optional<String> cpus(String cgroup) {
      return Optional.empty();
    }

    @Override
    public OptionalLong oomKills(String cgroup) {
      return OptionalLong.empty();
    }
  }

  /** Namespaces that are names. */
  static final class MemoryNamespaces implements NetworkNamespaces {
    final SortedSet<String> names = Collections.synchronizedSortedSet(new TreeSet<>());

    @Override
    public Path pin(String task) {
      names.add(task);
      return path(task);
    }

    @Override
    public Path path(String task) {
      return Path.of("/run/netns", task);
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

  /** Seeds any image with the document's command, and taxes it with a mebibyte. */
  private static final class SomeExecutor implements Executor {
    @Override
    public ExecutorInfo info() {
      return ExecutorInfo.builder("native-container", "for tests")
          .root(Root.Kind.IMAGE)
          .option(Option.optional("level", Option.Type.INTEGER, "Some level."))
          .build();
    }

    @Override
    public Seed seed(SeedRequest request) throws SeedException {
      if (request.task().command().isEmpty()) {
        throw new SeedException("NO_COMMAND", "command", "give a command");
      }
      AnchorProcess process = AnchorProcess.builder(request.task().command()).build();
      return Seed.builder(Base.TASK, request.task().root().readOnly(), process)
          .tax(
              new AnchorTax(
                  List.of(new AnchorTax.Part("test", Pool.CGROUP, 1 << 20, "for tests")), 0))
          .stop(StopPlan.signal("SIGTERM", request.task().stopGrace()))
          .build();
    }
  }

  private static final class OneExecutor implements ExecutorCatalog {
    private final LoadedExecutor only =
        new LoadedExecutor(new SomeExecutor(), "1.0.0", "sha256:" + "0".repeat(64), Origin.BUNDLED);

    @Override
    public Optional<LoadedExecutor> find(String name) {
      return name.equals("native-container") ? Optional.of(only) : Optional.empty();
    }

    @Override
    public List<LoadedExecutor> list() {
      return List.of(only);
    }

    @Override
    public List<Rejected> rejected() {
      return List.of();
    }
  }

  private record SomeHost() implements HostFacts {
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
