package org.lfedge.eve.tasks.dist.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Runs programs to their end, and waits for what others do. */
final class Programs {

  /** Far beyond what anything takes on a busy machine; a test that waits so long has failed. */
  private static final long DEADLINE_SECONDS = 120;

  private static final ObjectMapper JSON = new ObjectMapper();

  private Programs() {}

  /** How a program ended, and what it wrote. */
  record Result(List<String> command, int status, String out, String err) {

    /** What it wrote to its standard output, as JSON. */
    JsonNode json() {
      return parse(out);
    }

    /** The codes of the errors that {@code -o json} gives. */
    List<String> errorCodes() {
      return parse(err).path("errors").findValuesAsText("code");
    }

    /** The first of what is wrong, of a command with {@code -o json}. */
    JsonNode firstError() {
      return parse(err).path("errors").path(0);
    }

    /** Itself, if it ended as it should. */
    Result expect(int expected) {
      if (status != expected) {
        throw new AssertionError("expected exit status " + expected + " of " + this);
      }
      return this;
    }
  }

  static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
  }

  static Result run(List<String> command) {
    return run(command, "");
  }

  /** Runs a program with a text as its standard input. */
  static Result run(List<String> command, String input) {
    try {
      Process process = new ProcessBuilder(command).start();
      CompletableFuture<String> out = text(process.getInputStream());
      CompletableFuture<String> err = text(process.getErrorStream());
      try (var in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      }
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(command + " did not end; it wrote " + out.join() + err.join());
      }
      return new Result(command, process.exitValue(), out.join(), err.join());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static CompletableFuture<String> text(InputStream stream) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        // Not the common pool: it may have a single thread, and both streams must be read at once.
        work -> new Thread(work, "reader").start());
  }

  static void await(String what, BooleanSupplier condition) {
    await(what, DEADLINE_SECONDS, condition);
  }

  /** For what takes minutes on an idle machine. */
  static void awaitLong(String what, BooleanSupplier condition) {
    await(what, 5 * DEADLINE_SECONDS, condition);
  }

  private static void await(String what, long seconds, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited in vain for " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** Waits until a number is positive and stands still. */
  static void awaitStill(String what, LongSupplier number) {
    long[] before = {0};
    await(
        what,
        () -> {
          long now = number.getAsLong();
          boolean still = now > 0 && now == before[0];
          before[0] = now;
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
          return still;
        });
  }

  /** The bytes that a process has written so far. */
  static long written(long pid) {
    return read(Path.of("/proc", Long.toString(pid), "io"))
        .lines()
        .filter(line -> line.startsWith("wchar: "))
        .mapToLong(line -> Long.parseLong(line.substring("wchar: ".length())))
        .findFirst()
        .orElseThrow();
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
