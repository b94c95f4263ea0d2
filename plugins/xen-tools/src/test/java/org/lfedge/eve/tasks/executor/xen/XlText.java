package org.lfedge.eve.tasks.executor.xen;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what is written for xl, by the rules of xl.cfg(5) and of its lexer: settings of one line,
 * whose values are numbers, texts in double quotes with escapes, or lists of texts.
 */
final class XlText {

  private final String text;
  private int at;

  private XlText(String text) {
    this.text = text;
  }

  /** Values are {@link Long}, {@link String} or a list of strings; no key stands twice. */
  static Map<String, Object> read(String text) {
    XlText reader = new XlText(text);
    Map<String, Object> settings = new LinkedHashMap<>();
    while (reader.at < text.length()) {
      int start = reader.at;
      while (Character.isLetterOrDigit(reader.next()) || reader.next() == '_') {
        reader.at++;
      }
      String key = text.substring(start, reader.at);
      reader.expect(" = ");
      if (settings.put(key, reader.value()) != null) {
        throw new IllegalArgumentException("twice: " + key);
      }
      reader.expect("\n");
    }
    return settings;
  }

  /** Of a text with commas: what is before the first {@code =}, and what is behind. */
  static Map<String, String> spec(Object text) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String setting : ((String) text).split(",", -1)) {
      int sign = setting.indexOf('=');
      if (settings.put(setting.substring(0, sign), setting.substring(sign + 1)) != null) {
        throw new IllegalArgumentException("twice: " + setting);
      }
    }
    return settings;
  }

  private Object value() {
    if (next() == '"') {
      return string();
    }
    if (next() == '[') {
      at++;
      List<String> list = new ArrayList<>();
      while (next() != ']') {
        if (!list.isEmpty()) {
          expect(", ");
        }
        list.add(string());
      }
      at++;
      return list;
    }
    int start = at;
    while (Character.isDigit(next())) {
      at++;
    }
    return Long.valueOf(text.substring(start, at));
  }

  private String string() {
    expect("\"");
    StringBuilder value = new StringBuilder();
    while (next() != '"') {
      char c = text.charAt(at++);
      if (c == '\n') {
        throw new IllegalArgumentException("a line ends within a text");
      }
      if (c != '\\') {
        value.append(c);
        continue;
      }
      char escaped = text.charAt(at++);
      if (escaped == 'n') {
        value.append('\n');
      } else if (escaped == 'r') {
        value.append('\r');
      } else if (escaped == '"' || escaped == '\\') {
        value.append(escaped);
      } else {
        throw new IllegalArgumentException("unknown escape: " + escaped);
      }
    }
    at++;
    return value.toString();
  }

  private char next() {
    return text.charAt(at);
  }

  private void expect(String expected) {
    if (!text.startsWith(expected, at)) {
      throw new IllegalArgumentException("no '" + expected + "' at " + at + " of:\n" + text);
    }
    at += expected.length();
  }
}
