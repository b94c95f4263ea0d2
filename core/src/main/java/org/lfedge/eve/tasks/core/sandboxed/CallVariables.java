package org.lfedge.eve.tasks.core.sandboxed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A call as variables, for shells that have nothing to read JSON with: each scalar under its path
 * in capitals, {@code SEED_REQUEST_TASK_RESOURCES_MEMORY_BYTES=67108864}, each list with the number
 * of its elements, {@code SEED_REQUEST_TASK_COMMAND_COUNT=2}. What is too much for the environment
 * of a program is left out, and so are values with NUL; all of it is in the file.
 */
final class CallVariables {

  /** The kernel takes 128 KiB for one variable. */
  private static final int MAX_VALUE = 64 * 1024;

  /** Of all, names included; the stack of the program holds them. */
  private static final int MAX_ALL = 512 * 1024;

  private static final int MAX_NAME = 200;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final List<String> variables = new ArrayList<>();
  private int size;

  private CallVariables() {}

  /** Those of a call, {@code NAME=value}, in the order of its text. */
  static List<String> of(byte[] call) {
    try {
      CallVariables all = new CallVariables();
      all.add("SEED", MAPPER.readTree(call));
      return all.variables;
    } catch (IOException e) {
      throw new UncheckedIOException("a call of our own is JSON", e);
    }
  }

  private void add(String name, JsonNode node) {
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> member : node.properties()) {
        add(name + "_" + word(member.getKey()), member.getValue());
      }
    } else if (node.isArray()) {
      put(name + "_COUNT", Integer.toString(node.size()));
      for (int i = 0; i < node.size(); i++) {
        add(name + "_" + i, node.get(i));
      }
    } else if (!node.isNull()) {
      put(name, node.asText());
    }
  }

  private void put(String name, String value) {
    int length = name.length() + value.length() + 2;
    boolean fits = name.length() <= MAX_NAME && value.length() <= MAX_VALUE;
    if (fits && size + length <= MAX_ALL && value.indexOf('\0') < 0) {
      size += length;
      variables.add(name + "=" + value);
    }
  }

  /** {@code memoryBytes} as {@code MEMORY_BYTES}; what no variable can have becomes a line. */
  private static String word(String key) {
    return key.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .replaceAll("[^A-Za-z0-9]", "_")
        .toUpperCase(Locale.ROOT);
  }
}
