package org.lfedge.eve.tasks.dist;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Log messages for programs, one JSON object on a line each: time, level, source and message; task
 * and trace, where it is known what the message is about; and the stack of an exception. A handler
 * must format a message in the thread that logs it, which is where task and trace are known.
 */
final class JsonFormatter extends Formatter {

  private final JsonFactory json = new JsonFactory();

  @Override
  public String format(LogRecord record) {
    StringWriter line = new StringWriter(240);
    try (JsonGenerator object = json.createGenerator(line)) {
      object.writeStartObject();
      object.writeStringField("time", LineFormatter.time(record).toString());
      object.writeStringField("level", LineFormatter.level(record));
      object.writeStringField("source", record.getLoggerName());
      object.writeStringField("message", formatMessage(record));
      writeIfKnown(object, "task", MDC.get("task"));
      writeIfKnown(object, "trace", MDC.get("trace"));
      if (record.getThrown() != null) {
        object.writeStringField("stack", LineFormatter.stack(record.getThrown()));
      }
      object.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("memory can always be written to", e);
    }
    return line.append('\n').toString();
  }

  private static void writeIfKnown(JsonGenerator object, String key, @Nullable String value)
      throws IOException {
    if (value != null) {
      object.writeStringField(key, value);
    }
  }
}
