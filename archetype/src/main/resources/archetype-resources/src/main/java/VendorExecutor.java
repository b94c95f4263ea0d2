package ${package};

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
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
 * Runs the script of a task document with the shell of the task's root. A place to begin with: the
 * same request must give the same seed, so it reads no file, no clock and no environment.
 */
public final class VendorExecutor implements Executor {

  private static final ExecutorInfo INFO =
      ExecutorInfo.builder("${executorName}", "a script, run by the shell of its root")
          .root(Root.Kind.IMAGE)
          .root(Root.Kind.DIRECTORY)
          .option(Option.required("script", Option.Type.STRING, "What the shell runs."))
          .build();

  @Override
  public ExecutorInfo info() {
    return INFO;
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    TaskConfig task = request.task();
    if (!INFO.rootKinds().contains(task.root().kind())) {
      throw SeedException.unsupported("root", task.root().kind());
    }
    List<String> args = new ArrayList<>(List.of("/bin/sh", "-c"));
    args.add(task.options().string("script").orElseThrow());
    args.add(task.name());
    args.addAll(task.command());
    List<String> env = new ArrayList<>();
    task.env().forEach((key, value) -> env.add(key + "=" + value));
    if (!task.env().containsKey("PATH")) {
      env.add("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }
    AnchorProcess.Builder process =
        AnchorProcess.builder(args)
            .env(env)
            .workingDir(task.workingDir().orElse("/"))
            .init(task.init());
    request.user().ifPresent(process::user);
    Seed.Builder seed =
        Seed.builder(Base.TASK, task.root().readOnly(), process.build())
            .stop(StopPlan.signal("SIGTERM", task.stopGrace()));
    for (Volume volume : task.volumes()) {
      if (!volume.mayBeLeftOut()) {
        seed.mount(mount(volume));
      }
    }
    task.devices().forEach(seed::device);
    return seed.build();
  }

  private static Mount mount(Volume volume) throws SeedException {
    if (!volume.views().contains(View.FILESYSTEM)) {
      throw SeedException.unsupported("volumes", volume.name() + ", which is no directory");
    }
    String target =
        volume
            .target()
            .orElseThrow(
                () ->
                    new SeedException(
                        "VOLUME_WITHOUT_TARGET",
                        "volumes",
                        "say where the script is to see volume " + volume.name() + ", as target:"));
    return new Mount(
        new Source.OfVolume(volume.name(), View.FILESYSTEM), target, volume.readOnly());
  }
}
