package org.lfedge.eve.tasks.core.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch.Seen;

/** Which files are told after which looks. */
class SettlingTest {

  private static SortedMap<Path, String> files(Map<Integer, Integer> stamps) {
    SortedMap<Path, String> files = new TreeMap<>();
    stamps.forEach((file, stamp) -> files.put(Path.of("f" + file), "s" + stamp));
    return files;
  }

  @Property
  void aStampIsToldOnlyAfterTwoLooksAndOnceNothingMovesAllIsTold(
      @ForAll @Size(max = 8)
          List<@Size(max = 3) Map<@IntRange(max = 3) Integer, @IntRange(max = 2) Integer>> looks) {
    Settling settling = new Settling(new TreeMap<>(), null);
    SortedMap<Path, String> before = new TreeMap<>();
    SortedMap<Path, String> known = new TreeMap<>();
    for (Map<Integer, Integer> look : looks) {
      SortedMap<Path, String> now = files(look);
      @Nullable Seen seen = settling.look(now);
      if (seen != null) {
        for (var file : seen.files().entrySet()) {
          boolean still = file.getValue().equals(before.get(file.getKey()));
          boolean old = file.getValue().equals(known.get(file.getKey()));
          assertTrue(now.containsKey(file.getKey()) && (still || old), seen.toString());
        }
        known = seen.files();
      }
      before = now;
    }
    Seen last = settling.look(before);
    assertEquals(before, last == null ? known : last.files());
    assertNull(settling.look(before), "nothing is told twice");
    assertNotNull(settling.told());
  }

  @Example
  void whatTheListenerKnowsIsNotTold() {
    SortedMap<Path, String> known = files(Map.of(1, 1));
    Settling settling = new Settling(known, new Seen(known, false));
    assertNull(settling.look(known));
    assertEquals(new Seen(known, true), settling.look(files(Map.of(1, 1, 2, 1))));
    assertEquals(
        new Seen(files(Map.of(1, 1, 2, 1)), false), settling.look(files(Map.of(1, 1, 2, 1))));
    assertEquals(
        new Seen(files(Map.of(1, 1, 2, 1)), true), settling.look(files(Map.of(1, 2, 2, 1))));
    assertEquals(new Seen(files(Map.of(2, 1)), false), settling.look(files(Map.of(2, 1))));
  }

  @Example
  void anEmptyDirectoryIsToldOnce() {
    Settling settling = new Settling(new TreeMap<>(), null);
    assertEquals(new Seen(new TreeMap<>(), false), settling.look(new TreeMap<>()));
    assertNull(settling.look(new TreeMap<>()));
  }
}
