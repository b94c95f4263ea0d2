package org.lfedge.eve.tasks.dist.endtoend;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A shell in a terminal of its own, as {@code script(1)} makes it, with somebody who types. The
 * shell has written what its terminal is called before anything else.
 */
final class PseudoTerminal implements AutoCloseable {

  private static final String NAMED = "terminal ";

  private final Process script;
  private final Thread reader;
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final String device;

  /** Runs a shell command in a terminal of 80 columns and 24 rows. */
  PseudoTerminal(String command) {
    try {
      script =
          new ProcessBuilder(
                  "script",
                  "-qefc",
                  "stty cols 80 rows 24; echo " + NAMED + "$(tty); " + command,
                  "/dev/null")
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    reader = new Thread(this::read, "pseudo-terminal");
    reader.setDaemon(true);
    reader.start();
    await(NAMED);
    Programs.await(
        "the name of the terminal", () -> shown().matches("(?s).*/dev/pts/[0-9]+\r\n.*"));
    String text = shown();
    device = text.substring(text.indexOf("/dev/pts/"), text.indexOf('\r', text.indexOf(NAMED)));
  }

  private void read() {
    byte[] buffer = new byte[8192];
    try (InputStream in = script.getInputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        shown.write(buffer, 0, n);
      }
    } catch (IOException e) {
      shown.writeBytes(("cannot be read: " + e).getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Its name on the node. */
  String device() {
    return device;
  }

  /** All that was shown so far. */
  String shown() {
    return shown.toString(StandardCharsets.UTF_8);
  }

  void await(String text) {
    try {
      Programs.await("the terminal to show '" + text + "'", () -> shown().contains(text));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "; it shows: " + shown(), e);
    }
  }

  PseudoTerminal type(String keys) {
    try {
      script.getOutputStream().write(keys.getBytes(StandardCharsets.ISO_8859_1));
      script.getOutputStream().flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As a window does whose size changes. */
  void resize(int columns, int rows) {
    Programs.run(
            List.of(
                "stty",
                "-F",
                device,
                "cols",
                Integer.toString(columns),
                "rows",
                Integer.toString(rows)))
        .expect(0);
  }

  /** The processes in it whose command line has a text. */
  Stream<ProcessHandle> processes(String text) {
    return script
        .descendants()
        .filter(process -> process.info().commandLine().orElse("").contains(text));
  }

  /** Waits for the end, and for all that is shown; gives the exit status of the shell command. */
  int exit() {
    try {
      if (!script.waitFor(120, TimeUnit.SECONDS)) {
        throw new AssertionError("it does not end; the terminal shows: " + shown());
      }
      reader.join(TimeUnit.SECONDS.toMillis(60));
      return script.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    script.descendants().forEach(ProcessHandle::destroyForcibly);
    script.destroyForcibly();
  }
}
