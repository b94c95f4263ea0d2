package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.Executor;

/**
 * The work for one client of a stream, in turns, all of which happen on one thread. A turn sends no
 * more than the client takes; {@link #wake} asks for another one, from any thread.
 */
abstract class StreamSender<M> {

  final ServerCallStreamObserver<M> client;
  private final Executor thread;
  private boolean done;

  StreamSender(Executor thread, ServerCallStreamObserver<M> client) {
    this.thread = thread;
    this.client = client;
  }

  /** Has the first turn taken, and another one whenever the client can take more or leaves. */
  final void begin() {
    client.setOnReadyHandler(this::wake);
    client.setOnCancelHandler(this::wake);
    wake();
  }

  final void wake() {
    thread.execute(this::turn);
  }

  private void turn() {
    if (done) {
      return;
    }
    if (client.isCancelled()) {
      finish();
      return;
    }
    try {
      sendSome();
    } catch (RuntimeException e) {
      finish();
      client.onError(ApiProblems.toStatus(e));
    }
  }

  /** Sends what there is, or a part of it; what is thrown ends the stream and is told. */
  abstract void sendSome();

  /** Ends the stream. */
  final void complete() {
    finish();
    client.onCompleted();
  }

  private void finish() {
    done = true;
    release();
  }

  /** Waits for nothing more. */
  abstract void release();
}
