package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.time.Clock;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** What every command shares: the terminal, the chosen format, and the way to the daemon. */
final class Session {

  private static final JsonMapper JSON = new JsonMapper();

  private final Terminal terminal;
  private final Clock clock;
  private final Path bundledExecutors;
  private final ExecutorVerifier verifier;
  private Path socket = Path.of("/run/taskmanager/taskd.sock");
  private Format format = Format.table;

  Session(Terminal terminal, Clock clock, Path bundledExecutors, ExecutorVerifier verifier) {
    this.terminal = terminal;
    this.clock = clock;
    this.bundledExecutors = bundledExecutors;
    this.verifier = verifier;
  }

  void socket(Path value) {
    socket = value;
  }

  void format(Format value) {
    format = value;
  }

  Terminal terminal() {
    return terminal;
  }

  Clock clock() {
    return clock;
  }

  /** The directory with the executors that came with this program. */
  Path bundledExecutors() {
    return bundledExecutors;
  }

  /** What verifies executors in files. */
  ExecutorVerifier verifier() {
    return verifier;
  }

  boolean json() {
    return format == Format.json;
  }

  /** A connection to the daemon; nothing is sent before the first call. */
  Connection connect() {
    return Connection.to(socket);
  }

  /** Writes a value for programs, indented. */
  void print(JsonNode value) {
    terminal.out().println(text(value));
  }

  /** Writes lines for people. */
  void print(String text) {
    terminal.out().println(printable(text));
  }

  /** Writes a line for people that is no part of the result. */
  void note(String text) {
    terminal.err().println("taskctl: " + printable(text));
  }

  /** Writes all that is wrong. */
  void report(TaskException failure) {
    if (json()) {
      ObjectNode message = JSON.createObjectNode();
      ArrayNode errors = message.putArray("errors");
      failure.problems().forEach(problem -> errors.add(TaskJson.problem(problem)));
      terminal.err().println(message);
    } else {
      for (Problem problem : failure.problems()) {
        note(problem.toString());
      }
    }
  }

  static String text(JsonNode value) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree in memory can always be written", e);
    }
  }

  /** JSON as the daemon sent it. */
  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw TaskException.failed(
          Problem.internal("BAD_ANSWER", "taskd sent JSON that cannot be read: " + e.getMessage()),
          e);
    }
  }

  /** Bytes as they are, to standard output or error. */
  boolean copy(byte[] data, boolean toErr) {
    var stream = toErr ? terminal.err() : terminal.out();
    stream.write(data, 0, data.length);
    return !stream.checkError();
  }

  /**
   * Writes what a program wrote, byte for byte.
   *
   * @throws TaskException if nobody reads it any more
   */
  void show(ByteString data, boolean toErr) {
    if (!copy(data.toByteArray(), toErr)) {
      throw TaskException.failed(
          Problem.user("CANNOT_WRITE", "nobody reads the output of this command any more"));
    }
  }

  /** Names and messages come from outside: a terminal would obey control characters in them. */
  private static String printable(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints()
        .map(point -> Character.isISOControl(point) && point != '\n' ? '?' : point)
        .forEach(result::appendCodePoint);
    return result.toString();
  }
}
