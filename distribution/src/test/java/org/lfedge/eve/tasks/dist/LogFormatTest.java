package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class LogFormatTest {

  private static LogRecord record(Level level, String message) {
    LogRecord record = new LogRecord(level, message);
    record.setLoggerName("org.lfedge.eve.tasks.core.engine.TaskWorker");
    record.setInstant(Instant.parse("2026-01-02T03:04:05.678901Z"));
    return record;
  }

  private static JsonNode json(LogRecord record) throws IOException {
    String line = new JsonFormatter().format(record);
    assertEquals(1, line.lines().count(), line);
    assertTrue(line.endsWith("}\n"), line);
    return new JsonMapper().readTree(line);
  }

  private static List<String> keys(JsonNode object) {
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  @Test
  void aMessageForPeopleIsOneLine() {
    assertEquals(
        "2026-01-02T03:04:05.678Z WARNING TaskWorker: first second\n",
        new LineFormatter().format(record(Level.WARNING, "first\nsecond")));
  }

  @Test
  void aMessageForProgramsIsAnObjectOnOneLine() throws IOException {
    JsonNode message = json(record(Level.SEVERE, "first\n\"second\""));
    assertEquals(List.of("time", "level", "source", "message"), keys(message));
    assertEquals("2026-01-02T03:04:05.678Z", message.get("time").textValue());
    assertEquals("ERROR", message.get("level").textValue());
    assertEquals("org.lfedge.eve.tasks.core.engine.TaskWorker", message.get("source").textValue());
    assertEquals("first\n\"second\"", message.get("message").textValue());
    assertEquals("DEBUG", json(record(Level.FINE, "x")).get("level").textValue());
  }

  @Test
  void whatTheMessageIsAboutIsNamedWhereItIsKnown() throws IOException {
    MDC.put("task", "web");
    MDC.put("trace", "4bf9");
    try {
      JsonNode message = json(record(Level.INFO, "x"));
      assertEquals("web", message.get("task").textValue());
      assertEquals("4bf9", message.get("trace").textValue());
    } finally {
      MDC.clear();
    }
    assertEquals(
        List.of("time", "level", "source", "message"), keys(json(record(Level.INFO, "x"))));
  }

  @Test
  void anExceptionBringsItsStack() throws IOException {
    LogRecord record = record(Level.SEVERE, "broken");
    record.setThrown(new IllegalStateException("why"));
    assertTrue(
        json(record).get("stack").textValue().startsWith("java.lang.IllegalStateException: why\n"));
    assertTrue(
        new LineFormatter()
            .format(record)
            .contains("broken\njava.lang.IllegalStateException: why"));
  }

  @Property
  void anyTextComesThrough(@ForAll String text) throws IOException {
    LogRecord record = record(Level.INFO, "{0}");
    record.setParameters(new Object[] {text});
    assertEquals(text, json(record).get("message").textValue());
  }
}
