package org.lfedge.eve.tasks.benchmarks;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc.TaskmanagerBlockingStub;

/**
 * How long it takes until a task runs, against containerd's own client on the same containerd. The
 * ways take turns, so that a busy moment of the machine meets them all.
 */
final class StartLatency {

  private static final String NAME = "bench-start";
  private static final int WARM_UP_ROUNDS = 5;

  private final TaskmanagerBlockingStub api;
  private final String taskctl;
  private final List<String> ctr;
  private final Path document;
  private final String image;
  private final String ctrImage;

  private final Samples apiTimes = new Samples();
  private final Samples ctrTimes = new Samples();
  private final Samples taskctlTimes = new Samples();

  private StartLatency(
      TaskmanagerBlockingStub api,
      String taskctl,
      List<String> ctr,
      Path document,
      String image,
      String ctrImage) {
    this.api = api;
    this.taskctl = taskctl;
    this.ctr = ctr;
    this.document = document;
    this.image = image;
    this.ctrImage = ctrImage;
  }

  /**
   * Measures, and removes all that it made but the images.
   *
   * @return rows of a Markdown table
   */
  static List<String> measure(Daemon daemon, NodeBenchmark.Setting setting, int rounds)
      throws Exception {
    String image =
        daemon
            .api()
            .importImages(
                ImportImagesRequest.newBuilder().setPath(setting.image().toString()).build())
            .getImages(0)
            .getName();
    List<String> ctr =
        List.of(
            "ctr",
            "--address",
            setting.containerdSocket().toString(),
            "--namespace",
            setting.ctrNamespace());
    String[] load = {"images", "import", "--base-name", "bench", setting.image().toString()};
    Programs.run(command(ctr, load));
    String ctrImage = Programs.run(command(ctr, "images", "list", "--quiet")).strip();
    StartLatency latency =
        new StartLatency(
            daemon.api(),
            setting.program("taskctl").toString(),
            ctr,
            setting.config().resolveSibling(NAME + ".yaml"),
            image,
            ctrImage);
    return latency.rows(setting, rounds);
  }

  private List<String> rows(NodeBenchmark.Setting setting, int rounds) throws Exception {
    Files.writeString(document, text());
    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
      throughApi(new Samples());
      throughCtr(new Samples());
    }
    for (int round = 0; round < rounds; round++) {
      throughApi(apiTimes);
      throughCtr(ctrTimes);
      throughTaskctl(taskctlTimes, setting);
    }
    List<String> rows = new ArrayList<>();
    rows.add(row("`ctr run -d`", ctrTimes));
    rows.add(row("`Create` and `Start` through the API", apiTimes));
    rows.add(row("`taskctl run -d`", taskctlTimes));
    return rows;
  }

  private String row(String what, Samples samples) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.2f | %d |",
        what,
        samples.cells(),
        samples.percentile(0.5) / ctrTimes.percentile(0.5),
        samples.count());
  }

  private String text() {
    return """
    name: %s
    root: {image: "%s"}
    command: [sleep, "3600"]
    resources: {memory: 32MiB, cpus: 0.5}
    """
        .formatted(NAME, image);
  }

  private void throughApi(Samples samples) throws Exception {
    DocumentRequest request =
        DocumentRequest.newBuilder()
            .setDocument(ByteString.copyFromUtf8(text()))
            .setBaseDirectory("/")
            .build();
    samples.time(
        () -> {
          api.create(request);
          requireRunning(api.start(StartRequest.newBuilder().setName(NAME).build()));
        });
    api.delete(DeleteRequest.newBuilder().setName(NAME).setForce(true).build());
  }

  private static void requireRunning(Task task) throws IOException {
    if (!task.getState().equals("RUNNING")) {
      throw new IOException("the task is " + task.getState());
    }
  }

  private void throughTaskctl(Samples samples, NodeBenchmark.Setting setting) throws Exception {
    String[] run = {
      taskctl, "--socket", setting.socket().toString(), "run", "-d", document.toString()
    };
    samples.time(() -> Programs.run(run));
    api.delete(DeleteRequest.newBuilder().setName(NAME).setForce(true).build());
  }

  private void throughCtr(Samples samples) throws Exception {
    // The same limits; the memory is that of the task with the tax, to the MiB.
    String[] run = {
      "run", "-d", "--memory-limit", "34603008", "--cpus", "0.5", ctrImage, NAME, "sleep", "3600"
    };
    samples.time(() -> Programs.run(command(ctr, run)));
    Programs.run(command(ctr, "task", "delete", "--force", NAME));
    Programs.run(command(ctr, "container", "delete", NAME));
  }

  private static String[] command(List<String> start, String... rest) {
    List<String> all = new ArrayList<>(start);
    all.addAll(List.of(rest));
    return all.toArray(String[]::new);
  }
}
