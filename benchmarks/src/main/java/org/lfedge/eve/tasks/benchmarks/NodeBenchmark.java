package org.lfedge.eve.tasks.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;

/** Measures a daemon with its private containerd, and prints Markdown. */
public final class NodeBenchmark {

  private static final int WARM_STARTS = 10;
  private static final int COLD_STARTS = 5;
  private static final long END_SECONDS = 20;

  private NodeBenchmark() {}

  /**
   * What is measured.
   *
   * @param packageDirectory the unpacked package
   * @param config of the daemon
   * @param socket of the daemon, as its config says
   * @param containerdState where the private containerd has its socket and PID
   * @param image an archive with one image
   * @param examples a directory with task documents
   * @param ctrNamespace for {@code ctr}
   */
  record Setting(
      Path packageDirectory,
      Path config,
      Path socket,
      Path containerdState,
      Path image,
      Path examples,
      String ctrNamespace) {

    /** What both benchmarks are told first, in the order of the parameters. */
    static Setting of(String[] args) {
      return new Setting(
          Path.of(args[0]),
          Path.of(args[1]),
          Path.of(args[2]),
          Path.of(args[3]),
          Path.of(args[4]),
          Path.of(args[5]),
          args[6]);
    }

    Path program(String name) {
      return packageDirectory.resolve("bin").resolve(name);
    }

    Path containerdSocket() {
      return containerdState.resolve("containerd.sock");
    }

    /** Brings tools to the node, from the archive of their name beside the image. */
    void importTools(Daemon daemon, String tools) {
      Path archive = image.resolveSibling(tools + ".oci.tar");
      var unused =
          daemon
              .api()
              .importImages(ImportImagesRequest.newBuilder().setPath(archive.toString()).build());
    }

    long containerdPid() throws IOException {
      String recorded = Files.readString(containerdState.resolve("containerd.pid"));
      return Long.parseLong(recorded.split(" ", -1)[0]);
    }

    Path log() {
      return config.resolveSibling("taskd.log");
    }

    Daemon start() throws IOException, InterruptedException {
      return Daemon.start(program("taskd"), config, socket, log());
    }
  }

  /**
   * Arguments: the package, the daemon's config, its socket, the state directory of its containerd,
   * an image archive, a directory with task documents, a namespace for ctr, how many starts, how
   * many tasks at once.
   */
  public static void main(String[] args) throws Exception {
    Setting setting = Setting.of(args);
    int count = Integer.parseInt(args[8]);
    List<String> startUp = startUp(setting);
    try (Daemon daemon = setting.start()) {
      for (String tools : List.of("qemu-tools", "jvm-17-tools", "cross-arch-tools")) {
        setting.importTools(daemon, tools);
      }
    }
    List<String> memory = memory(setting);
    try (Daemon daemon = setting.start()) {
      print(
          "Start and end of a task, in milliseconds",
          "| | p50 | p90 | p50 over the calls alone | as a ratio | runs | goal | |\n"
              + "|---|---|---|---|---|---|---|---|",
          TaskLatency.measure(daemon, setting, Integer.parseInt(args[7])));
      print(
          "Starts a second, by " + Clients.COUNT + " clients at once",
          "| | a second | against `ctr` | runs | goal | |\n|---|---|---|---|---|---|",
          ParallelStarts.measure(daemon, setting));
    }
    ManyTasks many = ManyTasks.measure(setting, count);
    memory.addAll(many.memory());
    print(
        "A node with " + count + " running tasks, in milliseconds",
        "| | p50 | p90 | runs | goal | |\n|---|---|---|---|---|---|",
        many.times());
    print(
        "Start of the daemon, from exec to the first answer, in milliseconds",
        "| | p50 | p90 | runs |\n|---|---|---|---|",
        startUp);
    print(
        "Memory of the daemon, in MiB", "| | RSS | PSS | goal | |\n|---|---|---|---|---|", memory);
  }

  static void print(String title, String head, List<String> rows) {
    System.out.println("### " + title + "\n\n" + head + "\n" + String.join("\n", rows) + "\n");
  }

  private static List<String> startUp(Setting setting) throws Exception {
    Samples cold = new Samples();
    for (int i = 0; i < COLD_STARTS; i++) {
      timedStart(setting, cold).close();
      endContainerd(setting);
    }
    setting.start().close();
    Samples warm = new Samples();
    for (int i = 0; i < WARM_STARTS; i++) {
      timedStart(setting, warm).close();
    }
    return List.of(
        "| containerd runs already | " + warm.cells() + " | " + warm.count() + " |",
        "| containerd is started too | " + cold.cells() + " | " + cold.count() + " |");
  }

  private static Daemon timedStart(Setting setting, Samples samples) throws Exception {
    long start = System.nanoTime();
    Daemon daemon = setting.start();
    samples.add(System.nanoTime() - start);
    return daemon;
  }

  private static void endContainerd(Setting setting) throws IOException, InterruptedException {
    long pid = setting.containerdPid();
    ProcessHandle containerd = ProcessHandle.of(pid).orElseThrow();
    containerd.destroy();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
    while (containerd.isAlive()) {
      if (System.nanoTime() > deadline) {
        throw new IOException("containerd, PID " + pid + ", did not end");
      }
      Thread.sleep(1);
    }
  }

  private static List<String> memory(Setting setting) throws Exception {
    List<String> rows = new ArrayList<>();
    try (Daemon daemon = setting.start()) {
      rows.add(Memory.row("no task, started", daemon, Memory.IDLE_GOAL_MIB));
      List<String> apply = new ArrayList<>();
      apply.add(setting.program("taskctl").toString());
      apply.addAll(List.of("--socket", setting.socket().toString(), "apply"));
      try (Stream<Path> files = Files.list(setting.examples())) {
        files
            .map(Path::toString)
            .filter(name -> name.endsWith(".yaml"))
            .sorted()
            .forEach(apply::add);
      }
      Programs.run(apply.toArray(String[]::new));
      rows.add(Memory.row("the tasks of `examples/`, applied", daemon, Memory.IDLE_GOAL_MIB));
      removeAll(daemon);
    }
    return rows;
  }

  /** They would take part in what is measured next. */
  private static void removeAll(Daemon daemon) {
    for (Task task : daemon.api().list(ListRequest.getDefaultInstance()).getTasksList()) {
      daemon
          .api()
          .delete(DeleteRequest.newBuilder().setName(task.getName()).setForce(true).build());
    }
  }
}
