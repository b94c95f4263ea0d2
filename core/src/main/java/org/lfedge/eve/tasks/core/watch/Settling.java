package org.lfedge.eve.tasks.core.watch;

import java.nio.file.Path;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch.Seen;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * Tells files that stand still from those that are being written, by the stamps of two looks in a
 * row. No I/O, no clock.
 */
final class Settling {

  private SortedMap<Path, String> last;
  private @Nullable Seen told;

  /**
   * Begins.
   *
   * @param last what was there before the first look; stands still where the first look agrees
   * @param told what the listener knows already; null if it knows nothing
   */
  Settling(SortedMap<Path, String> last, @Nullable Seen told) {
    this.last = last;
    this.told = told;
  }

  /**
   * What is to be told after a look, with what was told before for files that are changing now.
   *
   * @return null if it is what was told last
   */
  @Nullable Seen look(SortedMap<Path, String> now) {
    SortedMap<Path, String> still = new TreeMap<>();
    boolean moving = false;
    for (var file : now.entrySet()) {
      if (file.getValue().equals(last.get(file.getKey()))) {
        still.put(file.getKey(), file.getValue());
      } else {
        moving = true;
        String before = told == null ? null : told.files().get(file.getKey());
        if (before != null) {
          still.put(file.getKey(), before);
        }
      }
    }
    last = now;
    Seen seen = new Seen(SortedCopies.mapOf(still), moving);
    if (Objects.equals(seen, told)) {
      return null;
    }
    told = seen;
    return seen;
  }

  /** What was told last; null if nothing was. */
  @Nullable Seen told() {
    return told;
  }
}
