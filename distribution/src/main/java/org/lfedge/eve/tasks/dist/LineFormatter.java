package org.lfedge.eve.tasks.dist;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/** Log messages for people, one line each: time, level, source, message. */
final class LineFormatter extends Formatter {

  private static final Map<Level, String> NAMES =
      Map.of(Level.SEVERE, "ERROR", Level.WARNING, "WARNING", Level.INFO, "INFO");

  @Override
  public String format(LogRecord record) {
    StringBuilder line = new StringBuilder(120);
    line.append(time(record));
    line.append(' ').append(level(record));
    line.append(' ').append(shortName(record.getLoggerName()));
    line.append(": ").append(formatMessage(record).replaceAll("\\R", " ")).append('\n');
    if (record.getThrown() != null) {
      line.append(stack(record.getThrown()));
    }
    return line.toString();
  }

  static Instant time(LogRecord record) {
    return record.getInstant().truncatedTo(ChronoUnit.MILLIS);
  }

  static String level(LogRecord record) {
    return NAMES.getOrDefault(record.getLevel(), "DEBUG");
  }

  static String stack(Throwable thrown) {
    StringWriter stack = new StringWriter();
    thrown.printStackTrace(new PrintWriter(stack, true));
    return stack.toString();
  }

  private static String shortName(String logger) {
    return logger.substring(logger.lastIndexOf('.') + 1);
  }
}
