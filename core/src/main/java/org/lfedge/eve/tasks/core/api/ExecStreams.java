package org.lfedge.eve.tasks.core.api;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.ExecInput;
import org.lfedge.eve.tasks.core.api.v1.ExecOutput;
import org.lfedge.eve.tasks.core.api.v1.ExecStart;
import org.lfedge.eve.tasks.core.api.v1.ExecStarted;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.InsideProgram;
import org.lfedge.eve.tasks.core.port.Session;
import org.lfedge.eve.tasks.core.port.StandardStream;
import org.lfedge.eve.tasks.core.port.TerminalSize;
import org.lfedge.eve.tasks.core.spec.Users;

/** Runs programs inside of tasks for clients of the API. */
final class ExecStreams {

  private final TaskManager tasks;
  private final Interaction interaction;

  ExecStreams(TaskManager tasks, Interaction interaction) {
    this.tasks = tasks;
    this.interaction = interaction;
  }

  StreamObserver<ExecInput> open(StreamObserver<ExecOutput> client) {
    return new Call((ServerCallStreamObserver<ExecOutput>) client);
  }

  private InsideProgram program(ExecStart start) {
    Anchor anchor = RunningAnchor.of(tasks, start.getName());
    if (start.getConsole()) {
      return console(start);
    }
    if (start.getArgsCount() == 0 || start.getArgs(0).isEmpty()) {
      throw TaskException.failed(Problem.user("NO_PROGRAM", "no program to run was given"));
    }
    String directory = start.getWorkingDirectory();
    if (!directory.isEmpty() && !directory.startsWith("/")) {
      throw TaskException.failed(
          Problem.user(
              "NOT_ABSOLUTE", "the working directory must be an absolute path: " + directory));
    }
    for (String name : start.getEnvMap().keySet()) {
      if (name.isEmpty() || name.contains("=")) {
        throw TaskException.failed(
            Problem.user("BAD_VARIABLE", "no variable can have this name: '" + name + "'"));
      }
    }
    return new InsideProgram(
        start.getArgsList(),
        start.getUser().isEmpty()
            ? Optional.empty()
            : Optional.of(
                Users.resolve(
                    start.getUser(),
                    // As they are now: the task may have added accounts.
                    interaction.facts().accounts("/proc/" + anchor.pid() + "/root"))),
        directory.isEmpty() ? Optional.empty() : Optional.of(directory),
        new TreeMap<>(start.getEnvMap()),
        size(start));
  }

  /** The executor chose the program, and it may do what the anchor may. */
  private InsideProgram console(ExecStart start) {
    if (start.getArgsCount() > 0
        || !start.getUser().isEmpty()
        || !start.getWorkingDirectory().isEmpty()) {
      throw TaskException.failed(
          Problem.user("BAD_CALL", "a console has its own program, user and working directory"));
    }
    String name = start.getName();
    List<String> program =
        tasks
            .inspect(name)
            .record()
            .blueprint()
            .flatMap(blueprint -> blueprint.seed().console())
            .orElseThrow(() -> TaskException.failed(noConsole(name)));
    return new InsideProgram(
        program, Optional.empty(), Optional.empty(), new TreeMap<>(start.getEnvMap()), size(start));
  }

  private static Problem noConsole(String name) {
    return Problem.user(
        "NO_CONSOLE",
        "task "
            + name
            + " has no console: its executor names no program for one, and it has no terminal of"
            + " its own; run a program in it with taskctl exec, or create it with terminal: true"
            + " in its document");
  }

  private static Optional<TerminalSize> size(ExecStart start) {
    return start.hasTerminal()
        ? Optional.of(RunningAnchor.size(start.getTerminal()))
        : Optional.empty();
  }

  /** One call. Its messages come one after the other. */
  private final class Call implements StreamObserver<ExecInput> {

    private final ServerCallStreamObserver<ExecOutput> client;
    private final ClientGate<ExecOutput> gate;
    private final CompletableFuture<Void> announced = new CompletableFuture<>();
    private @Nullable Session session;

    Call(ServerCallStreamObserver<ExecOutput> client) {
      this.client = client;
      gate = new ClientGate<>(client, this::left);
      client.disableAutoRequest();
      client.request(1);
    }

    private void left() {
      Session open = session();
      if (open != null) {
        open.hangUp();
      }
    }

    private synchronized @Nullable Session session() {
      return session;
    }

    @Override
    public void onNext(ExecInput message) {
      try {
        if (message.hasStart()) {
          start(message.getStart());
        } else {
          take(message);
        }
      } catch (RuntimeException e) {
        gate.fail(e);
        left();
      }
    }

    private void start(ExecStart start) {
      if (session() != null) {
        throw TaskException.failed(Problem.user("BAD_CALL", "a call starts one program"));
      }
      var unused =
          interaction
              .sessions()
              .open(start.getName(), program(start), start.getStdin(), this::output)
              .whenComplete(
                  (opened, failure) -> {
                    if (failure != null) {
                      gate.fail(failure);
                    } else {
                      opened(opened);
                    }
                    announced.complete(null);
                  });
    }

    private void opened(Session opened) {
      synchronized (this) {
        session = opened;
      }
      if (gate.closed()) {
        // It left meanwhile, and nobody will say so again.
        opened.hangUp();
      }
      gate.sendNow(ExecOutput.newBuilder().setStarted(ExecStarted.getDefaultInstance()).build());
      var unused =
          opened
              .exit()
              .whenComplete(
                  (code, failure) -> {
                    if (failure != null) {
                      gate.fail(failure);
                    } else {
                      gate.sendNow(ExecOutput.newBuilder().setExitCode(code).build());
                      gate.complete();
                    }
                  });
      client.request(1);
    }

    private void take(ExecInput message) {
      Session open = session();
      if (open == null) {
        throw TaskException.failed(Problem.user("BAD_CALL", "the first message names a program"));
      }
      switch (message.getInputCase()) {
        case STDIN -> {
          // The next message is asked for when the program has taken this one.
          var unused =
              open.write(message.getStdin().asReadOnlyByteBuffer())
                  .whenComplete((written, failure) -> client.request(1));
        }
        case END_OF_INPUT -> {
          open.endInput();
          client.request(1);
        }
        case RESIZE -> {
          var unused = open.resize(RunningAnchor.size(message.getResize()));
          client.request(1);
        }
        default -> client.request(1);
      }
    }

    private void output(StandardStream stream, ByteBuffer data) {
      // A program may write before it is known here that it runs.
      announced.join();
      ByteString bytes = ByteString.copyFrom(data);
      ExecOutput.Builder message = ExecOutput.newBuilder();
      gate.send(
          (stream == StandardStream.STDOUT ? message.setStdout(bytes) : message.setStderr(bytes))
              .build());
    }

    @Override
    public void onError(Throwable failure) {
      // The cancellation says so too, and hangs up.
    }

    @Override
    public void onCompleted() {
      Session open = session();
      if (open != null) {
        open.endInput();
      }
    }
  }
}
