package org.lfedge.eve.tasks.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc.TaskmanagerBlockingStub;

/**
 * Measures what EVE asks for by its files against the same through the API, and prints Markdown.
 */
public final class DomainBenchmark {

  private static final String ID = "0f6f3a4e-2a77-4b1c-9d3e-8a5b6c7d8e9f";
  private static final String PEER = "bench-domain";
  private static final int RUNNING = 115;
  private static final int HALTING = 118;
  private static final int HALTED = 119;
  private static final long DEADLINE_SECONDS = 300;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Of an app that takes a second to end. Today's EVE waits for half a minute. */
  private static final double GOAL_MILLIS = 3000;

  /** Says that it is up, and takes a second to end when it is asked to. */
  private static final String SCRIPT =
      "trap 'sleep 1; exit 0' TERM; echo up; while :; do sleep 1000 & wait $!; done";

  private final Daemon daemon;
  private final Path config;
  private final Path status;
  private final Path volume;
  private final int runs;

  private DomainBenchmark(Daemon daemon, Path pubsub, Path volume, int runs) {
    this.daemon = daemon;
    this.config = pubsub.resolve("zedmanager/DomainConfig").resolve(ID + ".json");
    this.status = pubsub.resolve("domainmgr/DomainStatus").resolve(ID + ".json");
    this.volume = volume;
    this.runs = runs;
  }

  /** How an app is run. */
  private enum Kind {
    CONTAINER("a container", "native-container", 4),
    MACHINE("a container in a virtual machine", "qemu", 1);

    private final String words;
    private final String executor;
    private final int mode;

    Kind(String words, String executor, int mode) {
      this.words = words;
      this.executor = executor;
      this.mode = mode;
    }
  }

  /** From when a file was in place until it led to something. */
  private static final class Times {

    private final Samples whole = new Samples();
    private final Samples taken = new Samples();
  }

  /**
   * Arguments: the seven that {@link NodeBenchmark} has first, with a config that has EVE's
   * directories; those directories; a directory with the root file system of busybox in {@code
   * rootfs}; how often each is done.
   */
  public static void main(String[] args) throws Exception {
    NodeBenchmark.Setting setting = NodeBenchmark.Setting.of(args);
    Path volume = Path.of(args[8]);
    ObjectNode image = MAPPER.createObjectNode();
    image.putObject("config").putArray("Cmd").add("sh").add("-c").add(SCRIPT);
    Files.writeString(volume.resolve("image-config.json"), image.toString());
    try (Daemon daemon = setting.start()) {
      setting.importTools(daemon, "qemu-tools");
      DomainBenchmark domains =
          new DomainBenchmark(daemon, Path.of(args[7]), volume, Integer.parseInt(args[9]));
      Files.createDirectories(domains.config.getParent());
      for (Kind kind : Kind.values()) {
        NodeBenchmark.print(
            "From a file of EVE to "
                + kind.words
                + ", and to its end within a second of its own, in milliseconds",
            "| | p50 | p90 | runs | goal | |\n|---|---|---|---|---|---|",
            domains.measure(kind));
      }
    }
  }

  /** The two ways take turns. */
  private List<String> measure(Kind kind) throws Exception {
    Times starts = new Times();
    Times ends = new Times();
    Samples apiStarts = new Samples();
    Samples apiEnds = new Samples();
    // The first of each meets cold caches.
    once(kind, new Times(), new Times());
    onceThroughApi(kind, new Samples(), new Samples());
    for (int run = 0; run < runs; run++) {
      once(kind, starts, ends);
      onceThroughApi(kind, apiStarts, apiEnds);
    }
    return List.of(
        row("start: `Create` and `Start` through the API", apiStarts, "| "),
        row("start: from the first `DomainStatus` to that of a running one", starts.taken, "| "),
        row("start: from the file `DomainConfig`", starts.whole, "| "),
        row("end: `Stop` through the API", apiEnds, "| "),
        row("end: from the `DomainStatus` of a halting one", ends.taken, "| "),
        row(
            "end: from the file `DomainConfig`",
            ends.whole,
            Goal.atMost(GOAL_MILLIS, ends.whole.percentile(0.9), "").cells()));
  }

  private static String row(String what, Samples samples, String goal) {
    return String.format(
        Locale.ROOT, "| %s | %s | %d | %s |", what, samples.cells(), samples.count(), goal);
  }

  private void once(Kind kind, Times starts, Times ends) throws IOException {
    change(kind, true, 1, RUNNING, starts);
    awaitUp(ID);
    change(kind, false, HALTING, HALTED, ends);
    Files.delete(config);
    awaitTrue("the domain to be forgotten", () -> !Files.exists(status));
  }

  /**
   * Writes the file, and waits for what becomes of it.
   *
   * @param first the least state that shows that it was read
   */
  private void change(Kind kind, boolean active, int first, int last, Times times)
      throws IOException {
    ObjectNode domain = MAPPER.createObjectNode();
    domain.putObject("UUIDandVersion").put("UUID", ID).put("Version", "1");
    domain.put("DisplayName", "bench").put("Activate", active).put("AppNum", 1);
    domain.put("Memory", 96 << 10).put("VCpus", 1).put("VirtualizationMode", kind.mode);
    domain
        .putArray("DiskConfigList")
        .addObject()
        .put("FileLocation", volume.toString())
        .put("Format", 8)
        .put("MountDir", "/");
    Path unfinished = Files.writeString(volume.resolve("unfinished"), domain.toString());
    long begin = System.nanoTime();
    Files.move(unfinished, config, StandardCopyOption.ATOMIC_MOVE);
    awaitTrue("the file to be read", () -> state() >= first);
    long taken = System.nanoTime();
    awaitTrue("state " + last, () -> state() == last);
    long end = System.nanoTime();
    times.whole.add(end - begin);
    times.taken.add(end - taken);
  }

  /** 0 if there is none. */
  private int state() throws IOException {
    try {
      JsonNode read = MAPPER.readTree(Files.readAllBytes(status));
      if (!read.path("Error").asText().isEmpty()) {
        throw new IOException("the domain fails: " + read);
      }
      return read.path("State").intValue();
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private void onceThroughApi(Kind kind, Samples starts, Samples ends) throws Exception {
    String document =
        """
        name: %s
        executor: %s
        root: {directory: %s/rootfs}
        command: [sh, -c, "%s"]
        resources: {memory: 96MiB, cpus: 1}
        """
            .formatted(PEER, kind.executor, volume, SCRIPT);
    DocumentRequest request =
        DocumentRequest.newBuilder()
            .setDocument(ByteString.copyFromUtf8(document))
            .setBaseDirectory("/")
            .build();
    TaskmanagerBlockingStub api = daemon.api();
    starts.time(
        () -> {
          api.create(request);
          api.start(StartRequest.newBuilder().setName(PEER).build());
        });
    awaitUp(PEER);
    ends.time(() -> api.stop(StopRequest.newBuilder().setName(PEER).build()));
    api.delete(DeleteRequest.newBuilder().setName(PEER).build());
  }

  /** Waits until a program has said that it is there. */
  private void awaitUp(String task) throws IOException {
    TaskRequest request = TaskRequest.newBuilder().setName(task).build();
    Path output = Path.of(daemon.api().inspect(request).getStdoutPath());
    awaitTrue(
        task + " to be up", () -> Files.exists(output) && Files.readString(output).contains("up"));
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void awaitTrue(String what, Condition condition) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new IOException("waited in vain for " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }
}
