package org.lfedge.eve.tasks.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How long it takes until a task runs, and until nothing is left of it, against the calls to
 * containerd alone and against containerd's own client. The ways take turns, so that a busy moment
 * of the machine meets them all, and so does what one leaves for containerd to clean up.
 */
final class TaskLatency {

  private static final String NAME = "bench-latency";
  private static final int WARM_UP_ROUNDS = 10;

  /** What a start, and what an end, may cost more than the raw calls. */
  private static final double GOAL_MILLIS = 10;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A way to start a task and to remove it. */
  private static final class Way {

    final String start;
    final String end;
    final Clients.Job starting;
    final Clients.Job ending;
    final Samples starts = new Samples();
    final Samples ends = new Samples();

    Way(String start, String end, Clients.Job starting, Clients.Job ending) {
      this.start = start;
      this.end = end;
      this.starting = starting;
      this.ending = ending;
    }

    void once(Samples startTimes, Samples endTimes) throws Exception {
      startTimes.time(() -> starting.run(NAME));
      endTimes.time(() -> ending.run(NAME));
    }
  }

  private TaskLatency() {}

  /**
   * Measures, and removes all that it made but the images.
   *
   * @return rows of a Markdown table
   */
  static List<String> measure(Daemon daemon, NodeBenchmark.Setting setting, int rounds)
      throws Exception {
    SleepTasks tasks = SleepTasks.of(daemon.api(), setting.image());
    Ctr ctr = new Ctr(setting.containerdSocket(), setting.ctrNamespace());
    String image = ctr.importImage(setting.image());
    Path output = Files.createFile(setting.config().resolveSibling("raw.out"));
    try (RawContainerd raw =
        new RawContainerd(setting.containerdSocket(), setting.ctrNamespace())) {
      String layer = raw.topLayer();
      String spec = rawSpec(tasks.spec(NAME), setting.ctrNamespace());
      Way rawWay =
          new Way(
              "the calls to containerd alone",
              "the calls to containerd alone",
              name -> raw.start(name, layer, spec, output),
              raw::remove);
      Way api =
          new Way(
              "`Create` and `Start` through the API",
              "`Stop` and `Delete` through the API",
              tasks::start,
              tasks::remove);
      Way client =
          new Way(
              "`ctr run -d`",
              "`ctr task delete`, `ctr container delete`",
              name -> ctr.start(image, name),
              ctr::remove);
      Way taskctl = taskctl(setting, tasks);
      for (int round = 0; round < WARM_UP_ROUNDS; round++) {
        api.once(new Samples(), new Samples());
        rawWay.once(new Samples(), new Samples());
      }
      List<Way> turns = new ArrayList<>(List.of(rawWay, api, client, taskctl));
      for (int round = 0; round < rounds; round++) {
        for (Way way : turns) {
          way.once(way.starts, way.ends);
        }
        Collections.rotate(turns, 1);
      }
      return rows(rawWay, api, List.of(client, taskctl));
    }
  }

  private static Way taskctl(NodeBenchmark.Setting setting, SleepTasks tasks) throws IOException {
    String program = setting.program("taskctl").toString();
    String socket = setting.socket().toString();
    Path document = setting.config().resolveSibling(NAME + ".yaml");
    Files.writeString(document, tasks.document(NAME));
    return new Way(
        "`taskctl run -d`",
        "`taskctl delete --force`",
        name -> Programs.run(program, "--socket", socket, "run", "-d", document.toString()),
        name -> Programs.run(program, "--socket", socket, "delete", "--force", name));
  }

  /**
   * The same task, outside of what the daemon made for it: in a cgroup and a network of its own.
   */
  private static String rawSpec(String ours, String cgroup) throws IOException {
    ObjectNode spec = (ObjectNode) MAPPER.readTree(ours);
    ((ObjectNode) spec.path("linux")).put("cgroupsPath", "/" + cgroup + "/raw-" + NAME);
    spec.path("linux")
        .path("namespaces")
        .forEach(namespace -> ((ObjectNode) namespace).remove("path"));
    return spec.toString();
  }

  private static List<String> rows(Way raw, Way api, List<Way> others) {
    List<String> rows = new ArrayList<>();
    rows.add(row("start: " + raw.start, raw.starts, raw.starts, false));
    rows.add(row("start: " + api.start, api.starts, raw.starts, true));
    others.forEach(way -> rows.add(row("start: " + way.start, way.starts, raw.starts, false)));
    rows.add(row("end: " + raw.end, raw.ends, raw.ends, false));
    rows.add(row("end: " + api.end, api.ends, raw.ends, true));
    others.forEach(way -> rows.add(row("end: " + way.end, way.ends, raw.ends, false)));
    return rows;
  }

  private static String row(String what, Samples samples, Samples raw, boolean aimedAt) {
    double more = samples.percentile(0.5) - raw.percentile(0.5);
    Optional<Goal> goal =
        aimedAt ? Optional.of(Goal.atMost(GOAL_MILLIS, more, "more")) : Optional.empty();
    return String.format(
        Locale.ROOT,
        "| %s | %s | %+.0f | %.2f | %d | %s |",
        what,
        samples.cells(),
        more,
        samples.percentile(0.5) / raw.percentile(0.5),
        samples.count(),
        goal.map(Goal::cells).orElse("| "));
  }
}
