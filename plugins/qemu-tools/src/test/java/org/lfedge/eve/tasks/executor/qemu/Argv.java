package org.lfedge.eve.tasks.executor.qemu;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * Reads the arguments of an anchor back: those of the launcher, then those of QEMU, by its rules.
 */
record Argv(List<List<String>> launcher, String program, List<Switch> switches) {

  /** A switch of QEMU and its value, empty if it has none. */
  record Switch(String name, String value) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Set<String> WITHOUT_VALUE = Set.of("-nodefaults", "-no-user-config", "-S");

  static Argv of(Seed seed) {
    List<String> args = seed.process().args();
    if (!args.get(0).equals("/usr/lib/taskmanager/launch")) {
      throw new AssertionError("not started by the launcher: " + args);
    }
    List<List<String>> launcher = new ArrayList<>();
    int at = 1;
    while (!args.get(at).equals("--")) {
      int length = args.get(at).equals("--fifo") ? 2 : 3;
      launcher.add(args.subList(at, at + length));
      at += length;
    }
    String program = args.get(at + 1);
    List<Switch> switches = new ArrayList<>();
    at += 2;
    while (at < args.size()) {
      String name = args.get(at++);
      if (!name.startsWith("-")) {
        throw new AssertionError("no switch, but " + name);
      }
      switches.add(new Switch(name, WITHOUT_VALUE.contains(name) ? "" : args.get(at++)));
    }
    return new Argv(launcher, program, switches);
  }

  List<String> all(String name) {
    return switches.stream().filter(one -> one.name().equals(name)).map(Switch::value).toList();
  }

  String one(String name) {
    List<String> values = all(name);
    if (values.size() != 1) {
      throw new AssertionError(name + " stands " + values.size() + " times");
    }
    return values.get(0);
  }

  List<JsonNode> json(String name) {
    return all(name).stream().map(Argv::readJson).toList();
  }

  /** Devices by the name of their driver. */
  List<JsonNode> devices(String driver) {
    return json("-device").stream()
        .filter(device -> device.path("driver").asText().equals(driver))
        .toList();
  }

  /** The options of each such switch. */
  List<Map<String, String>> options(String name) {
    return all(name).stream().map(Argv::readOptions).toList();
  }

  static JsonNode readJson(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
  }

  /** As QEMU splits them: at single commas, with a doubled one for itself; the key ends at "=". */
  static Map<String, String> readOptions(String text) {
    Map<String, String> options = new LinkedHashMap<>();
    StringBuilder part = new StringBuilder();
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < text.length(); i++) {
      boolean comma = text.charAt(i) == ',';
      boolean doubled = comma && i + 1 < text.length() && text.charAt(i + 1) == ',';
      if (comma && !doubled) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(text.charAt(i));
        i += doubled ? 1 : 0;
      }
    }
    parts.add(part.toString());
    for (String one : parts) {
      int end = one.indexOf('=');
      boolean first = options.isEmpty() && parts.indexOf(one) == 0;
      if (end < 0 && !first) {
        throw new AssertionError("an option without a value: " + text);
      }
      options.put(end < 0 ? "" : one.substring(0, end), one.substring(end + 1));
    }
    return options;
  }
}
