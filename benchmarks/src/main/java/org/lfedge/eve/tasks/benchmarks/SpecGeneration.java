package org.lfedge.eve.tasks.benchmarks;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.spec.DeviceInputs;
import org.lfedge.eve.tasks.core.spec.SpecAssembly;
import org.lfedge.eve.tasks.core.spec.SpecInputs;
import org.lfedge.eve.tasks.core.spec.VolumePlace;
import org.lfedge.eve.tasks.executor.nativecontainer.NativeContainerExecutor;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.Volume;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How many specs a second one thread makes, without files, processes and containerd. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class SpecGeneration {

  private static final byte[] DOCUMENT =
      """
      name: web
      root: {image: docker.io/library/web:1}
      command: [sh, -c, exec httpd -f -p 8080 -h /srv/www]
      env: {GREETING: Hello, LANG: C.UTF-8}
      init: true
      resources: {memory: 64MiB, cpus: 0.5}
      stop: {grace: 5s}
      """
          .getBytes(StandardCharsets.UTF_8);

  private static final int SAMPLES = 64;

  private final Executor executor = new NativeContainerExecutor();
  private final Grants grants = Policy.DEFAULT.grants(Origin.BUNDLED);
  private final SeedRequest[] requests = new SeedRequest[SAMPLES];
  private int next;

  /** Picks requests that the executor does not refuse; equal ones in every run. */
  @Setup
  public void pickRequests() {
    int found = 0;
    for (long seed = 0; found < SAMPLES; seed++) {
      SeedRequest request = SampleRequests.of(executor.info(), Root.Kind.IMAGE, seed);
      try {
        assemble(request);
        requests[found++] = request;
      } catch (SeedException | RuntimeException refused) {
        // Another one, then: samples are also of shapes that are to be refused.
      }
    }
  }

  /** From the request to the bytes of the spec: the executor's part and the core's. */
  @Benchmark
  public String seedAndAssemble() throws SeedException {
    next = (next + 1) % SAMPLES;
    return assemble(requests[next]);
  }

  /** From the text of a document to its checked form. */
  @Benchmark
  public List<TaskDocument> parseDocument() {
    return TaskDocuments.parse(DOCUMENT, Path.of("/"));
  }

  private String assemble(SeedRequest request) throws SeedException {
    Seed seed = executor.seed(request);
    return SpecAssembly.assemble(seed, inputs(request, seed), grants).json();
  }

  private static SpecInputs inputs(SeedRequest request, Seed seed) {
    return new SpecInputs(
        request.task().name(),
        new UUID(0, 1),
        64 << 20,
        500,
        "/taskmanager/web",
        Path.of("/run/taskmanager/netns/web"),
        seed.files().stream().map(file -> Path.of("/run/taskmanager/web/file")).toList(),
        Optional.empty(),
        Path.of("/usr/bin/tini-static"),
        "amd64",
        false,
        "native-container",
        Optional.empty(),
        places(request.task()),
        new TreeMap<>(),
        Optional.empty(),
        DeviceInputs.NONE);
  }

  private static SortedMap<String, VolumePlace> places(TaskConfig task) {
    SortedMap<String, VolumePlace> places = new TreeMap<>();
    for (Volume volume : task.volumes()) {
      Path path = Path.of("/run/taskmanager/web/volumes", volume.name());
      places.put(
          volume.name(),
          new VolumePlace.OnNode(path, Propagation.PRIVATE, volume.readOnly(), volume.views()));
    }
    return places;
  }
}
