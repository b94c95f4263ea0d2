package org.lfedge.eve.tasks.executor.jvm;

import java.util.ArrayList;
import java.util.List;

/**
 * The arguments of the JVM; no shell sees them, but for the one command that the JVM runs itself.
 */
final class JvmCommandLine {

  /** What is left behind in the runtime directory by a JVM without memory, and a word in it. */
  static final String OUT_OF_MEMORY_FILE = "out-of-memory";

  static final String OUT_OF_MEMORY_WORD = "java";

  /** Starts the JVM with the archive of the program's classes, or has it make one. */
  private static final String LAUNCHER = "/usr/lib/taskmanager/java-launch";

  private JvmCommandLine() {}

  /**
   * All arguments.
   *
   * @param cpus at least 1
   * @param codeCache in bytes
   * @param program the arguments of the program itself
   */
  static List<String> of(
      JvmOptions options,
      JvmMemory memory,
      JvmOptions.Gc gc,
      int cpus,
      long codeCache,
      Application application,
      List<String> program) {
    List<String> args = new ArrayList<>();
    args.add(size("-Xms", Math.max(JvmMemory.MIN_HEAP, memory.heap() / 4)));
    args.add(size("-Xmx", memory.heap()));
    args.add(size("-Xss", memory.stack()));
    args.add(size("-XX:MaxMetaspaceSize=", memory.metaspace()));
    args.add(size("-XX:MaxDirectMemorySize=", memory.direct()));
    args.add(size("-XX:ReservedCodeCacheSize=", codeCache));
    args.add("-XX:ActiveProcessorCount=" + cpus);
    args.add(gc.flag());
    args.add("-XX:-UsePerfData");
    args.add("-XX:+ErrorFileToStdout");
    args.add("-XX:-CreateCoredumpOnCrash");
    if (options.exitOnOutOfMemory()) {
      args.add("-XX:+ExitOnOutOfMemoryError");
      args.add(
          "-XX:OnOutOfMemoryError=echo "
              + OUT_OF_MEMORY_WORD
              + " >"
              + JvmExecutor.RUNTIME
              + "/"
              + OUT_OF_MEMORY_FILE);
    }
    args.add("-Duser.home=" + JvmVolumes.TMP);
    args.addAll(options.jvmOptions());
    List<String> all = new ArrayList<>();
    application
        .classPath()
        .filter(any -> options.archive())
        .ifPresent(
            classPath ->
                all.addAll(
                    List.of(
                        LAUNCHER, JvmExecutor.STATE, classPath, Integer.toString(args.size()))));
    all.add(ToolsJava.PROGRAM);
    all.addAll(args);
    all.addAll(application.args());
    all.addAll(program);
    return List.copyOf(all);
  }

  private static String size(String option, long bytes) {
    return option + bytes / 1024 + "k";
  }
}
