package org.lfedge.eve.tasks.executor.qemu;

/** A JSON object that is written as its members are put in, in that order. */
final class JsonObject {

  private final StringBuilder members = new StringBuilder();

  JsonObject put(String key, String value) {
    return member(key, quote(value));
  }

  JsonObject put(String key, long value) {
    return member(key, Long.toString(value));
  }

  JsonObject put(String key, boolean value) {
    return member(key, Boolean.toString(value));
  }

  JsonObject put(String key, JsonObject value) {
    return member(key, value.toString());
  }

  JsonObject putNull(String key) {
    return member(key, "null");
  }

  private JsonObject member(String key, String json) {
    members.append(members.isEmpty() ? "" : ",").append(quote(key)).append(':').append(json);
    return this;
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return "{" + members + "}";
  }
}
