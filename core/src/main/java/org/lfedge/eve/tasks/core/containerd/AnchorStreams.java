package org.lfedge.eve.tasks.core.containerd;

import org.lfedge.eve.tasks.core.containerd.api.tasks.CreateTaskRequest;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.StreamFifos;
import org.lfedge.eve.tasks.core.port.Terminals;

/**
 * Where the streams of anchors go: to files, or to a terminal if the spec on record asks for it.
 */
final class AnchorStreams {

  private final Terminals terminals;

  AnchorStreams(Terminals terminals) {
    this.terminals = terminals;
  }

  /**
   * Adds the streams to a request for a task that is not there yet.
   *
   * @param terminal whether the anchor has one
   * @param refuseIfTask called before the terminal of a task that exists could be taken away
   */
  void connect(
      CreateTaskRequest.Builder request,
      OutputFiles output,
      boolean terminal,
      Runnable refuseIfTask) {
    if (terminal) {
      refuseIfTask.run();
      StreamFifos fifos = terminals.open(request.getContainerId(), output.stdout());
      fifos.stdin().ifPresent(fifo -> request.setStdin(fifo.toString()));
      request.setTerminal(true).setStdout(fifos.stdout().toString());
    } else {
      request.setStdout(output.stdout().toString()).setStderr(output.stderr().toString());
    }
  }

  /** Reads what is left of a task that has ended, or is gone. */
  void close(String id) {
    terminals.close(id);
  }
}
