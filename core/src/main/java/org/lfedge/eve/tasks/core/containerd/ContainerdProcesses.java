package org.lfedge.eve.tasks.core.containerd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import org.lfedge.eve.tasks.core.port.InsideProcess;
import org.lfedge.eve.tasks.core.port.InsideProcesses;
import org.lfedge.eve.tasks.core.port.InsideProgram;
import org.lfedge.eve.tasks.core.port.StreamFifos;
import org.lfedge.eve.tasks.core.port.TerminalSize;
import org.lfedge.eve.tasks.spi.task.User;

/** Runs further processes in running tasks by containerd, which calls them execs. */
public final class ContainerdProcesses implements InsideProcesses {

  private final ExecCalls calls;

  /** Runs them in the tasks of the client's namespace. */
  public ContainerdProcesses(ContainerdClient client) {
    calls = new ExecCalls(client);
  }

  @Override
  public CompletableFuture<Void> start(
      InsideProcess process, InsideProgram program, StreamFifos streams) {
    return calls
        .anchor(process.task())
        .thenCompose(anchor -> calls.add(process, process(anchor, program), streams(streams)))
        .thenCompose(added -> calls.start(process, program.args().get(0)))
        .thenAccept(pid -> {});
  }

  private static ExecCalls.Streams streams(StreamFifos fifos) {
    return new ExecCalls.Streams(
        fifos.stdin().map(Path::toString).orElse(""),
        fifos.stdout().toString(),
        fifos.stderr().map(Path::toString).orElse(""),
        fifos.stderr().isEmpty());
  }

  /** The process object of the anchor, made into that of a program. */
  static ObjectNode process(ObjectNode anchor, InsideProgram program) {
    anchor.remove(List.of("terminal", "consoleSize"));
    ArrayNode args = anchor.putArray("args");
    program.args().forEach(args::add);
    program.workingDirectory().ifPresent(directory -> anchor.put("cwd", directory));
    program.user().ifPresent(user -> become(anchor.putObject("user"), user));
    program.terminal().ifPresent(size -> showOn(anchor, size));
    mergeEnv(anchor, program.env());
    return anchor;
  }

  private static void become(ObjectNode json, User user) {
    json.put("uid", user.uid());
    json.put("gid", user.gid());
    ArrayNode groups = json.putArray("additionalGids");
    user.additionalGids().forEach(groups::add);
  }

  private static void showOn(ObjectNode anchor, TerminalSize size) {
    anchor.put("terminal", true);
    anchor.putObject("consoleSize").put("height", size.rows()).put("width", size.columns());
  }

  private static void mergeEnv(ObjectNode anchor, SortedMap<String, String> env) {
    List<String> kept =
        Optional.ofNullable(anchor.get("env")).stream()
            .flatMap(JsonNode::valueStream)
            .map(JsonNode::asText)
            .filter(entry -> !env.containsKey(entry.split("=", 2)[0]))
            .toList();
    ArrayNode merged = anchor.putArray("env");
    kept.forEach(merged::add);
    env.forEach((key, value) -> merged.add(key + "=" + value));
  }

  @Override
  public CompletableFuture<Integer> exit(InsideProcess process) {
    return calls.exit(process);
  }

  @Override
  public CompletableFuture<Void> signal(InsideProcess process, int signal) {
    return calls.kill(process, signal);
  }

  @Override
  public CompletableFuture<Void> closeInput(InsideProcess process) {
    return calls.closeInput(process);
  }

  @Override
  public CompletableFuture<Void> resize(InsideProcess process, TerminalSize size) {
    return calls.resize(process, size);
  }

  @Override
  public CompletableFuture<Void> remove(InsideProcess process) {
    return calls.remove(process);
  }
}
