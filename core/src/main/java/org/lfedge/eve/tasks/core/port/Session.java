package org.lfedge.eve.tasks.core.port;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** A program that runs inside a task for somebody who gives it input and takes its output. */
public interface Session {

  /**
   * Gives input. The future completes when the program can have it, at once if it takes none any
   * more; more input waits for that, or it would pile up here.
   */
  CompletableFuture<Void> write(ByteBuffer data);

  /** Lets the program see the end of its input, after what was written before. */
  void endInput();

  /** Changes the size of its terminal, if it has one. */
  CompletableFuture<Void> resize(TerminalSize size);

  /**
   * Completes with the exit code of the program, 128 + n for a signal, when it has ended and all
   * its output was taken.
   */
  CompletableFuture<Integer> exit();

  /**
   * Ends the program, since nobody is there for it any more: SIGHUP, and SIGKILL to it and what it
   * has started if it does not heed that.
   */
  void hangUp();
}
