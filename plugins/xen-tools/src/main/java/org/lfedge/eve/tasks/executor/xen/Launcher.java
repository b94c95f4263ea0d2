package org.lfedge.eve.tasks.executor.xen;

import java.util.List;
import java.util.UUID;

/** The programs of the tools, and how they are asked. */
final class Launcher {

  /** Where files are by which the end of a domain is told, and sockets. */
  static final String RUNTIME = "/run/task";

  /** What xl says, in that directory. */
  static final String LOG = "xl.log";

  /** Where the guest of a program leaves its exit code, in that directory. */
  static final String EXIT = "exit";

  /** The terminals of the node, of which xenconsoled opens one for each domain. */
  static final String TERMINALS = "/run/node/pts";

  /** The network namespace of the node, where the kernel makes the interfaces of domains. */
  static final String NETWORK = "/run/node/net";

  private static final String PROGRAMS = "/usr/lib/taskmanager/";

  private Launcher() {}

  static String program(String name) {
    return PROGRAMS + name;
  }

  static List<String> shutdown(UUID domain) {
    return List.of(program("stop"), "shutdown", domain.toString());
  }

  static List<String> destroy(UUID domain) {
    return List.of(program("stop"), "destroy", domain.toString());
  }

  static List<String> cleanup(UUID domain) {
    return List.of(program("cleanup"), domain.toString());
  }
}
