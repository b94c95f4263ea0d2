package org.lfedge.eve.tasks.executor.nativecontainer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.container.StopSignals;
import org.lfedge.eve.tasks.spi.task.User;

/** Reads the program out of the {@code config.json} of an OCI bundle. */
final class BundleProgram {

  /** What the core is asked to read. */
  static final FactQuery CONFIG = new FactQuery.JsonFile("config.json");

  /** Where the OCI image specification puts the stop signal when an image becomes a bundle. */
  private static final String STOP_SIGNAL = "/annotations/org.opencontainers.image.stopSignal";

  private final SortedMap<String, String> values;

  private BundleProgram(SortedMap<String, String> values) {
    this.values = values;
  }

  static Program of(Fact config) throws SeedException {
    if (!config.present()) {
      throw new SeedException(
          "NO_BUNDLE_CONFIG",
          "root.bundle",
          "there is no config.json in the directory; for a plain root file system use"
              + " root.directory");
    }
    String text = config.value("").orElse("");
    if (!text.stripLeading().startsWith("{")) {
      throw malformed("it is not an object");
    }
    return new BundleProgram(config.values()).program(text);
  }

  /**
   * The bounding set stands for all capability sets: an exec gives root just that set, and others
   * nothing. A bundle without one asks for no capability at all, as it does of a runtime.
   */
  private Program program(String text) throws SeedException {
    return new Program(
        "the bundle",
        list("/process/args"),
        list("/process/env"),
        values.getOrDefault("/process/cwd", "/"),
        Optional.of(user()),
        "true".equals(values.get("/root/readonly")),
        Optional.of(new TreeSet<>(list("/process/capabilities/bounding"))),
        StopSignals.parse(values.getOrDefault(STOP_SIGNAL, StopSignals.DEFAULT)),
        new TreeMap<>(),
        Optional.of(text));
  }

  private User user() throws SeedException {
    List<Integer> groups = new ArrayList<>();
    for (String group : list("/process/user/additionalGids")) {
      groups.add(id(group));
    }
    return new User(
        id(values.getOrDefault("/process/user/uid", "0")),
        id(values.getOrDefault("/process/user/gid", "0")),
        groups);
  }

  private static int id(String text) throws SeedException {
    if (!text.matches("[0-9]{1,10}") || Long.parseLong(text) > Integer.MAX_VALUE) {
      throw malformed("process.user holds " + text + ", not a number from 0 to 2^31 - 1");
    }
    return Integer.parseInt(text);
  }

  /** The scalars of an array; whatever else stands there is refused rather than left out. */
  private List<String> list(String pointer) throws SeedException {
    String first = pointer + "/";
    List<String> items = new ArrayList<>();
    for (String item = values.get(first + 0);
        item != null;
        item = values.get(first + items.size())) {
      items.add(item);
    }
    // "0" follows "/" in the alphabet, so this is everything below the pointer
    boolean complete = values.subMap(first, pointer + "0").size() == items.size();
    if (values.containsKey(pointer) || !complete) {
      throw malformed(pointer.substring(1).replace('/', '.') + " is not a list of texts");
    }
    return items;
  }

  private static SeedException malformed(String why) {
    return new SeedException(
        "MALFORMED_BUNDLE", "root.bundle", "config.json of the bundle cannot be used: " + why);
  }
}
