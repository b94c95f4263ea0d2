package org.lfedge.eve.tasks.dist;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Log messages go to standard error, one line each: time, level, source, message. */
final class LogSetup {

  private static final Map<Level, String> NAMES =
      Map.of(Level.SEVERE, "ERROR", Level.WARNING, "WARNING", Level.INFO, "INFO");

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
  static void toStandardError(Level level) {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    Handler handler = new ConsoleHandler();
    handler.setLevel(Level.ALL);
    handler.setFormatter(new LineFormatter());
    root.addHandler(handler);
    root.setLevel(level);
    QUIETER.forEach(Logger::setLevel);
  }

  private static final class LineFormatter extends Formatter {

    @Override
    public String format(LogRecord record) {
      StringBuilder line = new StringBuilder(120);
      line.append(Instant.ofEpochMilli(record.getMillis()).truncatedTo(ChronoUnit.MILLIS));
      line.append(' ').append(NAMES.getOrDefault(record.getLevel(), "DEBUG"));
      line.append(' ').append(shortName(record.getLoggerName()));
      line.append(": ").append(formatMessage(record).replaceAll("\\R", " ")).append('\n');
      if (record.getThrown() != null) {
        StringWriter stack = new StringWriter();
        record.getThrown().printStackTrace(new PrintWriter(stack, true));
        line.append(stack);
      }
      return line.toString();
    }

    private static String shortName(String logger) {
      return logger.substring(logger.lastIndexOf('.') + 1);
    }
  }
}
