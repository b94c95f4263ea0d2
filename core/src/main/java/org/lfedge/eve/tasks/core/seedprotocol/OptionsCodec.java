package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.DeclaredOptions;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.Options;

/**
 * Values of an executor's options, as JSON: sizes are bytes, times are milliseconds. The form does
 * not tell the type of a value, so both directions need what the executor declares.
 */
final class OptionsCodec {

  private OptionsCodec() {}

  /** Writes those that were given, by name. */
  static ObjectNode toJson(Options options, List<Option> declared) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    types(declared).forEach((name, type) -> put(json, name, type, options));
    return json;
  }

  private static void put(ObjectNode json, String name, Option.Type type, Options options) {
    switch (type) {
      case STRING, PLATFORM -> options.string(name).ifPresent(value -> json.put(name, value));
      case INTEGER, SIZE -> options.integer(name).ifPresent(value -> json.put(name, value));
      case BOOLEAN -> options.bool(name).ifPresent(value -> json.put(name, value));
      case DURATION -> options.duration(name).ifPresent(value -> json.put(name, value.toMillis()));
      case STRING_LIST -> {
        // Left out and empty are one to an executor.
        List<String> values = options.strings(name);
        if (!values.isEmpty()) {
          json.set(name, SeedCodec.texts(values));
        }
      }
    }
  }

  static Options fromJson(JsonReader json, List<Option> declared) {
    SortedMap<String, Option.Type> types = types(declared);
    json.requireObject(types.keySet().toArray(String[]::new));
    SortedMap<String, Object> values = new TreeMap<>();
    types.forEach(
        (name, type) ->
            json.optional(name).ifPresent(value -> values.put(name, value(type, value))));
    return new DeclaredOptions(types, values);
  }

  private static Object value(Option.Type type, JsonReader json) {
    return switch (type) {
      case STRING, PLATFORM -> json.text();
      case INTEGER, SIZE -> json.number();
      case BOOLEAN -> json.bool();
      case DURATION -> Duration.ofMillis(json.number());
      case STRING_LIST -> List.copyOf(json.list(JsonReader::text));
    };
  }

  private static SortedMap<String, Option.Type> types(List<Option> declared) {
    SortedMap<String, Option.Type> types = new TreeMap<>();
    declared.forEach(option -> types.put(option.name(), option.type()));
    return types;
  }
}
