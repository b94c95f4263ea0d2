package org.lfedge.eve.tasks.dist;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.plugin.JarChecks;
import org.lfedge.eve.tasks.core.verification.Check;

/**
 * Holds a JAR against what nodes ask of it, in a JVM that has nothing to lose: the code in it may
 * end that, or never return. Whatever is found is said at once, see {@link JarCheckLine}.
 */
final class JarCheckMain {

  private static final String OURS = "org.lfedge.eve.tasks.";

  private static final String DEADLINE = "deadline";

  /** For a thread to end that has nothing to do any more. */
  private static final long LAST_STEPS_MILLIS = 500;

  private static final CountDownLatch FINISHED = new CountDownLatch(1);

  private JarCheckMain() {}

  /**
   * Checks a JAR.
   *
   * @param args the JAR, a directory for a copy of it, and the milliseconds that this may take
   */
  public static void main(String[] args) throws IOException {
    PrintStream lines = System.out;
    // What the executor prints is no finding.
    System.setOut(System.err);
    Thread checker = Thread.currentThread();
    ThreadGroup group = checker.getThreadGroup();
    watch(checker, Duration.ofMillis(Long.parseLong(args[2])), lines);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (FINISHED.getCount() > 0) {
                    say(lines, JarBounds.broken("System.exit is called " + ending()));
                    Runtime.getRuntime().halt(1);
                  }
                }));
    JarChecks.run(
        Path.of(args[0]),
        Path.of(args[1]),
        (name, version) -> lines.println(new JarCheckLine.Named(name, version).toText()),
        check -> say(lines, check));
    say(lines, JarBounds.left(leftBehind(checker, group)));
    lines.println(new JarCheckLine.Done().toText());
    lines.flush();
    FINISHED.countDown();
    // Threads of the executor's are nothing to wait for.
    Runtime.getRuntime().halt(0);
  }

  private static void say(PrintStream lines, Check check) {
    lines.println(new JarCheckLine.Checked(check).toText());
    lines.flush();
  }

  private static void watch(Thread checker, Duration deadline, PrintStream lines) {
    Thread watch =
        new Thread(
            () -> {
              try {
                if (!FINISHED.await(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                  say(
                      lines,
                      JarBounds.broken(
                          "it had not ended after "
                              + deadline.toMillis()
                              + " ms, "
                              + place(checker.getStackTrace())));
                  Runtime.getRuntime().halt(1);
                }
              } catch (InterruptedException e) {
                Runtime.getRuntime().halt(1);
              }
            },
            DEADLINE);
    watch.setDaemon(true);
    watch.start();
  }

  /** Where in the executor the JVM is being ended. */
  private static String ending() {
    return Thread.getAllStackTraces().values().stream()
        .filter(
            stack ->
                Arrays.stream(stack)
                    .anyMatch(
                        frame ->
                            frame.getClassName().equals("java.lang.Runtime")
                                && frame.getMethodName().equals("exit")))
        .findFirst()
        .map(JarCheckMain::place)
        .orElse("somewhere");
  }

  /** The innermost line that is of the executor. */
  private static String place(StackTraceElement[] stack) {
    return Arrays.stream(stack)
        .filter(
            frame ->
                !frame.getClassName().startsWith("java.")
                    && !frame.getClassName().startsWith("jdk.")
                    && !frame.getClassName().startsWith(OURS))
        .findFirst()
        .map(frame -> "in " + frame)
        .orElse("outside of its own classes");
  }

  private static boolean lives(Thread thread) {
    try {
      thread.join(LAST_STEPS_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return thread.isAlive();
  }

  /** What an executor must not start, by name. */
  private static List<String> leftBehind(Thread checker, ThreadGroup group) {
    List<String> left =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> group.equals(thread.getThreadGroup()))
            .filter(thread -> !thread.equals(checker) && !thread.getName().equals(DEADLINE))
            .filter(JarCheckMain::lives)
            .map(thread -> "thread " + thread.getName())
            .sorted()
            .collect(Collectors.toList());
    ProcessHandle.current()
        .children()
        .forEach(child -> left.add("process " + child.info().command().orElse("unknown")));
    return left;
  }
}
