package org.lfedge.eve.tasks.benchmarks;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;

/** Measures virtual machines against QEMU alone, and prints Markdown. */
public final class MachineBenchmark {

  private static final double MIB = 1 << 20;
  private static final long DEADLINE_SECONDS = 300;

  /** What a machine as a task may need more until the guest's first line. */
  private static final double GOAL_MILLIS = 150;

  private static final List<Integer> GUESTS_MIB = List.of(256, 1024, 2048);

  /** Looked at by the daemon this often: two such times show the most that was taken. */
  private static final long TAX_INTERVAL_SECONDS = 10;

  private final NodeBenchmark.Setting setting;
  private final Daemon daemon;
  private final Path toolsRoot;

  private MachineBenchmark(NodeBenchmark.Setting setting, Daemon daemon, Path toolsRoot) {
    this.setting = setting;
    this.daemon = daemon;
    this.toolsRoot = toolsRoot;
  }

  /**
   * Arguments: the seven that {@link NodeBenchmark} has first, the unpacked root file system of the
   * tools image that the daemon's config has for the executor {@code qemu}, how many starts.
   */
  public static void main(String[] args) throws Exception {
    NodeBenchmark.Setting setting = NodeBenchmark.Setting.of(args);
    try (Daemon daemon = setting.start()) {
      setting.importTools(daemon, "qemu-tools");
      MachineBenchmark machines = new MachineBenchmark(setting, daemon, Path.of(args[7]));
      NodeBenchmark.print(
          "From the start of a machine to its first line, in milliseconds",
          "| | p50 | p90 | more | runs | goal | |\n|---|---|---|---|---|---|---|",
          machines.firstLines(Integer.parseInt(args[8])));
      List<String> taxes = new ArrayList<>();
      List<String> processes = new ArrayList<>();
      for (int guest : GUESTS_MIB) {
        machines.fill(guest, taxes, processes);
      }
      NodeBenchmark.print(
          "Guests that touch all of their memory, in MiB",
          "| memory of the guest | tax charged | tax observed | limit | in use | killed for memory |\n"
              + "|---|---|---|---|---|---|",
          taxes);
      NodeBenchmark.print(
          "What runs for one such machine, in MiB",
          "| memory of the guest | process | RSS | PSS |\n|---|---|---|---|",
          processes);
    }
  }

  /** The two ways take turns. */
  private List<String> firstLines(int runs) throws Exception {
    String name = "bench-machine";
    Path guest = toolsRoot.resolve("usr/lib/taskmanager/guest").resolve(architecture());
    create(
        """
        name: %s
        executor: qemu
        resources: {memory: 128MiB, cpus: 1}
        restart: {policy: never}
        options: {commandLine: "console=%s"}
        volumes:
        - {name: kernel, source: {file: "%s", format: file}, readOnly: true}
        - {name: initrd, source: {file: "%s", format: file}, readOnly: true}
        """
            .formatted(
                name,
                architecture().equals("arm64") ? "ttyAMA0" : "ttyS0",
                guest.resolve("vmlinuz"),
                guest.resolve("initrd")));
    InspectResponse task = inspect(name);
    Path output = Path.of(task.getStdoutPath());
    BareAnchor bare = BareAnchor.of(task.getSpecJson(), toolsRoot, "/guest/");
    Samples ofTask = new Samples();
    Samples ofQemu = new Samples();
    for (int run = 0; run <= runs; run++) {
      long before = Files.exists(output) ? Files.size(output) : 0;
      long start = System.nanoTime();
      daemon.api().start(StartRequest.newBuilder().setName(name).build());
      awaitMore(output, before);
      long line = System.nanoTime() - start;
      daemon.api().stop(StopRequest.newBuilder().setName(name).setForce(true).build());
      long alone = bare.nanosToFirstLine();
      // What comes first meets cold caches.
      if (run > 0) {
        ofTask.add(line);
        ofQemu.add(alone);
      }
    }
    remove(name);
    double more = ofTask.percentile(0.5) - ofQemu.percentile(0.5);
    return List.of(
        String.format(
            Locale.ROOT,
            "| the same command line by itself | %s | | %d | | |",
            ofQemu.cells(),
            ofQemu.count()),
        String.format(
            Locale.ROOT,
            "| `Start` through the API, of a task that was stopped | %s | %+.0f | %d | %s |",
            ofTask.cells(),
            more,
            ofTask.count(),
            Goal.atMost(GOAL_MILLIS, more, "more").cells()));
  }

  private static void awaitMore(Path output, long before) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!Files.exists(output) || Files.size(output) == before) {
      if (System.nanoTime() > deadline) {
        throw new IOException("the guest says nothing to " + output);
      }
      Thread.sleep(1);
    }
  }

  /** Has a guest fill its memory, and looks at what the node has of it then. */
  private void fill(int mebibytes, List<String> taxes, List<String> processes) throws Exception {
    String name = "bench-guest";
    ImportImagesRequest image =
        ImportImagesRequest.newBuilder().setPath(setting.image().toString()).build();
    create(
        """
        name: %s
        executor: qemu
        root: {image: "%s"}
        command:
        - sh
        - -c
        - |
          mkdir -p /tmp/all && mount -t tmpfs -o size=100%% tmpfs /tmp/all
          free=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
          dd if=/dev/zero of=/tmp/all/file bs=1M count=$((free - 12)) && echo all of it
          exec sleep 3600
        resources: {memory: %dMiB, cpus: 1}
        restart: {policy: never}
        """
            .formatted(name, daemon.api().importImages(image).getImages(0).getName(), mebibytes));
    daemon.api().start(StartRequest.newBuilder().setName(name).build());
    Path output = Path.of(inspect(name).getStdoutPath());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!Files.readString(output).contains("all of it")) {
      if (System.nanoTime() > deadline || !inspect(name).getTask().getState().equals("RUNNING")) {
        throw new IOException("the guest did not fill its memory: " + Files.readString(output));
      }
      Thread.sleep(100);
    }
    Thread.sleep(TimeUnit.SECONDS.toMillis(2 * TAX_INTERVAL_SECONDS));
    InspectResponse task = inspect(name);
    var memory = task.getTask().getMemory();
    taxes.add(
        String.format(
            Locale.ROOT,
            "| %d | %.0f | %.0f | %.0f | %.0f | %s |",
            mebibytes,
            memory.getTaxBytes() / MIB,
            memory.getTaxObservedBytes() / MIB,
            memory.getLimitBytes() / MIB,
            memory.getUsageBytes() / MIB,
            task.getTask().getState().equals("RUNNING") ? "no" : "**yes**"));
    ProcessHandle anchor = ProcessHandle.of(task.getTask().getPid()).orElseThrow();
    processes.add(row(mebibytes, anchor));
    try (Stream<ProcessHandle> companions = anchor.descendants()) {
      for (ProcessHandle companion : companions.toList()) {
        processes.add(row(mebibytes, companion));
      }
    }
    processes.add(row(mebibytes, anchor.parent().orElseThrow()));
    remove(name);
  }

  private static String row(int guest, ProcessHandle process) throws IOException {
    Path directory = Path.of("/proc", Long.toString(process.pid()));
    return String.format(
        Locale.ROOT,
        "| %d | %s | %.1f | %.1f |",
        guest,
        Files.readSymbolicLink(directory.resolve("exe")).getFileName(),
        Daemon.memory(process.pid(), "Rss"),
        Daemon.memory(process.pid(), "Pss"));
  }

  private void create(String document) {
    daemon
        .api()
        .create(
            DocumentRequest.newBuilder()
                .setDocument(ByteString.copyFromUtf8(document))
                .setBaseDirectory("/")
                .build());
  }

  private InspectResponse inspect(String name) {
    return daemon.api().inspect(TaskRequest.newBuilder().setName(name).build());
  }

  private void remove(String name) {
    daemon.api().delete(DeleteRequest.newBuilder().setName(name).setForce(true).build());
  }

  private static String architecture() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }
}
