package org.lfedge.eve.tasks.core.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.port.InterfaceCounters;
import org.lfedge.eve.tasks.core.port.InterfaceMetrics;

/** Reads {@code /proc/PID/net/dev}; see proc(5). */
public final class NamespaceInterfaces implements InterfaceMetrics {

  /** Name, then eight numbers of what was received, and eight of what was sent. */
  private static final Pattern LINE = Pattern.compile("\\s*(\\S+):((?:\\s*\\d+){16})\\s*");

  @Override
  public SortedMap<String, InterfaceCounters> counters(int pid) {
    try {
      return parse(Files.readAllLines(Path.of("/proc", Integer.toString(pid), "net", "dev")));
    } catch (IOException e) {
      return Collections.emptySortedMap();
    }
  }

  static SortedMap<String, InterfaceCounters> parse(List<String> lines) {
    SortedMap<String, InterfaceCounters> counters = new TreeMap<>();
    for (String line : lines) {
      Matcher fields = LINE.matcher(line);
      if (fields.matches()) {
        String[] numbers = fields.group(2).strip().split("\\s+");
        counters.put(
            fields.group(1),
            new InterfaceCounters(
                number(numbers, 0),
                number(numbers, 1),
                number(numbers, 2),
                number(numbers, 3),
                number(numbers, 8),
                number(numbers, 9),
                number(numbers, 10),
                number(numbers, 11)));
      }
    }
    return counters;
  }

  /** Counters of the kernel have 64 bits without a sign. */
  private static long number(String[] numbers, int index) {
    return Long.parseUnsignedLong(numbers[index]);
  }
}
