package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.ExitRule.FileMatch;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/**
 * Executors, of which one is bundled as it were: it seeds any image with the document's command.
 * The others are {@link SomeEmulator}, and one whose programs are interpreted by those of its
 * tools.
 */
final class OneExecutor implements ExecutorCatalog {
  /** At levels 4 and 5, what clears away what the anchor has left. */
  static final List<String> CLEANUP = List.of("clear", "away");

  private final LoadedExecutor only =
      new LoadedExecutor(
          new SomeExecutor(), "1.0.0", "sha256:" + "0".repeat(64), "some.jar", Origin.BUNDLED);

  private final LoadedExecutor emulator =
      new LoadedExecutor(
          new SomeEmulator(),
          "2.0.0",
          "sha256:" + "8".repeat(64),
          "emulator.jar",
          Origin.TRUSTED_DIGEST);

  private final LoadedExecutor interpreted =
      new LoadedExecutor(
          new Interpreted(), "3.0.0", "sha256:" + "9".repeat(64), "some.jar", Origin.BUNDLED);

  private final LoadedExecutor crossArch =
      new LoadedExecutor(
          new SomeCrossArch(), "3.0.0", "sha256:" + "9".repeat(64), "cross.jar", Origin.BUNDLED);

  /** Whether there is an executor for images of other platforms. */
  volatile boolean emulates;

  @Override
  public Optional<LoadedExecutor> find(String name) {
    return list().stream()
        .filter(loaded -> loaded.executor().info().name().equals(name))
        .findFirst();
  }

  @Override
  public List<LoadedExecutor> list() {
    return emulates
        ? List.of(crossArch, emulator, interpreted, only)
        : List.of(emulator, interpreted, only);
  }

  @Override
  public List<Rejected> rejected() {
    return List.of();
  }

  /** Seeds any image with the document's command, and taxes it with a mebibyte. */
  private static final class SomeExecutor implements Executor {
    @Override
    public ExecutorInfo info() {
      return ExecutorInfo.builder("native-container", "for tests")
          .root(Root.Kind.IMAGE)
          .option(Option.optional("level", Option.Type.INTEGER, "Some level."))
          .option(Option.optional("capabilities", Option.Type.STRING_LIST, "Of the program."))
          .build();
    }

    @Override
    public Seed seed(SeedRequest request) throws SeedException {
      List<String> command =
          request.task().command().isEmpty()
              ? request.image().map(ResolvedImage::command).orElse(List.of())
              : request.task().command();
      if (command.isEmpty()) {
        throw new SeedException("NO_COMMAND", "command", "give a command");
      }
      AnchorProcess.Builder process = AnchorProcess.builder(command);
      List<String> capabilities = request.task().options().strings("capabilities");
      if (!capabilities.isEmpty()) {
        process.capabilities(new TreeSet<>(capabilities));
      }
      Seed.Builder seed =
          Seed.builder(Base.TASK, request.task().root().readOnly(), process.build());
      for (Volume volume : request.task().volumes()) {
        if (volume.mayBeLeftOut() && level(request.task()) < 8) {
          continue;
        }
        Source source = new Source.OfVolume(volume.name(), volume.views().first());
        String target = volume.target().orElse("/disks/" + volume.name());
        seed.mount(new Mount(source, target, volume.readOnly()));
      }
      request.task().devices().forEach(seed::device);
      taps(request.task()).forEach(seed::attachment);
      if (level(request.task()) == 6) {
        telling(seed);
      }
      if (level(request.task()) == 4 || level(request.task()) == 5) {
        seed.cleanup(CLEANUP);
      }
      if (level(request.task()) == 5) {
        seed.mount(new Mount(new Source.RuntimeDirectory(1 << 20), "/run/task", false));
      }
      return seed.memory(level(request.task()) == 10 ? Pool.HYPERVISOR : Pool.CGROUP)
          .tax(tax(level(request.task())))
          .stop(stop(request.task()))
          .build();
    }
  }

  /** At level 10, of an anchor beside a guest that a hypervisor has. */
  private static AnchorTax tax(long level) {
    AnchorTax.Part own =
        new AnchorTax.Part("test", Pool.CGROUP, level == 10 ? 16 << 20 : 1 << 20, "for tests");
    return new AnchorTax(
        level == 10
            ? List.of(own, new AnchorTax.Part("pages", Pool.HYPERVISOR, 2 << 20, "for tests"))
            : List.of(own),
        0);
  }

  /** Its programs are of a format that the node does not know. */
  private static final class Interpreted implements Executor {
    @Override
    public ExecutorInfo info() {
      return ExecutorInfo.builder("interpreted", "for tests")
          .root(Root.Kind.IMAGE)
          .userNamespace()
          .build();
    }

    @Override
    public Seed seed(SeedRequest request) {
      AnchorProcess process = AnchorProcess.builder(request.task().command()).build();
      return Seed.builder(Base.TASK, false, process)
          .binaryFormat(new BinaryFormat("tst", "00746573", "ffffffff", "/bin/interpreter"))
          .stop(StopPlan.signal("SIGTERM", request.task().stopGrace()))
          .build();
    }
  }

  private static long level(TaskConfig task) {
    return task.options().integer("level").orElse(0);
  }

  /** At level 6, an anchor that tells of its end in files, keeps something and has a console. */
  private static void telling(Seed.Builder seed) {
    seed.mount(new Mount(new Source.State("vars", 1 << 20), "/vars", false))
        .mount(new Mount(new Source.RuntimeDirectory(1 << 20), "/run/task", false))
        .exit(new ExitRule.CodeIn("code"))
        .exit(told("off", Outcome.SUCCESS))
        .exit(told("reset", Outcome.REBOOT))
        .exit(told("panic", Outcome.CRASH))
        .console(List.of("join"));
  }

  private static ExitRule told(String word, Outcome outcome) {
    return new ExitRule.Meaning(
        OptionalInt.empty(), Optional.of(new FileMatch("log", word)), outcome, "it told: " + word);
  }

  /**
   * From level 8 on, for a guest, a tap for each interface; at level 9 one for an interface that is
   * not there.
   */
  private static List<Attachment> taps(TaskConfig task) {
    long level = level(task);
    if (level < 8 || level == 10) {
      return List.of();
    }
    return task.interfaces().stream()
        .map(one -> level == 9 ? "missing" : one.name())
        .map(name -> new Attachment(name, "tap" + level, 1000, Join.REDIRECT))
        .toList();
  }

  /** At level 7, a program that asks for the end, and then SIGTERM. */
  private static StopPlan stop(TaskConfig task) {
    if (level(task) != 7) {
      return StopPlan.signal("SIGTERM", task.stopGrace());
    }
    return new StopPlan(
        List.of(
            new StopStep.Exec(List.of("power-off"), Duration.ofMillis(50)),
            new StopStep.Signal("SIGTERM", Duration.ofMillis(50))));
  }

  /** Runs images in its tools; its arguments tell the platform that it was told. */
  private static final class SomeCrossArch implements Executor {
    @Override
    public ExecutorInfo info() {
      return ExecutorInfo.builder("cross-arch", "for tests")
          .root(Root.Kind.IMAGE)
          .option(Option.optional("platform", Option.Type.PLATFORM, "What it emulates."))
          .userNamespace()
          .build();
    }

    @Override
    public Seed seed(SeedRequest request) {
      String told = request.task().options().string("platform").orElse("nothing");
      String image = request.image().map(ResolvedImage::architecture).orElse("");
      return Seed.builder(
              Base.TOOLS, true, AnchorProcess.builder(List.of("emulate", told, image)).build())
          .mount(new Mount(new Source.OfRoot(View.FILESYSTEM), "/root", false))
          .stop(StopPlan.signal("SIGTERM", request.task().stopGrace()))
          .build();
    }
  }
}
