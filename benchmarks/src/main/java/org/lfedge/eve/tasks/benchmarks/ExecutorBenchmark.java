package org.lfedge.eve.tasks.benchmarks;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsRequest;

/** Measures executors by the form in which they come, and what plugins cost; prints Markdown. */
public final class ExecutorBenchmark {

  private static final int DROPS = 5;
  private static final int STARTS = 5;
  private static final List<Integer> PLUGINS = List.of(0, 5, 50);
  private static final long DEADLINE_SECONDS = 60;

  /** From a file in the plugins directory to its executor in the list. */
  private static final double LISTED_GOAL_MILLIS = 2000;

  private final NodeBenchmark.Setting setting;
  private final Path artifacts;
  private final VendorJars vendor;
  private final String image;

  private ExecutorBenchmark(NodeBenchmark.Setting setting, Path artifacts, String image)
      throws IOException {
    this.setting = setting;
    this.artifacts = artifacts;
    this.vendor =
        new VendorJars(Files.createDirectories(setting.config().resolveSibling("vendor")));
    this.image = image;
  }

  /**
   * Arguments: the seven that {@link NodeBenchmark} has first, a directory with the archives {@code
   * declarative.oci.tar} and {@code executable.oci.tar} of tools that bring executors along, how
   * often each form is asked.
   */
  public static void main(String[] args) throws Exception {
    NodeBenchmark.Setting setting = NodeBenchmark.Setting.of(args);
    String image;
    try (Daemon daemon = setting.start()) {
      image = imported(daemon, setting.image());
    }
    ExecutorBenchmark executors = new ExecutorBenchmark(setting, Path.of(args[7]), image);
    executors.measure(Integer.parseInt(args[8]));
  }

  private static String imported(Daemon daemon, Path archive) {
    ImportImagesRequest request =
        ImportImagesRequest.newBuilder().setPath(archive.toString()).build();
    return daemon.api().importImages(request).getImages(0).getName();
  }

  private void measure(int runs) throws Exception {
    List<String> drops = new ArrayList<>();
    List<String> forms;
    Path trusted = vendor.make("trusted");
    Path stranger = vendor.make("stranger");
    try (Daemon daemon = startTrusting(List.of(trusted))) {
      drops.add(row("in the daemon, trusted by its digest", dropped(daemon, trusted, "trusted")));
      drops.add(row("in a sandbox", dropped(daemon, stranger, "stranger")));
      VendorJars.drop(trusted, plugins().resolve("trusted.jar"));
      VendorJars.drop(stranger, plugins().resolve("stranger.jar"));
      awaitListed(daemon, "trusted", true);
      awaitListed(daemon, "stranger", true);
      forms = forms(daemon, runs);
    }
    remove(List.of("trusted", "stranger"));
    NodeBenchmark.print(
        "Rendering of a task by the form of its executor, in milliseconds",
        "| | asked the first time: p50 | p90 | asked again: p50 | p90 | runs |\n|---|---|---|---|---|---|",
        forms);
    NodeBenchmark.print(
        "From a file in the plugins directory to its executor in the list, in milliseconds",
        "| | p50 | p90 | runs | goal | |\n|---|---|---|---|---|---|",
        drops);
    NodeBenchmark.print(
        "The daemon with plugins, from exec to the first answer in milliseconds, and its memory in"
            + " MiB",
        "| plugins | p50 | p90 | RSS | for each plugin | runs |\n|---|---|---|---|---|---|",
        withPlugins());
  }

  private Path plugins() throws IOException {
    return Files.createDirectories(setting.config().resolveSibling("state").resolve("plugins"));
  }

  /** The daemon's config with other trusted plugins; the policy is one line of it. */
  private Daemon startTrusting(List<Path> jars) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>(Files.readAllLines(setting.config()));
    lines.removeIf(line -> line.startsWith("policy:"));
    lines.add("policy: {trustedPlugins: " + VendorJars.digests(jars) + "}");
    Path config = Files.write(setting.config().resolveSibling("plugins.yaml"), lines);
    return Daemon.start(setting.program("taskd"), config, setting.socket(), setting.log());
  }

  private void remove(List<String> names) throws IOException {
    for (String name : names) {
      Files.deleteIfExists(plugins().resolve(name + ".jar"));
    }
  }

  private List<String> forms(Daemon daemon, int runs) throws Exception {
    String native_ = "root: {image: \"" + image + "\"}\ncommand: [sleep, \"1\"]";
    String root = "root: {image: \"" + image + "\"}\nexecutor: ";
    List<String> rows = new ArrayList<>();
    rows.add(form("bundled, in the daemon", daemon, native_, runs));
    rows.add(form("a JAR in the daemon", daemon, root + "trusted", runs));
    rows.add(form("a JAR in a sandbox", daemon, root + "stranger", runs));
    for (String form : List.of("declarative", "executable")) {
      String tools = imported(daemon, artifacts.resolve(form + ".oci.tar"));
      rows.add(
          form(
              form.equals("declarative") ? "declarative" : "a shell script in a sandbox",
              daemon,
              "tools: \"" + tools + "\"",
              runs));
    }
    return rows;
  }

  /** Each time another task, and each of them twice. */
  private static String form(String what, Daemon daemon, String document, int runs)
      throws Exception {
    Samples first = new Samples();
    Samples again = new Samples();
    for (int run = 0; run <= runs; run++) {
      int number = run;
      Samples.Work render = () -> render(daemon, "bench-" + number, document);
      // The first meets classes that are not loaded.
      (run == 0 ? new Samples() : first).time(render);
      (run == 0 ? new Samples() : again).time(render);
    }
    return String.format(
        Locale.ROOT,
        "| %s | %.1f | %.1f | %.1f | %.1f | %d |",
        what,
        first.percentile(0.5),
        first.percentile(0.9),
        again.percentile(0.5),
        again.percentile(0.9),
        runs);
  }

  private static void render(Daemon daemon, String name, String document) {
    var unused =
        daemon
            .api()
            .render(
                DocumentRequest.newBuilder()
                    .setDocument(
                        ByteString.copyFromUtf8(
                            "name: " + name + "\nresources: {memory: 8MiB}\n" + document))
                    .setBaseDirectory("/")
                    .build());
  }

  private Samples dropped(Daemon daemon, Path jar, String name) throws Exception {
    Samples samples = new Samples();
    Path target = plugins().resolve(name + ".jar");
    for (int i = 0; i < DROPS; i++) {
      samples.time(
          () -> {
            VendorJars.drop(jar, target);
            awaitListed(daemon, name, true);
          });
      Files.delete(target);
      awaitListed(daemon, name, false);
    }
    return samples;
  }

  private static void awaitListed(Daemon daemon, String name, boolean listed) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (listed
        != daemon
            .api()
            .listExecutors(ListExecutorsRequest.getDefaultInstance())
            .getExecutorsList()
            .stream()
            .anyMatch(entry -> entry.getName().equals(name))) {
      if (System.nanoTime() > deadline) {
        throw new IOException("executor " + name + " did not " + (listed ? "come" : "go"));
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private static String row(String what, Samples samples) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %s |",
        what,
        samples.cells(),
        samples.count(),
        Goal.atMost(LISTED_GOAL_MILLIS, samples.percentile(0.9), "").cells());
  }

  private List<String> withPlugins() throws Exception {
    List<String> rows = new ArrayList<>();
    List<Path> jars = new ArrayList<>();
    double none = 0;
    for (int count : PLUGINS) {
      while (jars.size() < count) {
        Path jar = vendor.make("plugin" + jars.size());
        VendorJars.drop(jar, plugins().resolve(jar.getFileName()));
        jars.add(jar);
      }
      Samples starts = new Samples();
      double resident = 0;
      for (int start = 0; start <= STARTS; start++) {
        long begin = System.nanoTime();
        try (Daemon daemon = startTrusting(jars)) {
          long took = System.nanoTime() - begin;
          if (start > 0) {
            starts.add(took);
          }
          resident = daemon.memory("Rss");
        }
      }
      none = count == 0 ? resident : none;
      rows.add(
          String.format(
              Locale.ROOT,
              "| %d | %s | %.0f | %s | %d |",
              count,
              starts.cells(),
              resident,
              count == 0 ? "" : String.format(Locale.ROOT, "%.2f", (resident - none) / count),
              starts.count()));
    }
    return rows;
  }
}
