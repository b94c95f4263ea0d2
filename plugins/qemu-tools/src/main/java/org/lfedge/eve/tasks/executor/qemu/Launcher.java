package org.lfedge.eve.tasks.executor.qemu;

import java.util.ArrayList;
import java.util.List;

/**
 * Writes the arguments of the program of the tools that prepares pipes and files, starts
 * companions, and then becomes QEMU in its own process.
 */
final class Launcher {

  /** Where sockets and pipes are. */
  static final String RUNTIME = "/run/task";

  private static final String PROGRAMS = "/usr/lib/taskmanager/";

  private final List<String> args = new ArrayList<>(List.of(PROGRAMS + "launch"));

  /** A pair of a pipe for questions and a file for answers, which QEMU knows by one name. */
  Launcher channel(String name) {
    args.addAll(List.of("--fifo", path(name + ".in"), "--file", path(name + ".out"), ""));
    return this;
  }

  /** Puts a text into the pipe of a channel, and keeps that open. */
  Launcher say(String channel, String text) {
    args.addAll(List.of("--say", path(channel + ".in"), text));
    return this;
  }

  /** Copies a file, unless it is there already. */
  Launcher copy(String from, String to) {
    args.addAll(List.of("--copy", from, to));
    return this;
  }

  /** Starts the companion that shares a directory. */
  Launcher virtiofsd(String socket, String directory) {
    args.addAll(List.of("--virtiofsd", path(socket), directory));
    return this;
  }

  /** Starts the companion that is a TPM. */
  Launcher swtpm(String socket, String directory) {
    args.addAll(List.of("--swtpm", path(socket), directory));
    return this;
  }

  /** All of it, with what it becomes. */
  List<String> become(List<String> program) {
    List<String> all = new ArrayList<>(args);
    all.add("--");
    all.addAll(program);
    return List.copyOf(all);
  }

  /** A file in the runtime directory. */
  static String path(String name) {
    return RUNTIME + "/" + name;
  }

  /** The program that puts a text into the pipe of a channel, from within the task. */
  static List<String> tell(String channel, String text) {
    return List.of(PROGRAMS + "tell", path(channel + ".in"), text);
  }

  /** The program that joins a terminal with a console. */
  static List<String> console(String socket) {
    return List.of(PROGRAMS + "console", path(socket));
  }
}
