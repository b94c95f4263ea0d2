package org.lfedge.eve.tasks.dist;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.lfedge.eve.tasks.core.error.TaskException;

/** The daemon. */
public final class Taskd {

  private static final Path DEFAULT_CONFIG = Path.of("/etc/taskmanager/taskd.yaml");

  private static final Duration LOOK_AT_MEMORY = Duration.ofSeconds(10);

  private static final String USAGE =
      """
      taskd - the daemon of the Taskmanager

      USAGE
        taskd [--config FILE] [--pubsub DIR]
        taskd [--config FILE] [--pubsub DIR] --check
        taskd [--config FILE] --end-containerd
        taskd --help | --version

      DESCRIPTION
        Runs the tasks of a node and serves the API that taskctl uses, until it gets SIGTERM or
        SIGINT. Tasks and the private containerd go on when it ends, in whatever way; started
        again, it takes them up. Messages go to standard error, one line each.

      OPTIONS
        --config FILE      The config of the node; /etc/taskmanager/taskd.yaml by default. The
                           package has one with comments in conf/taskd.yaml.
        --pubsub DIR       Do what EVE's manager of apps writes into DIR/zedmanager, and publish
                           what becomes of it in DIR/domainmgr, as EVE's manager of domains does;
                           the same as controller: {pubsub: DIR} in the config.
        --check            Read the config, name every fault in it, and end.
        --end-containerd   Kill all tasks and end the private containerd; for a daemon that does
                           not run, before its directories are removed.

      EXIT STATUS
        0   ended by a signal, or did what an option asked for
        1   failed; the reason is the last line on standard error
        2   the command line is wrong
        3   there is no such config file
        4   another daemon uses the same state directory or socket
      """;

  private Taskd() {}

  /** Runs until a signal ends the process. */
  public static void main(String[] args) {
    System.exit(run(List.of(args)));
  }

  private static int run(List<String> args) {
    Path config = DEFAULT_CONFIG;
    Optional<Path> pubsub = Optional.empty();
    String action = "";
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      if (arg.equals("--config") && i + 1 < args.size()) {
        i++;
        config = Path.of(args.get(i)).toAbsolutePath();
      } else if (arg.startsWith("--config=")) {
        config = Path.of(arg.substring("--config=".length())).toAbsolutePath();
      } else if (arg.equals("--pubsub") && i + 1 < args.size()) {
        i++;
        pubsub = Optional.of(Path.of(args.get(i)).toAbsolutePath().normalize());
      } else if (arg.startsWith("--pubsub=")) {
        pubsub =
            Optional.of(Path.of(arg.substring("--pubsub=".length())).toAbsolutePath().normalize());
      } else if (action.isEmpty()
          && List.of("--help", "-h", "--version", "--check", "--end-containerd").contains(arg)) {
        action = arg;
      } else {
        System.err.println("taskd: USAGE: unexpected argument " + arg + " (see 'taskd --help')");
        return 2;
      }
    }
    try {
      return act(action, config, pubsub);
    } catch (TaskException e) {
      e.problems().forEach(problem -> System.err.println("taskd: " + problem));
      return switch (e.outcome()) {
        case FAILED -> 1;
        case NOT_FOUND -> 3;
        case REFUSED -> 4;
      };
    } catch (IOException | InterruptedException e) {
      System.err.println("taskd: INTERNAL: " + e);
      return 1;
    }
  }

  private static int act(String action, Path config, Optional<Path> pubsub)
      throws IOException, InterruptedException {
    switch (action) {
      case "--help", "-h" -> System.out.print(USAGE);
      case "--version" -> System.out.println("taskd " + Installation.version());
      case "--check" -> {
        NodeConfig checked = NodeConfigReader.read(config, pubsub);
        System.out.println(config + " is valid; the API will be served at " + checked.socket());
      }
      case "--end-containerd" -> {
        NodeConfig node = NodeConfigReader.read(config, pubsub);
        LogSetup.toStandardError(node.logLevel(), node.logFormat());
        InstanceLock lock = InstanceLock.take(node.stateDirectory());
        try (lock) {
          NodeAdapters adapters = new NodeAdapters(node);
          adapters.privateContainerd().stop();
          adapters.release();
        }
      }
      default -> serve(NodeConfigReader.read(config, pubsub));
    }
    return 0;
  }

  private static void serve(NodeConfig config) throws IOException, InterruptedException {
    LogSetup.toStandardError(config.logLevel(), config.logFormat());
    Logger log = Logger.getLogger(Taskd.class.getName());
    Thread.setDefaultUncaughtExceptionHandler(Taskd::endWithoutMemory);
    InstanceLock lock = InstanceLock.take(config.stateDirectory());
    try (lock) {
      Daemon daemon = Daemon.start(config, Installation.find());
      Thread end =
          new Thread(
              () -> {
                int status = 1;
                try {
                  daemon.close();
                  status = 0;
                } finally {
                  // To be told to end is no failure; the JVM alone would exit with 143.
                  Runtime.getRuntime().halt(status);
                }
              },
              "shutdown");
      Runtime.getRuntime().addShutdownHook(end);
      log.info(
          "version "
              + Installation.version()
              + " is ready after "
              + sinceStart().toMillis()
              + " ms and serves its API at "
              + config.socket());
      awaitMemoryShortage();
      log.severe("there is no memory left; taskd ends, and tasks go on");
      Runtime.getRuntime().halt(1);
    }
  }

  private static void awaitMemoryShortage() throws InterruptedException {
    MemoryShortage shortage = MemoryShortage.ofThisJvm();
    while (!shortage.lasts()) {
      Thread.sleep(LOOK_AT_MEMORY.toMillis());
    }
  }

  /** A thread of ours that ends for lack of memory leaves a daemon that may hang. */
  private static void endWithoutMemory(Thread thread, Throwable thrown) {
    if (thrown instanceof OutOfMemoryError) {
      System.err.println("taskd: no memory in thread " + thread.getName() + "; tasks go on");
      Runtime.getRuntime().halt(1);
    }
    Logger.getLogger(Taskd.class.getName())
        .log(Level.SEVERE, "thread " + thread.getName() + " has failed", thrown);
  }

  private static Duration sinceStart() {
    Instant now = Instant.now();
    return Duration.between(ProcessHandle.current().info().startInstant().orElse(now), now);
  }
}
