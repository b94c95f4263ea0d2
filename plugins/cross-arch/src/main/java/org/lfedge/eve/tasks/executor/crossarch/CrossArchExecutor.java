package org.lfedge.eve.tasks.executor.crossarch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.container.ContainerDevices;
import org.lfedge.eve.tasks.spi.container.ContainerProgram;
import org.lfedge.eve.tasks.spi.container.VolumeMounts;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * Runs an image, or a directory, of another architecture. The anchor is its program, as in a
 * container, which the kernel runs by an emulator out of the tools; and so it does all programs
 * that this one starts. Of the emulator the root holds nothing.
 *
 * <p>A root of the node's own architecture is run as it is: so one document serves nodes of several
 * architectures.
 */
public final class CrossArchExecutor implements Executor {

  private static final String PLATFORM = "platform";
  private static final String PROCESSES = "processes";

  private static final long DEFAULT_PROCESSES = 4;
  private static final long MAX_PROCESSES = 4096;

  /**
   * What an emulator takes beside the memory of its program, for each process. Measured of {@code
   * qemu-aarch64-static} 7.2 on amd64: 5 MiB for a shell, 8 MiB for perl, 29 MiB for a Python that
   * works on JSON. Few tasks have four of the large ones.
   */
  private static final long PROCESS_BYTES = 12 << 20;

  private static final ExecutorInfo INFO =
      ExecutorInfo.builder(
              "cross-arch", "an image of another architecture, each process of it emulated")
          .root(Root.Kind.IMAGE)
          .root(Root.Kind.DIRECTORY)
          .option(
              Option.optional(
                  PLATFORM,
                  Option.Type.PLATFORM,
                  "What the root is made for, such as arm64 or linux/arm/v7; of an image that is made"
                      + " for several, that one is taken."))
          .option(
              Option.optional(
                  PROCESSES,
                  Option.Type.INTEGER,
                  "How many processes the tax is for, 1 to 4096; 4 without it."))
          .userNamespace()
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
    long processes = processes(task);
    String architecture = architecture(request);
    boolean foreign = !architecture.equals(request.host().architecture());
    ContainerProgram program = ContainerProgram.of(request);
    List<Mount> volumes = VolumeMounts.of(task.volumes());
    ContainerDevices.require(task.devices());
    List<AnchorTax.Part> tax = new ArrayList<>();
    if (task.init()) {
      tax.add(ContainerProgram.INIT_TAX);
    }
    if (foreign) {
      tax.add(emulation(processes));
    }
    Seed.Builder seed =
        Seed.builder(Base.TASK, task.root().readOnly(), program.process())
            .tax(new AnchorTax(tax, 0, Optional.empty()))
            .stop(StopPlan.signal(program.stopSignal(), task.stopGrace()));
    volumes.forEach(seed::mount);
    task.devices().forEach(seed::device);
    if (foreign) {
      Architecture emulated = emulated(task, architecture);
      String emulator = Emulators.of(tools(request)).path(emulated);
      try {
        seed.binaryFormat(emulated.runBy(emulator));
      } catch (IllegalArgumentException malformed) {
        throw new SeedException(
            "MALFORMED_TOOLS",
            "tools",
            "the tools have a label that cannot be right: " + malformed.getMessage());
      }
    }
    return seed.build();
  }

  private static long processes(TaskConfig task) throws SeedException {
    OptionalLong asked = task.options().integer(PROCESSES);
    if (asked.isPresent() && (asked.getAsLong() < 1 || asked.getAsLong() > MAX_PROCESSES)) {
      throw new SeedException(
          "BAD_VALUE",
          "options." + PROCESSES,
          "a task has 1 to " + MAX_PROCESSES + " processes, not " + asked.getAsLong());
    }
    return asked.orElse(DEFAULT_PROCESSES);
  }

  private static AnchorTax.Part emulation(long processes) {
    return new AnchorTax.Part(
        "emulation",
        Pool.CGROUP,
        processes * PROCESS_BYTES,
        "translated code and tables of the emulator, "
            + (PROCESS_BYTES >> 20)
            + " MiB for each of "
            + processes
            + " processes");
  }

  /** What an image says of itself, since that is what it is; of a directory, what is said of it. */
  private static String architecture(SeedRequest request) throws SeedException {
    Optional<ResolvedImage> image = request.image();
    if (image.isPresent()) {
      if (!image.get().os().equals("linux")) {
        throw new SeedException(
            "PLATFORM_NOT_EMULATED",
            "root.image",
            "the image is for " + image.get().os() + ", and only Linux can be emulated");
      }
      return image.get().architecture();
    }
    String platform =
        request
            .task()
            .options()
            .string(PLATFORM)
            .orElseThrow(
                () ->
                    new SeedException(
                        "PLATFORM_MISSING",
                        "options." + PLATFORM,
                        "a directory does not say what its programs are made for; give it, such as"
                            + " platform: arm64"));
    String[] words = platform.split("/");
    return words.length > 1 ? words[1] : words[0];
  }

  private static Architecture emulated(TaskConfig task, String word) throws SeedException {
    return Architecture.of(word)
        .orElseThrow(
            () ->
                new SeedException(
                    "PLATFORM_NOT_EMULATED",
                    task.root().kind() == Root.Kind.IMAGE ? "root.image" : "options." + PLATFORM,
                    "programs for "
                        + word
                        + " cannot be emulated, only those for "
                        + String.join(
                            ", ", Stream.of(Architecture.values()).map(Architecture::word).toList())
                        + "; use another image, or a virtual machine"));
  }

  private static ResolvedImage tools(SeedRequest request) throws SeedException {
    return request
        .tools()
        .orElseThrow(
            () ->
                new SeedException(
                    "TOOLS_MISSING",
                    "tools",
                    "a program of another architecture needs a tools image with emulators; name it"
                        + " in the document as tools, or for all tasks under"
                        + " executors.cross-arch.tools in the config of the node"));
  }
}
