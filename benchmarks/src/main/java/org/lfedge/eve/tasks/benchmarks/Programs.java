package org.lfedge.eve.tasks.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs as a shell would, without the shell. */
final class Programs {

  private static final long DEADLINE_SECONDS = 120;

  private Programs() {}

  /**
   * Runs a program to its end.
   *
   * @return what it wrote
   * @throws IOException if it fails: figures of a program that fails are worth nothing
   */
  static String run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("it took too long: " + List.of(command));
    }
    if (process.exitValue() != 0) {
      throw new IOException(List.of(command) + " failed: " + text);
    }
    return text;
  }
}
