package org.lfedge.eve.tasks.dist;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.dist.cli.Terminal.Device;
import org.lfedge.eve.tasks.dist.cli.Terminal.Registration;
import org.lfedge.eve.tasks.dist.cli.Terminal.Size;

/** The terminal at standard input, by {@code stty}, which is a part of every Linux system. */
final class SttyDevice implements Device {

  private static final long SECONDS = 10;

  /**
   * Writes the size, and again each time it changes. The kernel sends SIGWINCH to whatever runs in
   * the foreground of the terminal, so to this shell too; it ends when this program does, which
   * closes its input. A shell waits for a process if signals are to reach it meanwhile.
   */
  private static final String WATCH =
      "exec 3<&0; cat <&3 >/dev/null & watched=$!; trap 'stty size </dev/tty' WINCH;"
          + " stty size </dev/tty;"
          + " while kill -0 $watched 2>/dev/null; do wait $watched; done";

  @Override
  public Optional<Size> size() {
    Result result = stty("size");
    return result.status() == 0 ? size(result.output()) : Optional.empty();
  }

  private static Optional<Size> size(String text) {
    String[] rowsAndColumns = text.strip().split(" ", -1);
    if (rowsAndColumns.length != 2) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Size(Integer.parseInt(rowsAndColumns[1]), Integer.parseInt(rowsAndColumns[0])));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public boolean showsErrors() {
    try {
      String stream = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      boolean terminal = stream.startsWith("/dev/pts/") || stream.startsWith("/dev/tty");
      return terminal && !"dumb".equals(System.getenv("TERM"));
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public String type() {
    String type = System.getenv("TERM");
    return type == null || type.isEmpty() ? "xterm" : type;
  }

  @Override
  public Registration raw() {
    String before = must(stty("-g")).strip();
    AtomicBoolean restored = new AtomicBoolean();
    Registration restore =
        () -> {
          if (restored.compareAndSet(false, true)) {
            must(stty(before));
          }
        };
    must(stty("raw", "-echo"));
    return restore;
  }

  @Override
  public Registration onResize(Consumer<Size> action) {
    Process watch;
    try {
      watch =
          new ProcessBuilder("sh", "-c", WATCH)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw failure(String.valueOf(e.getMessage()));
    }
    Thread reader = new Thread(() -> report(watch, action), "window-size");
    reader.setDaemon(true);
    reader.start();
    return () -> {
      try {
        watch.getOutputStream().close();
      } catch (IOException e) {
        watch.destroy();
      }
    };
  }

  private static void report(Process watch, Consumer<Size> action) {
    try (BufferedReader lines = watch.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        size(line).ifPresent(action);
      }
    } catch (IOException e) {
      // The watch has ended.
    }
  }

  private record Result(int status, String output) {}

  private static String must(Result result) {
    if (result.status() != 0) {
      throw failure(result.output());
    }
    return result.output();
  }

  private static Result stty(String... arguments) {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectErrorStream(true)
              .start();
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw failure("stty does not end");
      }
      try (var output = process.getInputStream()) {
        return new Result(
            process.exitValue(), new String(output.readAllBytes(), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw failure(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("interrupted");
    }
  }

  private static TaskException failure(String why) {
    return TaskException.failed(
        Problem.host("TERMINAL_FAILED", "cannot use the terminal at standard input: " + why));
  }
}
