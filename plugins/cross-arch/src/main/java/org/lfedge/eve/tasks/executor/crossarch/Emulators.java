package org.lfedge.eve.tasks.executor.crossarch;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;

/** The emulators that an image of tools has, as its labels say. */
final class Emulators {

  /** Lists them: {@code arm64=/path,s390x=/path}. */
  static final String LABEL = "org.lfedge.eve.tasks.emulators";

  /** Where the emulator of an architecture is in tools that do not say what they have. */
  static final String USUAL = "/usr/lib/taskmanager/emulators/";

  private final Optional<SortedMap<String, String>> listed;

  private Emulators(Optional<SortedMap<String, String>> listed) {
    this.listed = listed;
  }

  static Emulators of(ResolvedImage tools) throws SeedException {
    String label = tools.labels().get(LABEL);
    if (label == null) {
      return new Emulators(Optional.empty());
    }
    SortedMap<String, String> paths = new TreeMap<>();
    for (String item : label.split(",")) {
      int end = item.indexOf('=');
      if (end < 1 || !item.startsWith("/", end + 1)) {
        throw new SeedException(
            "MALFORMED_TOOLS",
            "tools",
            "the label "
                + LABEL
                + " of the tools must list emulators as arm64=/path,s390x=/path, and has: "
                + item);
      }
      paths.put(item.substring(0, end).strip(), item.substring(end + 1).strip());
    }
    return new Emulators(Optional.of(paths));
  }

  /**
   * The path of the emulator of an architecture in the tools.
   *
   * @throws SeedException if they have none
   */
  String path(Architecture architecture) throws SeedException {
    if (listed.isEmpty()) {
      return USUAL + architecture.word();
    }
    String path = listed.get().get(architecture.word());
    if (path == null) {
      throw new SeedException(
          "EMULATOR_MISSING",
          "tools",
          "the tools have no emulator for "
              + architecture.word()
              + ", only for "
              + String.join(", ", listed.get().keySet())
              + "; use other tools");
    }
    return path;
  }
}
