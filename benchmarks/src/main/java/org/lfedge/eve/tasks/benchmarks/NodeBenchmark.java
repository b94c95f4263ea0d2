package org.lfedge.eve.tasks.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Measures a daemon with its private containerd, and prints Markdown. */
public final class NodeBenchmark {

  private static final int WARM_STARTS = 10;
  private static final int COLD_STARTS = 5;
  private static final long IDLE_SECONDS = 10;
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

    Path program(String name) {
      return packageDirectory.resolve("bin").resolve(name);
    }

    Path containerdSocket() {
      return containerdState.resolve("containerd.sock");
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
   * an image archive, a directory with task documents, a namespace for ctr, how many starts.
   */
  public static void main(String[] args) throws Exception {
    Setting setting =
        new Setting(
            Path.of(args[0]),
            Path.of(args[1]),
            Path.of(args[2]),
            Path.of(args[3]),
            Path.of(args[4]),
            Path.of(args[5]),
            args[6]);
    List<String> startUp = startUp(setting);
    try (Daemon daemon = setting.start()) {
      print(
          "Start of a task, in milliseconds",
          "| | p50 | p90 | p50 against `ctr` | runs |\n|---|---|---|---|---|",
          StartLatency.measure(daemon, setting, Integer.parseInt(args[7])));
    }
    print(
        "Start of the daemon, from exec to the first answer, in milliseconds",
        "| | p50 | p90 | runs |\n|---|---|---|---|",
        startUp);
    print("Memory of the daemon, in MiB", "| | RSS | PSS |\n|---|---|---|", memory(setting));
  }

  private static void print(String title, String head, List<String> rows) {
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
    String recorded = Files.readString(setting.containerdState().resolve("containerd.pid"));
    long pid = Long.parseLong(recorded.split(" ", -1)[0]);
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
      Thread.sleep(TimeUnit.SECONDS.toMillis(IDLE_SECONDS));
      rows.add(row("no task, idle for " + IDLE_SECONDS + " s after its start", daemon));
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
      Thread.sleep(TimeUnit.SECONDS.toMillis(IDLE_SECONDS));
      rows.add(row("the tasks of `examples/`, applied " + IDLE_SECONDS + " s ago", daemon));
    }
    return rows;
  }

  private static String row(String what, Daemon daemon) throws IOException {
    return String.format(
        Locale.ROOT, "| %s | %.0f | %.0f |", what, daemon.memory("Rss"), daemon.memory("Pss"));
  }
}
