package org.lfedge.eve.tasks.spi.container;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** Variables of a process, in order, each name once. */
public final class Environment {

  /** Where a program is looked up if nothing else says so: what Linux distributions agree on. */
  public static final String DEFAULT_PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private Environment() {}

  /** The same variables with a PATH in front if there is none. */
  public static List<String> withPath(List<String> env) {
    if (env.stream().anyMatch(variable -> variable.startsWith("PATH="))) {
      return env;
    }
    List<String> withPath = new ArrayList<>(env.size() + 1);
    withPath.add(DEFAULT_PATH);
    withPath.addAll(env);
    return withPath;
  }

  /**
   * Overrides variables in place and puts new ones at the end. Of a name that stands twice the last
   * value counts, at the first place.
   *
   * @param base each {@code KEY=value}
   */
  public static List<String> merge(List<String> base, SortedMap<String, String> overrides) {
    Map<String, String> merged = new LinkedHashMap<>();
    for (String variable : base) {
      merged.put(name(variable), variable);
    }
    overrides.forEach((name, value) -> merged.put(name, name + "=" + value));
    return List.copyOf(merged.values());
  }

  private static String name(String variable) {
    int end = variable.indexOf('=');
    return end < 0 ? variable : variable.substring(0, end);
  }
}
