package org.lfedge.eve.tasks.executor.jvm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.container.ContainerDevices;
import org.lfedge.eve.tasks.spi.container.Environment;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * Runs a JAR. The anchor is a JVM out of the tools, with the JAR below {@value #ROOT}.
 *
 * <p>The memory that the task asks for is the program's: it is shared out between heap, metaspace,
 * buffers and stacks, so that whichever is full first ends the program with a word of Java's and
 * not by the kernel. What the JVM takes for itself is the tax.
 */
public final class JvmExecutor implements Executor {

  /** Where the root is in the task. */
  static final String ROOT = "/app";

  /** Where the archive of the program's classes is kept. */
  static final String STATE = "/var/lib/task";

  static final String RUNTIME = "/run/task";

  private static final String MANIFEST = ROOT + "/MANIFEST.MF";

  private static final long MIB = 1L << 20;

  /** Large applications have archives of 60 MiB. */
  private static final long STATE_BYTES = 128 * MIB;

  /** From here on a JVM itself would take G1. */
  private static final long G1_MEMORY = 1792 * MIB;

  /** glibc would keep freed memory apart for each thread. */
  private static final List<String> ENV =
      List.of(
          "PATH=/opt/java/bin:/usr/bin:/bin",
          "JAVA_HOME=/opt/java",
          "LANG=C.UTF-8",
          "HOME=" + JvmVolumes.TMP,
          "MALLOC_ARENA_MAX=2");

  /** The JVM would take its options after ours, and so over them. */
  private static final String OVERRIDING = "_JAVA_OPTIONS";

  private static final int SIGABRT = 128 + 6;
  private static final int OUT_OF_MEMORY = 3;

  private static final ExecutorInfo INFO = described();

  private static ExecutorInfo described() {
    ExecutorInfo.Builder info =
        ExecutorInfo.builder("jvm", "a JAR on a JVM out of tools")
            .root(Root.Kind.FILE)
            .root(Root.Kind.DIRECTORY);
    JvmOptions.DECLARED.forEach(info::option);
    return info.build();
  }

  @Override
  public ExecutorInfo info() {
    return INFO;
  }

  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    return Application.facts(task, JvmOptions.of(task.options()));
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    TaskConfig task = request.task();
    JvmOptions options = JvmOptions.of(task.options());
    ToolsJava java = ToolsJava.of(request);
    Application application = Application.of(request, options, java);
    JvmMemory memory = JvmMemory.of(task.resources().memoryBytes(), options);
    int cpus =
        Math.max(1, Math.min(request.host().cpus(), (task.resources().milliCpus() + 999) / 1000));
    JvmOptions.Gc gc = options.gc().orElse(gc(task.resources().memoryBytes(), cpus));
    long codeCache = options.codeCache().orElse(codeCache(task.resources().memoryBytes()));
    List<Mount> volumes = JvmVolumes.of(task.volumes());
    boolean ownTmp = volumes.stream().noneMatch(mount -> mount.target().equals(JvmVolumes.TMP));
    long tmp = ownTmp ? options.tmp().orElse(JvmTax.TMP) : 0;
    if (!ownTmp && options.tmp().isPresent()) {
      throw JvmOptions.bad(JvmOptions.TMP, "is the size of /tmp, where a volume is; leave it out");
    }
    ContainerDevices.require(task.devices());
    List<String> args =
        JvmCommandLine.of(options, memory, gc, cpus, codeCache, application, task.command());
    try {
      Seed.Builder seed =
          Seed.builder(
                  Base.TOOLS,
                  true,
                  AnchorProcess.builder(args)
                      .env(env(task.env()))
                      .workingDir(task.workingDir().orElse(ROOT))
                      .user(request.user().orElse(User.ROOT))
                      .init(task.init())
                      .build())
              .tax(JvmTax.of(memory, gc, codeCache, tmp, task.init(), options.archive()))
              .stop(StopPlan.signal("SIGTERM", task.stopGrace()))
              .mount(
                  new Mount(new Source.RuntimeDirectory(JvmTax.RUNTIME_DIRECTORY), RUNTIME, false));
      if (ownTmp) {
        seed.mount(new Mount(new Source.Tmpfs(tmp), JvmVolumes.TMP, false));
      }
      if (options.archive()) {
        seed.mount(new Mount(new Source.State("archive", STATE_BYTES), STATE, false));
      }
      root(task.root(), application, seed);
      volumes.forEach(seed::mount);
      task.devices().forEach(seed::device);
      exits(options).forEach(seed::exit);
      return seed.build();
    } catch (IllegalArgumentException malformed) {
      throw new SeedException(
          "MALFORMED_PROGRAM",
          "root",
          "the JAR cannot be started as it is asked for: " + malformed.getMessage());
    }
  }

  /** The JAR with its manifest beside it, or the directory. */
  private static void root(Root root, Application application, Seed.Builder seed) {
    if (root instanceof Root.Directory) {
      seed.mount(new Mount(new Source.OfRoot(View.FILESYSTEM), ROOT, root.readOnly()));
      return;
    }
    seed.mount(new Mount(new Source.OfRoot(View.FILE), Application.JAR, true));
    application
        .manifest()
        .ifPresent(
            text -> seed.file(new SeedFile(MANIFEST, text.getBytes(StandardCharsets.UTF_8), 0444)));
  }

  private static List<ExitRule> exits(JvmOptions options) {
    List<ExitRule> rules = new ArrayList<>();
    if (options.exitOnOutOfMemory()) {
      rules.add(
          new ExitRule.Meaning(
              OptionalInt.of(OUT_OF_MEMORY),
              Optional.of(
                  new ExitRule.FileMatch(
                      JvmCommandLine.OUT_OF_MEMORY_FILE, JvmCommandLine.OUT_OF_MEMORY_WORD)),
              ExitRule.Outcome.OUT_OF_MEMORY,
              "the JVM ran out of heap, metaspace or threads, and its output says of which"));
    }
    rules.add(
        new ExitRule.Meaning(
            OptionalInt.of(SIGABRT),
            Optional.empty(),
            ExitRule.Outcome.CRASH,
            "the JVM itself crashed, and its output says where"));
    return rules;
  }

  private static JvmOptions.Gc gc(long memory, int cpus) {
    return memory >= G1_MEMORY && cpus > 1 ? JvmOptions.Gc.G1 : JvmOptions.Gc.SERIAL;
  }

  /** More code is worth compiling in larger programs; the JVM's own choice is 240 MiB. */
  private static long codeCache(long memory) {
    return memory < 128 * MIB
        ? 16 * MIB
        : memory < 512 * MIB ? 32 * MIB : memory < 2048 * MIB ? 64 * MIB : 128 * MIB;
  }

  private static List<String> env(SortedMap<String, String> given) throws SeedException {
    if (given.containsKey(OVERRIDING)) {
      throw new SeedException(
          "BAD_VALUE",
          "env." + OVERRIDING,
          "the JVM would take "
              + OVERRIDING
              + " over the sizes that follow from the memory of the task; write"
              + " options.jvmOptions, or JAVA_TOOL_OPTIONS, which it does not");
    }
    return Environment.merge(ENV, given);
  }
}
