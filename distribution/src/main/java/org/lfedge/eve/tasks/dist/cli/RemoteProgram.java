package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.ByteString;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.EndOfInput;
import org.lfedge.eve.tasks.core.api.v1.ExecInput;
import org.lfedge.eve.tasks.core.api.v1.ExecOutput;
import org.lfedge.eve.tasks.core.api.v1.ExecStart;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** A program that runs inside a task, its streams joined with those of the user. */
final class RemoteProgram implements AutoCloseable {

  private final Session session;
  private final ExecStart start;
  private final Duplex<ExecInput, ExecOutput> call;
  private final @Nullable DetachKeys keys;
  private volatile boolean left;

  /**
   * Starts a program; refusals are said in a terminal that is as it was.
   *
   * @param leavable whether Ctrl-P Ctrl-Q in a terminal leaves it, which ends the program
   */
  RemoteProgram(Session session, Connection connection, ExecStart start, boolean leavable) {
    this.session = session;
    this.start = start;
    keys = leavable && start.hasTerminal() ? new DetachKeys() : null;
    call = connection.duplex((stub, answers) -> stub.exec(answers));
    call.sendNow(ExecInput.newBuilder().setStart(start).build());
    if (!call.next().map(ExecOutput::hasStarted).orElse(false)) {
      throw broken();
    }
  }

  /**
   * Follows it to its end.
   *
   * @return its exit code; empty if the user has left
   */
  Optional<Integer> follow() {
    if (!start.hasTerminal()) {
      return exit();
    }
    LocalTerminal terminal =
        LocalTerminal.open(
            session.terminal(),
            size ->
                call.sendNow(
                    ExecInput.newBuilder().setResize(LocalTerminal.message(size)).build()));
    try {
      return exit();
    } catch (TaskException e) {
      if (left) {
        return Optional.empty();
      }
      throw e;
    } finally {
      terminal.close();
    }
  }

  private Optional<Integer> exit() {
    if (start.getStdin()) {
      TypedInput.forward(session.terminal().in(), new Input());
    }
    for (Optional<ExecOutput> next = call.next(); next.isPresent(); next = call.next()) {
      ExecOutput output = next.get();
      switch (output.getOutputCase()) {
        case STDOUT -> session.show(output.getStdout(), false);
        case STDERR -> session.show(output.getStderr(), true);
        case EXIT_CODE -> {
          return Optional.of(output.getExitCode());
        }
        default -> {}
      }
    }
    throw broken();
  }

  private static TaskException broken() {
    return TaskException.failed(
        Problem.internal("BAD_ANSWER", "taskd ended the call without an exit code"));
  }

  @Override
  public void close() {
    call.close();
  }

  private final class Input implements TypedInput.Sink {

    @Override
    public boolean take(byte[] data, int length) {
      if (keys == null) {
        return send(ByteString.copyFrom(data, 0, length));
      }
      byte[] passed = keys.filter(data, length);
      boolean more = passed.length == 0 || send(ByteString.copyFrom(passed));
      if (keys.found()) {
        left = true;
        call.close();
        return false;
      }
      return more;
    }

    private boolean send(ByteString typed) {
      return call.send(ExecInput.newBuilder().setStdin(typed).build());
    }

    @Override
    public void end() {
      var unused =
          call.send(ExecInput.newBuilder().setEndOfInput(EndOfInput.getDefaultInstance()).build());
    }
  }
}
