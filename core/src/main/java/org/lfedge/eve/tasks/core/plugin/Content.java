package org.lfedge.eve.tasks.core.plugin;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.Rejected;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.slf4j.Logger;

/** What the catalog shows at one moment; a new one is made whenever something changes. */
record Content(SortedMap<String, LoadedExecutor> executors, List<Rejected> rejected) {

  static final Content NONE = new Content(new TreeMap<>(), List.of());

  /** The code of a file that nobody can judge yet. */
  static final String LOADING = "LOADING";

  Content {
    executors = SortedCopies.mapOf(executors);
    rejected = List.copyOf(rejected);
  }

  /**
   * Says what is other than before: a line for each executor, and for each file that is refused.
   */
  void logChanges(Content before, Logger log) {
    for (var served : before.executors.entrySet()) {
      if (!executors.containsKey(served.getKey())) {
        log.info("{} serves no more", title(served.getValue()));
      }
    }
    for (var serving : executors.entrySet()) {
      LoadedExecutor now = serving.getValue();
      @Nullable LoadedExecutor then = before.executors.get(serving.getKey());
      if (then == null) {
        log.info("{} serves", title(now));
      } else if (!then.digest().equals(now.digest())) {
        log.info("{} serves instead of {} of {}", title(now), then.version(), then.file());
      }
    }
    for (Rejected refused : rejected) {
      if (!refused.code().equals(LOADING) && !before.rejected.contains(refused)) {
        log.warn("{} is not used: {} {}", refused.file(), refused.code(), refused.reason());
      }
    }
  }

  private static String title(LoadedExecutor loaded) {
    return "executor "
        + loaded.executor().info().name()
        + " "
        + loaded.version()
        + " of "
        + loaded.file();
  }
}
