package org.lfedge.eve.tasks.spi.contract;

import java.util.List;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.Volume;

/** Keeps the contract; subclasses break one rule each. */
class GoodExecutor implements Executor {

  static final ExecutorInfo INFO =
      ExecutorInfo.builder("good", "").root(Root.Kind.DIRECTORY).root(Root.Kind.HOST).build();

  static final FactQuery FILE = new FactQuery.JsonFile("file.json");

  @Override
  public ExecutorInfo info() {
    return INFO;
  }

  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    return List.of(FILE);
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    if (!INFO.rootKinds().contains(request.task().root().kind())) {
      throw SeedException.unsupported("root", request.task().root().kind());
    }
    return builder(request)
        .stop(StopPlan.signal("SIGTERM", request.task().stopGrace()))
        .annotation("file", "" + request.fact(FILE).present())
        .build();
  }

  static Seed.Builder builder(SeedRequest request) {
    return place(
        request,
        Seed.builder(
            Base.TASK,
            request.task().root().readOnly(),
            process(request.task().env().entrySet().stream().map(e -> e + "").toList())),
        false);
  }

  /** Mounts each volume in the first view that it offers, and takes each device. */
  static Seed.Builder place(SeedRequest request, Seed.Builder seed, boolean writable) {
    for (Volume volume : request.task().volumes()) {
      seed.mount(
          new Mount(
              new Source.OfVolume(volume.name(), volume.views().first()),
              "/volumes/" + volume.name(),
              volume.readOnly() && !writable));
    }
    request.task().devices().forEach(seed::device);
    return seed;
  }

  static AnchorProcess process(List<String> env) {
    return AnchorProcess.builder(List.of("/anchor")).env(env).build();
  }
}
