package org.lfedge.eve.tasks.executor.nativecontainer;

import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.container.ContainerDevices;
import org.lfedge.eve.tasks.spi.container.ContainerProgram;
import org.lfedge.eve.tasks.spi.container.Environment;
import org.lfedge.eve.tasks.spi.container.VolumeMounts;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * Runs a program in a container. The anchor is the program itself, so there is no tax but for the
 * init process that a document may ask for.
 *
 * <p>The root says what to run, the document overrides it: a command replaces the image's
 * entrypoint and command both, a variable replaces the one of its name, and so do working directory
 * and user. Of a bundle the whole {@code config.json} becomes the seed's merge patch; its
 * namespaces do not, since every task has its own. Each volume with a target is mounted there as a
 * directory or a file, and each device is passed on, but for those of PCI.
 */
public final class NativeContainerExecutor implements Executor {

  private static final String CAPABILITIES = "capabilities";

  private static final ExecutorInfo INFO =
      ExecutorInfo.builder("native-container", "a program in a container on the node's own kernel")
          .root(Root.Kind.IMAGE)
          .root(Root.Kind.DIRECTORY)
          .root(Root.Kind.BUNDLE)
          .root(Root.Kind.HOST)
          .option(
              Option.optional(
                  CAPABILITIES,
                  Option.Type.STRING_LIST,
                  "Linux capabilities of the program, such as CAP_NET_RAW, in place of those that it"
                      + " would have; the node's policy must grant any beyond the usual ones."))
          .build();

  private static final AnchorTax INIT_TAX =
      new AnchorTax(List.of(ContainerProgram.INIT_TAX), 0, Optional.of(new Measurement.OfAnchor()));

  @Override
  public ExecutorInfo info() {
    return INFO;
  }

  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
    return task.root().kind() == Root.Kind.BUNDLE ? List.of(BundleProgram.CONFIG) : List.of();
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    TaskConfig task = request.task();
    Program program = program(request);
    List<String> args = task.command().isEmpty() ? program.args() : task.command();
    if (args.isEmpty()) {
      throw new SeedException(
          "NO_COMMAND", "command", program.origin() + " names no program; give a command");
    }
    List<Mount> volumes = VolumeMounts.of(task.volumes());
    requireCapabilities(task.options().strings(CAPABILITIES));
    ContainerDevices.require(task.devices());
    try {
      AnchorProcess.Builder process =
          AnchorProcess.builder(args)
              .env(Environment.merge(program.env(), task.env()))
              .workingDir(task.workingDir().orElse(program.workingDir()))
              .user(request.user().or(program::user).orElse(User.ROOT))
              .init(task.init());
      List<String> capabilities = task.options().strings(CAPABILITIES);
      if (capabilities.isEmpty()) {
        program.capabilities().ifPresent(process::capabilities);
      } else {
        process.capabilities(new TreeSet<>(capabilities));
      }
      Seed.Builder seed =
          Seed.builder(
                  task.root().kind() == Root.Kind.HOST ? Base.HOST : Base.TASK,
                  task.root().readOnly() || program.readOnly(),
                  process.build())
              .tax(task.init() ? INIT_TAX : AnchorTax.NONE)
              .stop(StopPlan.signal(program.stopSignal(), task.stopGrace()));
      volumes.forEach(seed::mount);
      task.devices().forEach(seed::device);
      program.annotations().forEach(seed::annotation);
      program.oci().ifPresent(seed::oci);
      return seed.build();
    } catch (IllegalArgumentException malformed) {
      throw new SeedException(
          "MALFORMED_PROGRAM",
          "root",
          program.origin() + " cannot be started as it is: " + malformed.getMessage());
    }
  }

  private static void requireCapabilities(List<String> names) throws SeedException {
    for (String name : names) {
      if (!name.matches("CAP_[A-Z_]+")) {
        throw new SeedException(
            "BAD_VALUE",
            "options." + CAPABILITIES,
            name + " is not the name of a capability, such as CAP_NET_RAW; correct it");
      }
    }
  }

  private static Program program(SeedRequest request) throws SeedException {
    Root.Kind kind = request.task().root().kind();
    return switch (kind) {
      case IMAGE -> ImageProgram.of(request);
      case DIRECTORY -> Program.unnamed("a directory");
      case BUNDLE -> BundleProgram.of(request.fact(BundleProgram.CONFIG));
      case HOST -> Program.unnamed("the node");
      default -> throw SeedException.unsupported("root", kind);
    };
  }
}
