package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.NetworkProbes;
import org.lfedge.eve.tasks.core.port.ProbeResult;

/**
 * Probes by {@code curl} and {@code bash}, which {@code nsenter} runs in the namespace of the task:
 * a JVM cannot enter one. Unlike helpers that change something, probes take no lock.
 */
public final class NamespaceProbes implements NetworkProbes {

  /** After a restart all tasks are probed at once; each {@code curl} takes some 10 MiB. */
  private static final int AT_ONCE = 16;

  private static final int MAX_REASON = 300;
  private static final int FIRST_BAD_STATUS = 400;

  /** Of nsenter, when it cannot run the program; curl and bash here use none above 100. */
  private static final int CANNOT_EXECUTE = 126;

  /** A body is no part of the answer: its size and rate are limited, and it is thrown away. */
  private static final List<String> CURL =
      List.of(
          "curl",
          "--disable",
          "--globoff",
          "--silent",
          "--show-error",
          "--insecure",
          "--noproxy",
          "*",
          "--proto",
          "=http,https",
          "--max-filesize",
          "1048576",
          "--limit-rate",
          "1M",
          "--output",
          "/dev/null",
          "--write-out",
          "%{http_code}",
          "--url");

  /** curl's exit code for a body above the limit, when the status is known. */
  private static final int TOO_LARGE = 63;

  private static final String CONNECT =
      ": 3<>\"/dev/tcp/127.0.0.1/$1\" || : 3<>\"/dev/tcp/::1/$1\"";

  private final NetworkNamespaces namespaces;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int running;

  /** Probes in the namespaces that are pinned. */
  public NamespaceProbes(NetworkNamespaces namespaces) {
    this.namespaces = namespaces;
  }

  @Override
  public CompletableFuture<ProbeResult> http(String task, String url, Duration timeout) {
    List<String> command = new ArrayList<>(CURL);
    command.add(url);
    return probe(task, command, timeout, NamespaceProbes::httpResult);
  }

  @Override
  public CompletableFuture<ProbeResult> tcp(String task, int port, Duration timeout) {
    return probe(
        task,
        List.of("bash", "--norc", "--noprofile", "-c", CONNECT, "probe", Integer.toString(port)),
        timeout,
        end ->
            end.code() == 0
                ? ProbeResult.PASSED
                : ProbeResult.failed("port " + port + ": " + lastWords(end.errors())));
  }

  /** How a program ended, and what it wrote. */
  private record End(int code, String output, String errors) {}

  private static ProbeResult httpResult(End end) {
    boolean answered = end.code() == 0 || end.code() == TOO_LARGE;
    if (!answered || !end.output().matches("[1-9][0-9]{2}")) {
      return ProbeResult.failed(lastWords(end.errors()));
    }
    return Integer.parseInt(end.output()) < FIRST_BAD_STATUS
        ? ProbeResult.PASSED
        : ProbeResult.failed("status " + end.output());
  }

  private CompletableFuture<ProbeResult> probe(
      String task, List<String> program, Duration timeout, Function<End, ProbeResult> judge) {
    Path namespace = namespaces.path(task);
    List<String> command = new ArrayList<>(List.of("nsenter", "--net=" + namespace));
    command.addAll(program);
    CompletableFuture<ProbeResult> result = new CompletableFuture<>();
    submit(
        () -> {
          var unused =
              run(command, timeout, judge)
                  .whenComplete(
                      (value, failure) -> {
                        next();
                        if (failure == null) {
                          result.complete(value);
                        } else {
                          result.completeExceptionally(
                              failure instanceof CompletionException
                                  ? failure.getCause()
                                  : failure);
                        }
                      });
        });
    return result;
  }

  private void submit(Runnable probe) {
    synchronized (waiting) {
      if (running == AT_ONCE) {
        waiting.add(probe);
        return;
      }
      running++;
    }
    probe.run();
  }

  private void next() {
    Runnable probe;
    synchronized (waiting) {
      probe = waiting.poll();
      if (probe == null) {
        running--;
        return;
      }
    }
    probe.run();
  }

  private static CompletableFuture<ProbeResult> run(
      List<String> command, Duration timeout, Function<End, ProbeResult> judge) {
    ProcessBuilder builder = new ProcessBuilder(command);
    // No proxy, no settings of the user, and messages in English.
    String path = builder.environment().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    builder.environment().clear();
    builder.environment().put("PATH", path);
    builder.environment().put("LC_ALL", "C");
    builder.redirectInput(Path.of("/dev/null").toFile());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return CompletableFuture.failedFuture(impossible(e.toString()));
    }
    CompletableFuture<Boolean> expired =
        new CompletableFuture<Boolean>()
            .completeOnTimeout(true, timeout.toNanos(), TimeUnit.NANOSECONDS);
    var unusedKill =
        expired.thenAccept(
            yes -> {
              if (yes) {
                // Not by the process itself, which would close the streams as well.
                process.toHandle().destroyForcibly();
              }
            });
    return process
        .onExit()
        .thenApply(
            ended -> {
              boolean inTime = expired.complete(false);
              End end = end(ended);
              if (!inTime) {
                return ProbeResult.failed("no answer within " + seconds(timeout));
              }
              if (end.code() >= CANNOT_EXECUTE) {
                throw impossible(lastWords(end.errors()));
              }
              return judge.apply(end);
            });
  }

  private static String seconds(Duration timeout) {
    return timeout.toMillis() % 1000 == 0 ? timeout.toSeconds() + " s" : timeout.toMillis() + " ms";
  }

  /** What it wrote is a pipe's content at most, 64 KiB: nobody empties the pipe while it runs. */
  private static End end(Process process) {
    try (InputStream output = process.getInputStream();
        InputStream errors = process.getErrorStream()) {
      return new End(process.exitValue(), text(output), text(errors));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read what a probe wrote", e);
    }
  }

  private static String text(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  /** The last line that a program wrote, without its own name; what a server sent may be in it. */
  private static String lastWords(String errors) {
    String line = errors.lines().reduce("", (before, last) -> last);
    String words =
        line.replaceFirst(
                "^(?:curl: \\([0-9]+\\) |probe: (?:line [0-9]+: )?(?:/dev/tcp/\\S+: )?|nsenter: )",
                "")
            .replaceAll("\\p{Cntrl}", "?");
    if (words.isEmpty()) {
      return "it failed without a reason";
    }
    return words.length() > MAX_REASON ? words.substring(0, MAX_REASON) + "..." : words;
  }

  private static TaskException impossible(String why) {
    return TaskException.failed(
        Problem.host(
            "PROBE_IMPOSSIBLE",
            "the network of a task cannot be probed: "
                + why
                + "; the programs nsenter (Debian: util-linux), curl and bash must be installed"));
  }
}
