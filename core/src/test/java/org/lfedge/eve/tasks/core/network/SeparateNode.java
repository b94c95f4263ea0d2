package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.port.HelperCommand;

/**
 * A node of its own, as far as networks go: all helpers run in a network namespace that stands for
 * that of the node, so that bridges, rules and ports of the machine are left alone.
 */
final class SeparateNode implements AutoCloseable {

  final Path directory;
  final Path namespace;
  final HelperCommand helper;
  final PinnedNetworkNamespaces namespaces;
  private final HelperCommand outside;
  private final List<Process> running = new ArrayList<>();

  SeparateNode(Path directory) throws IOException {
    this.directory = directory;
    this.outside = new LockedHelperCommand(directory.resolve("locks"), Duration.ofSeconds(60));
    this.namespace = Files.createFile(directory.resolve("node"));
    String unused =
        outside.run(
            "",
            "make a node",
            List.of("unshare", "--net=" + namespace, "ip", "link", "set", "lo", "up"));
    this.helper =
        (task, purpose, command) -> outside.run(task, purpose, within(namespace, command));
    this.namespaces = new PinnedNetworkNamespaces(directory.resolve("netns"), helper);
    namespaces.isolate();
  }

  static List<String> within(Path namespace, List<String> command) {
    return Stream.concat(Stream.of("nsenter", "--net=" + namespace), command.stream()).toList();
  }

  /** What a shell says on the node. */
  String shell(String script) {
    return helper.run("look", script, List.of("bash", "-c", script));
  }

  /** What a shell says in the namespace of a task. */
  String shell(String task, String script) {
    return outside.run(
        "look", script, within(namespaces.path(task), List.of("bash", "-c", script)));
  }

  /**
   * Tries until there is an answer; that may take a server a moment.
   *
   * @param task in whose namespace; empty for the node
   */
  String ask(String task, String how) {
    String script = "timeout 2 bash -c '" + how + "' 2>/dev/null || true";
    Instant end = Instant.now().plusSeconds(30);
    String answer;
    do {
      answer = task.isEmpty() ? shell(script) : shell(task, script);
    } while (answer.isEmpty() && Instant.now().isBefore(end));
    return answer;
  }

  /** Starts a server in the namespace of a task, until the node is closed. */
  void serve(String task, String... command) throws IOException {
    running.add(
        new ProcessBuilder(within(namespaces.path(task), List.of(command)))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  /** Everything that attaching could leave behind; tables without rules are as good as none. */
  SortedMap<String, String> traces(Path state) throws IOException {
    SortedMap<String, String> traces = new TreeMap<>();
    traces.put("links", shell("ip -o link show | cut -d: -f2"));
    traces.put(
        "rules",
        shell("nft list ruleset")
            .replaceAll("table \\S+ \\S+ \\{\\s*\\}\\s*", "")
            .replaceAll("# Warning.*\n", ""));
    traces.put(
        "iptables", shell("{ iptables-save; ip6tables-save; } | grep '^-A\\|^:[^ ]* -' || true"));
    try (Stream<Path> files = Files.walk(state)) {
      traces.put(
          "files",
          files
              .filter(Files::isRegularFile)
              .map(Path::toString)
              .sorted()
              .collect(Collectors.joining("\n")));
    }
    return traces;
  }

  @Override
  public void close() {
    for (Process process : running) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      process.onExit().join();
    }
    namespaces.release();
    String unused =
        outside.run("", "remove the node", List.of("umount", "--no-mtab", namespace.toString()));
  }
}
