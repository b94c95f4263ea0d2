package org.lfedge.eve.tasks.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;

/** Measures an emulated program as a task against the same emulator alone, and prints Markdown. */
public final class EmulationBenchmark {

  private static final long DEADLINE_SECONDS = 120;

  /** How much of the CPU's time a task may need, as a ratio. */
  private static final double GOAL_RATIO = 1.03;

  /** Counts, and says how much CPU time that took by itself. */
  private static final String LOOP = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; times";

  /** User and system time of a shell, as {@code times} prints them first. */
  private static final Pattern TIMES = Pattern.compile("([0-9]+)m([0-9.]+)s ([0-9]+)m([0-9.]+)s");

  private EmulationBenchmark() {}

  /**
   * Arguments: the seven that {@link NodeBenchmark} has first, the emulator of arm64, an arm64
   * busybox, an archive of an image with that, how many runs.
   */
  public static void main(String[] args) throws Exception {
    NodeBenchmark.Setting setting = NodeBenchmark.Setting.of(args);
    int runs = Integer.parseInt(args[10]);
    List<String> alone = List.of(args[7], args[8], "sh", "-c", LOOP);
    try (Daemon daemon = setting.start()) {
      setting.importTools(daemon, "cross-arch-tools");
      create(daemon, args[9]);
      Samples bare = new Samples();
      Samples task = new Samples();
      for (int run = 0; run <= runs; run++) {
        long ofTask = ofTask(daemon);
        long ofBare = cpuNanos(output(alone));
        // The first fills the caches of the CPU and of files.
        if (run > 0) {
          task.add(ofTask);
          bare.add(ofBare);
        }
      }
      daemon.api().delete(DeleteRequest.newBuilder().setName("bench-arm").setForce(true).build());
      double ratio = task.percentile(0.5) / bare.percentile(0.5);
      NodeBenchmark.print(
          "CPU time of an arm64 loop, in milliseconds",
          "| | p50 | p90 | as a ratio | runs | goal | |\n|---|---|---|---|---|---|---|",
          List.of(
              String.format(
                  Locale.ROOT,
                  "| the emulator by itself | %s | 1.00 | %d | | |",
                  bare.cells(),
                  bare.count()),
              String.format(
                  Locale.ROOT,
                  "| as a task | %s | %.2f | %d | %s |",
                  task.cells(),
                  ratio,
                  task.count(),
                  Goal.ratioAtMost(GOAL_RATIO, ratio).cells())));
    }
  }

  private static void create(Daemon daemon, String archive) {
    String document =
        """
        name: bench-arm
        executor: cross-arch
        root: {layout: "%s"}
        options: {platform: linux/arm64}
        command: [sh, -c, "%s"]
        resources: {memory: 16MiB, cpus: 1}
        restart: {policy: never}
        """
            .formatted(archive, LOOP);
    daemon
        .api()
        .create(
            DocumentRequest.newBuilder()
                .setDocument(ByteString.copyFromUtf8(document))
                .setBaseDirectory("/")
                .build());
  }

  private static long ofTask(Daemon daemon) throws IOException, InterruptedException {
    Path output = Path.of(inspect(daemon).getStdoutPath());
    int before = Files.exists(output) ? Files.readString(output).length() : 0;
    daemon.api().start(StartRequest.newBuilder().setName("bench-arm").build());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!inspect(daemon).getTask().getState().equals("STOPPED")) {
      if (System.nanoTime() > deadline) {
        throw new IOException("the loop does not end");
      }
      Thread.sleep(20);
    }
    return cpuNanos(Files.readString(output).substring(before));
  }

  private static InspectResponse inspect(Daemon daemon) {
    return daemon.api().inspect(TaskRequest.newBuilder().setName("bench-arm").build());
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + " failed: " + output);
    }
    return output;
  }

  private static long cpuNanos(String output) throws IOException {
    Matcher times = TIMES.matcher(output);
    if (!times.find()) {
      throw new IOException("no times in: " + output);
    }
    double seconds =
        Integer.parseInt(times.group(1)) * 60
            + Double.parseDouble(times.group(2))
            + Integer.parseInt(times.group(3)) * 60
            + Double.parseDouble(times.group(4));
    return (long) (seconds * 1e9);
  }
}
