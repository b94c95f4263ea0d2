package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.EventsRequest;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.EventLog;

/** Sends the log of events to clients, as fast as each client takes it. One thread serves all. */
final class EventStreams implements AutoCloseable {

  private static final int BATCH = 256;

  private final EventLog log;
  private final ExecutorService thread = StreamThreads.one("events");

  EventStreams(EventLog log) {
    this.log = log;
  }

  /** Sends what is asked for, and completes the stream unless the client follows. */
  void send(EventsRequest request, ServerCallStreamObserver<Event> client) {
    Sender sender = new Sender(request, client);
    if (request.getFollow()) {
      sender.listening = log.listen(sender::wake);
    }
    sender.begin();
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private final class Sender extends StreamSender<Event> {

    private final EventsRequest request;
    private long after;
    private boolean begun;
    private volatile @Nullable Runnable listening;

    Sender(EventsRequest request, ServerCallStreamObserver<Event> client) {
      super(thread, client);
      this.request = request;
      this.after = request.getAfter();
    }

    @Override
    void sendSome() {
      if (!client.isReady()) {
        return;
      }
      List<EventLog.Entry> entries = log.read(after, BATCH);
      if (!begun) {
        begun = true;
        refuseGap(entries);
      }
      for (EventLog.Entry entry : entries) {
        after = entry.seq();
        if (request.getTask().isEmpty() || request.getTask().equals(entry.task())) {
          client.onNext(TaskMessages.event(entry));
        }
      }
      if (!entries.isEmpty()) {
        // Others get their turn in between.
        wake();
      } else if (!request.getFollow()) {
        complete();
      }
    }

    /** Whoever goes on from a number must not miss anything without being told. */
    private void refuseGap(List<EventLog.Entry> entries) {
      if (after > log.last()
          || (after > 0 && !entries.isEmpty() && entries.get(0).seq() > after + 1)) {
        throw TaskException.failed(
            Problem.user(
                "EVENTS_GONE",
                "what came after event "
                    + after
                    + " is no longer kept; see the tasks as they are now with taskctl list, and"
                    + " begin with the oldest event that is kept, without a number"));
      }
    }

    @Override
    void release() {
      Runnable forget = listening;
      if (forget != null) {
        forget.run();
      }
    }
  }
}
