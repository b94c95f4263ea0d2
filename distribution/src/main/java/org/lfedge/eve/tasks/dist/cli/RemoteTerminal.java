package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.ByteString;
import java.util.Optional;
import org.lfedge.eve.tasks.core.api.v1.AnchorExit;
import org.lfedge.eve.tasks.core.api.v1.AttachInput;
import org.lfedge.eve.tasks.core.api.v1.AttachOutput;
import org.lfedge.eve.tasks.core.api.v1.AttachStart;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** The terminal of a task, shown in that of the user. */
final class RemoteTerminal implements AutoCloseable {

  private final Session session;
  private final String task;
  private final Duplex<AttachInput, AttachOutput> call;
  private volatile boolean detached;

  /** Joins the terminal of a task; what it shows from now on is not missed. */
  RemoteTerminal(Session session, Connection connection, String task) {
    this.session = session;
    this.task = task;
    call = connection.duplex((stub, answers) -> stub.attach(answers));
    AttachStart.Builder start = AttachStart.newBuilder().setName(task);
    session.terminal().device().size().map(LocalTerminal::message).ifPresent(start::setSize);
    call.sendNow(AttachInput.newBuilder().setStart(start).build());
    if (!call.next().map(AttachOutput::hasAttached).orElse(false)) {
      throw broken();
    }
  }

  /** Whether the document of a task gives it a terminal. */
  static boolean isWanted(Connection connection, String task) {
    TaskRequest request = TaskRequest.newBuilder().setName(task).build();
    String config = connection.call(stub -> stub.inspect(request)).getConfigJson();
    return Session.parse(config).path("terminal").asBoolean();
  }

  /**
   * Shows it until the anchor ends or the user leaves by Ctrl-P Ctrl-Q.
   *
   * @return the exit code of the anchor; 0 if the user has left
   */
  int show() {
    Optional<LocalTerminal> local = LocalTerminal.ifPresent(session.terminal(), this::resize);
    try {
      TypedInput.forward(session.terminal().in(), new Typed());
      for (Optional<AttachOutput> next = call.next(); next.isPresent(); next = call.next()) {
        AttachOutput output = next.get();
        if (output.hasExit()) {
          return exitStatus(output);
        }
        session.show(output.getShown(), false);
      }
    } catch (TaskException e) {
      if (!detached) {
        throw e;
      }
    } finally {
      local.ifPresent(LocalTerminal::close);
    }
    if (!detached) {
      throw broken();
    }
    session.note("detached from " + task + ", which goes on; see taskctl attach " + task);
    return ExitStatus.OK;
  }

  private void resize(Terminal.Size size) {
    call.sendNow(AttachInput.newBuilder().setResize(LocalTerminal.message(size)).build());
  }

  private int exitStatus(AttachOutput output) {
    AnchorExit exit = output.getExit();
    if (exit.hasCode() || !exit.getOutcome().isEmpty()) {
      return ExitStatus.of(exit.getCode(), exit.getOutcome());
    }
    session.note("it is not known how " + task + " ended");
    return ExitStatus.OURS;
  }

  private static TaskException broken() {
    return TaskException.failed(
        Problem.internal("BAD_ANSWER", "taskd ended the call without saying why"));
  }

  @Override
  public void close() {
    call.close();
  }

  private final class Typed implements TypedInput.Sink {

    private final DetachKeys keys = new DetachKeys();

    @Override
    public boolean take(byte[] data, int length) {
      byte[] passed = keys.filter(data, length);
      boolean more =
          passed.length == 0
              || call.send(AttachInput.newBuilder().setTyped(ByteString.copyFrom(passed)).build());
      if (keys.found()) {
        detached = true;
        call.close();
        return false;
      }
      return more;
    }

    @Override
    public void end() {
      // A terminal has no end of input: the user looks on.
    }
  }
}
