package org.lfedge.eve.tasks.dist;

import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Log messages go to standard error, one line each. */
final class LogSetup {

  /**
   * Loggers whose level differs from the rest; held here, or they would be collected and forget it.
   * Netty warns of a channel option that sockets in the file system do not have; grpc tells at
   * level INFO what it could not find and does not need; PF4J tells of every step.
   */
  private static final Map<Logger, Level> QUIETER =
      Map.of(
          Logger.getLogger("io.netty"), Level.SEVERE,
          Logger.getLogger("io.grpc"), Level.SEVERE,
          Logger.getLogger("org.pf4j"), Level.WARNING);

  private LogSetup() {}

  /** Replaces whatever the JVM was set up to do with log messages. */
  static void toStandardError(Level level, NodeConfig.LogFormat format) {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    Handler handler = new ConsoleHandler();
    handler.setLevel(Level.ALL);
    handler.setFormatter(
        format == NodeConfig.LogFormat.JSON ? new JsonFormatter() : new LineFormatter());
    root.addHandler(handler);
    root.setLevel(level);
    QUIETER.forEach(Logger::setLevel);
  }
}
