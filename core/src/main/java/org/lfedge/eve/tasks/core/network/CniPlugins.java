package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;

/** Runs plugins of CNI, each as a short program under the lock of its task. */
final class CniPlugins {

  private static final int MAX_RESULT = 1 << 20;
  private static final int MAX_ERRORS = 4096;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final String RUN =
      """
      input=$1 run=${1%/*}
      shift
      "$@" <"$input" >"$run/output" 2>"$run/errors"
      echo $?
      """;

  private final List<Path> directories;
  private final ScratchDirectory scratch;
  private final HelperCommand helper;

  /**
   * What a plugin is asked for.
   *
   * @param namespace where it is pinned; empty if it is gone
   * @param arguments in the form of {@code CNI_ARGS}
   */
  record Call(
      String task,
      String command,
      String containerId,
      Optional<Path> namespace,
      String interfaceName,
      String arguments,
      ObjectNode request) {}

  /** Runs those of certain directories. */
  CniPlugins(List<Path> directories, ScratchDirectory scratch, HelperCommand helper) {
    this.directories = directories;
    this.scratch = scratch;
    this.helper = helper;
  }

  /** Where a plugin is. */
  Optional<Path> find(String type) {
    return directories.stream()
        .map(directory -> directory.resolve(type))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  String searched() {
    return directories.stream().map(Path::toString).collect(Collectors.joining(", "));
  }

  /**
   * Runs a plugin.
   *
   * @return its result; empty if it wrote none
   * @throws TaskException with the message of the plugin
   */
  Optional<ObjectNode> run(Call call) {
    String type = CniConfig.type(call.request());
    Path program =
        find(type)
            .orElseThrow(
                () ->
                    failed(
                        call,
                        "it is not in " + searched(),
                        "install it, or name its directory in cni.pluginDirectories of the node's"
                            + " config"));
    return scratch.withFile("input", call.request().toString(), input -> run(call, program, input));
  }

  private Optional<ObjectNode> run(Call call, Path program, Path input) {
    String type = CniConfig.type(call.request());
    String code =
        helper.run(
            call.task(), call.command() + " by plugin " + type, command(input, program, call));
    String output = read(input.resolveSibling("output"), MAX_RESULT);
    if (!code.equals("0")) {
      String errors = read(input.resolveSibling("errors"), MAX_ERRORS);
      throw failed(call, message(code, output, errors), "mend what it says, then try again");
    }
    return result(call, output);
  }

  private List<String> command(Path input, Path program, Call call) {
    List<String> command = new ArrayList<>(List.of("sh", "-c", RUN, "sh", input.toString(), "env"));
    command.add("CNI_COMMAND=" + call.command());
    command.add("CNI_CONTAINERID=" + call.containerId());
    command.add("CNI_NETNS=" + call.namespace().map(Path::toString).orElse(""));
    command.add("CNI_IFNAME=" + call.interfaceName());
    command.add("CNI_ARGS=" + call.arguments());
    command.add(
        "CNI_PATH=" + directories.stream().map(Path::toString).collect(Collectors.joining(":")));
    command.add(program.toString());
    return command;
  }

  private static Optional<ObjectNode> result(Call call, String output) {
    if (output.isEmpty()) {
      return Optional.empty();
    }
    try {
      if (MAPPER.readTree(output) instanceof ObjectNode result) {
        return Optional.of(result);
      }
    } catch (JsonProcessingException e) {
      // Falls through to the same failure.
    }
    throw failed(call, "its result is no JSON object", "ask who made the plugin");
  }

  /** CNI has plugins write a failure as JSON; one that crashes writes what it likes. */
  private static String message(String code, String output, String errors) {
    try {
      JsonNode error = MAPPER.readTree(output);
      String message = error.path("msg").asText();
      String details = error.path("details").asText();
      if (!message.isEmpty()) {
        return details.isEmpty() ? message : message + ": " + details;
      }
    } catch (JsonProcessingException e) {
      // Falls through to what it wrote.
    }
    String words = errors.isEmpty() ? output : errors;
    return "exit code " + code + (words.isEmpty() ? " without a message" : ": " + words);
  }

  private static TaskException failed(Call call, String why, String next) {
    String network = call.request().path("name").asText();
    String subject =
        "network "
            + network
            + ": plugin "
            + CniConfig.type(call.request())
            + " failed to "
            + (call.command().equals("ADD") ? "attach" : "detach")
            + " interface "
            + call.interfaceName()
            + " of task "
            + call.task()
            + ": "
            + why;
    if (why.contains("no IP addresses available")) {
      return TaskException.failed(
          Problem.host(
              "SUBNET_EXHAUSTED", subject + "; delete tasks on it, or give it a larger subnet"));
    }
    if (why.contains("is not available in range set")) {
      return TaskException.failed(
          Problem.host("ADDRESS_TAKEN", subject + "; choose another address, or none"));
    }
    return TaskException.failed(Problem.host("CNI_FAILED", subject + "; " + next));
  }

  private static String read(Path file, int limit) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(limit), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("CNI_FAILED", "cannot read what a plugin wrote: " + e), e);
    }
  }
}
