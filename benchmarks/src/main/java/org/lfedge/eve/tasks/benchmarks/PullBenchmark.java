package org.lfedge.eve.tasks.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.lfedge.eve.tasks.core.api.v1.ImageRequest;
import org.lfedge.eve.tasks.core.api.v1.InspectImageResponse;

/**
 * Measures pulls from a registry on the same machine against those of containerd's own client and
 * of skopeo, and prints Markdown. The ways take turns, and before each of them nothing is left of
 * what the others brought: namespaces of one containerd share what they have.
 */
public final class PullBenchmark {

  private static final double SECOND_MILLIS = 1000;
  private static final double MIB = 1 << 20;

  /** What a pull may take of the time of containerd's own client, which checks no layer before. */
  private static final double RATIO_GOAL = 1.5;

  private static final double PEAK_GOAL_MIB = 160;

  private final NodeBenchmark.Setting setting;
  private final Daemon daemon;
  private final long containerd;
  private final Ctr ctr;
  private final String image;

  /** A way to pull, and what it cost. */
  private static final class Way {

    final String what;
    final Samples.Work pull;
    final Samples.Work remove;
    final Samples times = new Samples();
    final Samples client = new Samples();
    final Samples daemon = new Samples();
    final Samples containerd = new Samples();
    final Samples cpu = new Samples();

    Way(String what, Samples.Work pull, Samples.Work remove) {
      this.what = what;
      this.pull = pull;
      this.remove = remove;
    }
  }

  private PullBenchmark(NodeBenchmark.Setting setting, Daemon daemon, String image)
      throws IOException {
    this.setting = setting;
    this.daemon = daemon;
    this.containerd = setting.containerdPid();
    this.ctr = new Ctr(setting.containerdSocket(), setting.ctrNamespace());
    this.image = image;
  }

  /**
   * Arguments: the seven that {@link NodeBenchmark} has first, an image in a registry that speaks
   * plain HTTP, how many pulls.
   */
  public static void main(String[] args) throws Exception {
    NodeBenchmark.Setting setting = NodeBenchmark.Setting.of(args);
    try (Daemon daemon = setting.start()) {
      new PullBenchmark(setting, daemon, args[7]).measure(Integer.parseInt(args[8]));
    }
  }

  private void measure(int rounds) throws Exception {
    List<String> memory = new ArrayList<>();
    memory.add(Memory.row("no pull, started", daemon));
    daemon.forgetPeakMemory();
    Way peer = peer();
    Way taskctl = taskctl();
    Way skopeo = skopeo();
    List<Way> turns = new ArrayList<>(List.of(peer, taskctl, skopeo));
    String before = content();
    taskctl.pull.run();
    String title = title();
    remove(taskctl, before);
    for (Way way : List.of(peer, skopeo)) {
      way.pull.run();
      remove(way, before);
    }
    for (int round = 0; round < rounds; round++) {
      for (Way way : turns) {
        measure(way);
        remove(way, before);
      }
      Collections.rotate(turns, 1);
    }
    memory.add(
        Memory.peakRow(
            (rounds + 1) + " pulls one after the other, at their peak", daemon, PEAK_GOAL_MIB));
    memory.add(Memory.row("the same, the last ended", daemon));
    NodeBenchmark.print(
        title,
        "| | p50 | p90 | against `ctr` | CPU: client | daemon | containerd | all | against `ctr`"
            + " | runs | goal | |\n|---|---|---|---|---|---|---|---|---|---|---|---|",
        List.of(
            row(peer, peer, "| "),
            row(
                taskctl,
                peer,
                Goal.ratioAtMost(RATIO_GOAL, ratio(taskctl.times, peer.times)).cells()),
            row(skopeo, peer, "| ")));
    NodeBenchmark.print(
        "Memory of the daemon with pulls, in MiB",
        "| | RSS | PSS | goal | |\n|---|---|---|---|---|",
        memory);
  }

  private Way peer() {
    return new Way(
        "`ctr images pull`",
        () -> ctr.run("images", "pull", "--plain-http", image),
        () -> ctr.run("images", "remove", "--sync", image));
  }

  private Way taskctl() {
    String program = setting.program("taskctl").toString();
    String socket = setting.socket().toString();
    return new Way(
        "`taskctl images pull`",
        () -> Programs.run(program, "--socket", socket, "images", "pull", image),
        () -> Programs.run(program, "--socket", socket, "images", "remove", image));
  }

  private Way skopeo() {
    Path copy = setting.config().resolveSibling("pulled");
    return new Way(
        "`skopeo copy` to an OCI layout, not unpacked",
        () ->
            Programs.run(
                "skopeo",
                "--insecure-policy",
                "copy",
                "--quiet",
                "--src-tls-verify=false",
                "docker://" + image,
                "oci:" + copy),
        () -> Programs.run("rm", "-r", copy.toString()));
  }

  /** What the image is, while the daemon has it. */
  private String title() {
    InspectImageResponse pulled =
        daemon.api().inspectImage(ImageRequest.newBuilder().setReference(image).build());
    return String.format(
        Locale.ROOT,
        "Pull of an image of %d layers, %.0f MiB, unpacked %.0f MiB, in seconds",
        pulled.getLayersCount(),
        pulled.getImage().getSizeBytes() / MIB,
        pulled.getUnpackedBytes() / MIB);
  }

  private void measure(Way way) throws Exception {
    long ended = CpuTime.ofEndedPrograms();
    long ofDaemon = CpuTime.of(daemon.pid());
    long ofContainerd = CpuTime.of(containerd);
    way.times.time(way.pull);
    long client = CpuTime.ofEndedPrograms() - ended;
    ofDaemon = CpuTime.of(daemon.pid()) - ofDaemon;
    ofContainerd = CpuTime.of(containerd) - ofContainerd;
    way.client.add(client);
    way.daemon.add(ofDaemon);
    way.containerd.add(ofContainerd);
    way.cpu.add(client + ofDaemon + ofContainerd);
  }

  /** Removes what was pulled, and leaves the disk nothing to do. */
  private void remove(Way way, String before) throws Exception {
    way.remove.run();
    String after = content();
    if (!after.equals(before)) {
      throw new IOException("containerd should have this and no more:\n" + before + "\n" + after);
    }
    Programs.run("sync", "--file-system", setting.config().toString());
  }

  /** What containerd has, whoever brought it. */
  private String content() throws IOException, InterruptedException {
    Ctr ours = new Ctr(ctr.socket(), Ctr.DAEMON_NAMESPACE);
    return ours.run("content", "list", "--quiet") + ctr.run("content", "list", "--quiet");
  }

  private static double ratio(Samples samples, Samples peer) {
    return samples.percentile(0.5) / peer.percentile(0.5);
  }

  private static String row(Way way, Way peer, String goal) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %.2f | %s | %s | %s | %s | %.2f | %d | %s |",
        way.what,
        seconds(way.times, 0.5),
        seconds(way.times, 0.9),
        ratio(way.times, peer.times),
        seconds(way.client, 0.5),
        seconds(way.daemon, 0.5),
        seconds(way.containerd, 0.5),
        seconds(way.cpu, 0.5),
        ratio(way.cpu, peer.cpu),
        way.times.count(),
        goal);
  }

  private static String seconds(Samples samples, double share) {
    return String.format(Locale.ROOT, "%.2f", samples.percentile(share) / SECOND_MILLIS);
  }
}
