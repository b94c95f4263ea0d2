package org.lfedge.eve.tasks.dist.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;

/** Runs command lines of taskctl in this process. */
final class CommandRun {

  private final Path socket;
  private final Path bundledExecutors;
  private ExecutorVerifier verifier =
      (file, name, deadline) -> {
        throw new AssertionError("not to be called");
      };
  private final CompletableFuture<IntSupplier> interruptible = new CompletableFuture<>();
  private String standardInput = "";
  private final FakeDevice device = new FakeDevice();

  CommandRun(Path socket, Path bundledExecutors) {
    this.socket = socket;
    this.bundledExecutors = bundledExecutors;
  }

  /** What came of a command line. */
  record Result(int status, String out, String err) {}

  CommandRun standardInput(String text) {
    standardInput = text;
    return this;
  }

  /** What verifies executors; nothing, until it is given. */
  CommandRun verifier(ExecutorVerifier value) {
    verifier = value;
    return this;
  }

  /** The terminal at standard input; none, until it is given a size. */
  FakeDevice device() {
    return device;
  }

  /** Completes with what Ctrl-C would do, as soon as a command listens for it. */
  CompletableFuture<IntSupplier> interruptible() {
    return interruptible;
  }

  Result run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(standardInput.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            action -> {
              interruptible.complete(action);
              return () -> {};
            },
            device);
    List<String> line = new ArrayList<>(List.of("--socket=" + socket));
    line.addAll(List.of(args));
    int status =
        CommandLineClient.run(
            line.toArray(String[]::new),
            terminal,
            Clock.fixed(Instant.ofEpochSecond(1_800_000_600), ZoneOffset.UTC),
            "1.2.3",
            bundledExecutors,
            verifier);
    return new Result(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
