package org.lfedge.eve.tasks.core.api;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.AnchorExit;
import org.lfedge.eve.tasks.core.api.v1.AttachInput;
import org.lfedge.eve.tasks.core.api.v1.AttachOutput;
import org.lfedge.eve.tasks.core.api.v1.AttachStart;
import org.lfedge.eve.tasks.core.api.v1.Attached;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.InsideProcess;
import org.lfedge.eve.tasks.core.port.TerminalSize;
import org.lfedge.eve.tasks.core.port.Terminals;
import org.lfedge.eve.tasks.core.port.Terminals.Attachment;

/** Joins clients of the API to the terminals of tasks. */
final class AttachStreams {

  /**
   * What a client may be behind. A terminal does not wait for those who look at it, or one of them
   * could stop the task.
   */
  private static final int MAX_BEHIND_BYTES = 256 << 10;

  private final TaskManager tasks;
  private final Interaction interaction;

  AttachStreams(TaskManager tasks, Interaction interaction) {
    this.tasks = tasks;
    this.interaction = interaction;
  }

  StreamObserver<AttachInput> open(StreamObserver<AttachOutput> client) {
    return new Call((ServerCallStreamObserver<AttachOutput>) client);
  }

  /** One call: the client's messages come one after the other, and so do those of the terminal. */
  private final class Call implements StreamObserver<AttachInput>, Terminals.Viewer {

    private final ServerCallStreamObserver<AttachOutput> client;
    private final Queue<ByteString> behind = new ArrayDeque<>();
    private int behindBytes;
    private boolean attached;
    private boolean closed;
    private String task = "";
    private @Nullable Attachment attachment;
    private @Nullable AnchorExit exit;
    private final CompletableFuture<Void> terminalEnd = new CompletableFuture<>();

    Call(ServerCallStreamObserver<AttachOutput> client) {
      this.client = client;
      client.setOnReadyHandler(this::flush);
      client.setOnCancelHandler(this::leave);
      client.disableAutoRequest();
      client.request(1);
    }

    private synchronized boolean closed() {
      return closed;
    }

    private void leave() {
      Attachment joined;
      synchronized (this) {
        closed = true;
        behind.clear();
        joined = attachment;
      }
      if (joined != null) {
        joined.close();
      }
    }

    @Override
    public void onNext(AttachInput message) {
      try {
        switch (message.getInputCase()) {
          case START -> start(message.getStart());
          case TYPED -> {
            // The next message is asked for when the terminal has taken this one.
            var unused =
                joined()
                    .write(message.getTyped().asReadOnlyByteBuffer())
                    .whenComplete((written, failure) -> client.request(1));
          }
          case RESIZE -> {
            joined();
            var unused = resize(RunningAnchor.size(message.getResize()));
            client.request(1);
          }
          default -> client.request(1);
        }
      } catch (RuntimeException e) {
        fail(e);
      }
    }

    private synchronized Attachment joined() {
      if (attachment == null) {
        throw TaskException.failed(Problem.user("BAD_CALL", "the first message names a task"));
      }
      return attachment;
    }

    private void start(AttachStart start) {
      if (!task.isEmpty()) {
        throw TaskException.failed(Problem.user("BAD_CALL", "a call joins one terminal"));
      }
      task = start.getName();
      var unusedAnchor = RunningAnchor.of(tasks, task);
      CompletableFuture<TaskView> ended = tasks.awaitExit(task);
      Attachment joined = interaction.terminals().attach(task, this);
      synchronized (this) {
        attachment = joined;
        attached = true;
        if (!closed) {
          client.onNext(
              AttachOutput.newBuilder().setAttached(Attached.getDefaultInstance()).build());
          flush();
        }
      }
      if (closed()) {
        joined.close();
        return;
      }
      if (start.hasSize()) {
        redraw(RunningAnchor.size(start.getSize()));
      }
      var unused =
          ended
              .thenCombine(terminalEnd, (view, end) -> view)
              .whenComplete(
                  (view, failure) -> {
                    if (failure != null) {
                      fail(failure);
                    } else {
                      finish(view.exit());
                    }
                  });
      client.request(1);
    }

    /**
     * A program draws its screen anew when the size changes, and the last one here may be equal.
     */
    private void redraw(TerminalSize size) {
      int other = size.rows() > 1 ? size.rows() - 1 : 2;
      var unused =
          resize(new TerminalSize(size.columns(), other)).thenCompose(changed -> resize(size));
    }

    private CompletableFuture<Void> resize(TerminalSize size) {
      return interaction
          .processes()
          .resize(InsideProcess.anchor(task), size)
          // A task that does not run yet, or not any more, has nothing to resize.
          .exceptionally(failure -> null);
    }

    @Override
    public boolean show(ByteBuffer data) {
      synchronized (this) {
        if (closed) {
          return false;
        }
        if (behindBytes + data.remaining() <= MAX_BEHIND_BYTES) {
          behindBytes += data.remaining();
          behind.add(ByteString.copyFrom(data));
          flush();
          return true;
        }
      }
      fail(
          TaskException.failed(
              Problem.host(
                  "FELL_BEHIND",
                  "this client does not keep up with the terminal of task "
                      + task
                      + " and was cut off; see taskctl logs for all of it")));
      return false;
    }

    @Override
    public void end() {
      terminalEnd.complete(null);
    }

    private synchronized void flush() {
      while (attached && !closed && client.isReady() && !behind.isEmpty()) {
        ByteString next = behind.remove();
        behindBytes -= next.size();
        client.onNext(AttachOutput.newBuilder().setShown(next).build());
      }
      if (!closed && behind.isEmpty() && exit != null) {
        closed = true;
        client.onNext(AttachOutput.newBuilder().setExit(exit).build());
        client.onCompleted();
      }
    }

    private void finish(Optional<ExitStatus> status) {
      AnchorExit.Builder message = AnchorExit.newBuilder();
      status.ifPresent(known -> known.code().ifPresent(message::setCode));
      message.setOutcome(status.map(TaskMessages::outcome).orElse(""));
      Attachment joined;
      synchronized (this) {
        exit = message.build();
        flush();
        joined = attachment;
      }
      if (joined != null) {
        joined.close();
      }
    }

    private void fail(Throwable failure) {
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
        client.onError(ApiProblems.toStatus(failure));
      }
      leave();
    }

    @Override
    public void onError(Throwable failure) {
      // The cancellation says so too, and leaves.
    }

    @Override
    public void onCompleted() {
      // Nothing more is typed; the client looks on.
    }
  }
}
