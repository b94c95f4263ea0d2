package org.lfedge.eve.tasks.dist;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.verification.Check;
import org.lfedge.eve.tasks.core.verification.ContractChecks;
import org.lfedge.eve.tasks.core.verification.Report;

/**
 * Runs {@link JarCheckMain}: the code of a JAR gets a JVM of its own, with bounds on its memory and
 * its time, and no environment.
 *
 * @param java the program that runs it
 * @param classPath with this class in it
 */
record JarCheckProcess(Path java, String classPath) {

  private static final int HEAP_MEGABYTES = 64;

  /** For the JVM to start, and for a JVM that is too busy to keep its own deadline. */
  private static final Duration GRACE = Duration.ofSeconds(20);

  /** The checks have some ten KiB; the rest is what the executor or its JVM prints. */
  private static final int MAX_OUTPUT = 1 << 20;

  private static final int MAX_LAST_WORDS = 500;

  /** For a pipe to be read to its end when nobody writes to it any more. */
  private static final long LAST_WORDS_MILLIS = 2000;

  /**
   * Checks a JAR.
   *
   * @param directory for what is written meanwhile
   * @param deadline for all that the executor is asked
   */
  Report check(Path jar, Path directory, Duration deadline) {
    try {
      Process process = start(jar, directory, deadline);
      Output output = new Output(process.getInputStream());
      Output errors = new Output(process.getErrorStream());
      boolean ended = false;
      try {
        ended = process.waitFor(deadline.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        // What the executor has started ends with it.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
      String said = output.text();
      return report(
          said,
          ended
              ? how(process.waitFor(), said + errors.text())
              : "it had not ended after " + deadline.plus(GRACE).toSeconds() + " s");
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("CANNOT_VERIFY", "cannot start " + java + ": " + e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TaskException.failed(Problem.user("CANNOT_VERIFY", "it was interrupted"), e);
    }
  }

  private Process start(Path jar, Path directory, Duration deadline) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                java.toString(),
                "-Xmx" + HEAP_MEGABYTES + "m",
                "-Xss512k",
                "-XX:MaxMetaspaceSize=64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xshare:auto",
                "-Djava.io.tmpdir=" + directory,
                "-cp",
                classPath,
                JarCheckMain.class.getName(),
                jar.toAbsolutePath().toString(),
                directory.resolve("jars").toString(),
                Long.toString(deadline.toMillis()))
            .directory(directory.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().clear();
    // Paths are UTF-8, whatever locale the caller has.
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder.start();
  }

  /**
   * Reads to the end, and keeps the beginning. The end may never come: what the executor has
   * started holds the stream open.
   */
  private static final class Output {

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final Thread reader;

    Output(InputStream stream) {
      reader = new Thread(() -> read(stream), "output");
      reader.setDaemon(true);
      reader.start();
    }

    private void read(InputStream stream) {
      byte[] buffer = new byte[8192];
      try (stream) {
        for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
          synchronized (kept) {
            kept.write(buffer, 0, Math.min(count, MAX_OUTPUT - kept.size()));
          }
        }
      } catch (IOException e) {
        // Ended; what was read counts.
      }
    }

    /** What was written by a process that has ended. */
    String text() throws InterruptedException {
      reader.join(LAST_WORDS_MILLIS);
      synchronized (kept) {
        return kept.toString(StandardCharsets.UTF_8);
      }
    }
  }

  private static String how(int status, String said) {
    if (said.contains("java.lang.OutOfMemoryError")) {
      return "it needs more memory than the "
          + HEAP_MEGABYTES
          + " MiB of heap that it is given: "
          + lastWords(said.substring(said.indexOf("java.lang.OutOfMemoryError")));
    }
    return "its JVM ended with status " + status + " before all was checked: " + lastWords(said);
  }

  private static String lastWords(String text) {
    List<String> lines =
        text.lines()
            .filter(line -> !line.isBlank() && !line.startsWith(JarCheckLine.MARK))
            .toList();
    String words = lines.isEmpty() ? "nothing was said" : lines.get(0).strip();
    return words.length() <= MAX_LAST_WORDS ? words : words.substring(0, MAX_LAST_WORDS) + "...";
  }

  private static Report report(String output, String how) {
    List<JarCheckLine> lines =
        output.lines().map(JarCheckLine::parse).flatMap(Optional::stream).toList();
    List<Check> checks = new ArrayList<>();
    of(lines, JarCheckLine.Checked.class).forEach(line -> checks.add(line.check()));
    boolean done = of(lines, JarCheckLine.Done.class).findAny().isPresent();
    if (done) {
      checks.add(JarBounds.kept());
    } else if (checks.stream().noneMatch(JarBounds::isBroken)) {
      checks.add(JarBounds.broken(how));
    }
    checks.addAll(ContractChecks.missing(checks, "it did not come to that"));
    Optional<JarCheckLine.Named> named = of(lines, JarCheckLine.Named.class).findFirst();
    return new Report(
        "jar",
        named.map(JarCheckLine.Named::executor),
        named.map(JarCheckLine.Named::version),
        checks);
  }

  private static <T> Stream<T> of(List<JarCheckLine> lines, Class<T> type) {
    return lines.stream().filter(type::isInstance).map(type::cast);
  }
}
