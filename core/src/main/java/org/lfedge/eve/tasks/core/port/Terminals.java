package org.lfedge.eve.tasks.core.port;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * The terminals of tasks, from the outside: what they show goes to the output file of the task and
 * to whoever is attached.
 */
public interface Terminals {

  /**
   * Makes the FIFOs for the terminal of a task that is about to be made, and begins to read.
   *
   * @param log to which everything is appended
   */
  StreamFifos open(String task, Path log);

  /** Takes over what is left to read and removes the FIFOs; nothing if there are none. */
  void close(String task);

  /**
   * Joins the terminal of a task.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException NO_TERMINAL, or TOO_MANY_SESSIONS
   */
  Attachment attach(String task, Viewer viewer);

  /** Somebody who looks at a terminal. Calls come one after the other. */
  interface Viewer {

    /**
     * Takes what the terminal shows from now on; must not wait.
     *
     * @return whether there is still somebody who keeps up with it; if not, this was the last call
     */
    boolean show(ByteBuffer data);

    /** The terminal is gone. */
    void end();
  }

  /** The other direction: what somebody types. */
  interface Attachment extends AutoCloseable {

    /** Completes when the terminal can have it; more waits for that. */
    CompletableFuture<Void> write(ByteBuffer data);

    /** Leaves; the task goes on. */
    @Override
    void close();
  }
}
