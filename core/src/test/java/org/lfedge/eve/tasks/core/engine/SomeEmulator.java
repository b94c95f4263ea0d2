package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
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
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/**
 * Runs in its tools and serves the root of the task, whatever that is; its arguments tell what it
 * was told. Options have it break its contract.
 */
final class SomeEmulator implements Executor {

  @Override
  public ExecutorInfo info() {
    return ExecutorInfo.builder("emulator", "for tests")
        .root(Root.Kind.IMAGE)
        .root(Root.Kind.DIRECTORY)
        .root(Root.Kind.FILE)
        .root(Root.Kind.NONE)
        .option(Option.oneOf("base", "Where it runs.", List.of("tools", "task")))
        .option(Option.optional("mounts", Option.Type.INTEGER, "How often it mounts the root."))
        .option(Option.optional("ask", Option.Type.STRING, "A volume to ask about."))
        .build();
  }

  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
    List<FactQuery> questions = new ArrayList<>();
    if (view(task.root()) == View.BLOCK) {
      questions.add(new FactQuery.DiskImage(Optional.empty()));
    } else if (task.root() instanceof Root.File) {
      questions.add(new FactQuery.JarFile(Optional.empty(), Optional.empty()));
    }
    task.volumes().stream()
        .filter(volume -> volume.views().contains(View.BLOCK))
        .forEach(volume -> questions.add(new FactQuery.DiskImage(Optional.of(volume.name()))));
    task.options()
        .string("ask")
        .ifPresent(name -> questions.add(new FactQuery.DiskImage(Optional.of(name))));
    return questions;
  }

  private static View view(Root root) {
    if (root instanceof Root.File file) {
      return file.format().equals("jar") ? View.FILE : View.BLOCK;
    }
    return View.FILESYSTEM;
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    TaskConfig task = request.task();
    boolean stands = task.options().string("base").orElse("tools").equals("tools");
    List<String> args = new ArrayList<>(List.of("emulate"));
    request.tools().ifPresent(tools -> args.add(tools.digest()));
    for (FactQuery query : facts(task, List.of())) {
      args.add(request.fact(query).values().toString());
    }
    Seed.Builder seed =
        Seed.builder(stands ? Base.TOOLS : Base.TASK, true, AnchorProcess.builder(args).build());
    long usual = stands && task.root().kind() != Root.Kind.NONE ? 1 : 0;
    for (long i = 0; i < task.options().integer("mounts").orElse(usual); i++) {
      seed.mount(
          new Mount(new Source.OfRoot(view(task.root())), "/guest" + i, task.root().readOnly()));
    }
    for (Volume volume : task.volumes()) {
      seed.mount(
          new Mount(
              new Source.OfVolume(volume.name(), volume.views().first()),
              "/volumes/" + volume.name(),
              volume.readOnly()));
    }
    return seed.stop(StopPlan.signal("SIGTERM", task.stopGrace())).build();
  }
}
