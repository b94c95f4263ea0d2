package org.lfedge.eve.tasks.core.containerd;

import java.nio.file.Path;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.StreamFifos;
import org.lfedge.eve.tasks.core.port.Terminals;

/** For whoever runs no task that has a terminal. */
final class NoTerminals implements Terminals {

  @Override
  public StreamFifos open(String task, Path log) {
    throw none(task);
  }

  @Override
  public void close(String task) {}

  @Override
  public Attachment attach(String task, Viewer viewer) {
    throw none(task);
  }

  private static TaskException none(String task) {
    return TaskException.refused(
        Problem.internal("NO_TERMINAL", "nothing here can read the terminal of " + task));
  }
}
