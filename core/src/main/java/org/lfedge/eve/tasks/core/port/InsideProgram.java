package org.lfedge.eve.tasks.core.port;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * A program to be run inside a task. What it does not say is as for the anchor: user, working
 * directory, environment and capabilities.
 *
 * @param args the program, looked up in the task's root, and its arguments
 * @param env set besides the anchor's environment, or instead of the same names in it
 * @param terminal the size of its terminal; empty for none
 */
public record InsideProgram(
    List<String> args,
    Optional<User> user,
    Optional<String> workingDirectory,
    SortedMap<String, String> env,
    Optional<TerminalSize> terminal) {

  /** Keeps copies. */
  public InsideProgram {
    args = List.copyOf(args);
    env = SortedCopies.mapOf(env);
  }

  /** A program without a terminal, and with nothing of its own. */
  public static InsideProgram of(List<String> args) {
    return new InsideProgram(
        args, Optional.empty(), Optional.empty(), SortedCopies.mapOf(Map.of()), Optional.empty());
  }
}
