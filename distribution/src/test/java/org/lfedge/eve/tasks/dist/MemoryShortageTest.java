package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When the daemon gives up for lack of memory. */
class MemoryShortageTest {

  private final AtomicLong live = new AtomicLong();
  private final AtomicLong used = new AtomicLong();
  private final AtomicInteger collections = new AtomicInteger();
  private final MemoryShortage shortage =
      new MemoryShortage(
          used::get,
          1_000,
          () -> {
            collections.incrementAndGet();
            used.set(live.get());
          });

  @Test
  void aHeapFullOfGarbageIsNoShortageAndOneWithRoomIsNotCollected() {
    for (int look = 0; look < 10; look++) {
      used.set(940);
      assertFalse(shortage.lasts());
    }
    assertEquals(0, collections.get());
    for (int look = 0; look < 10; look++) {
      used.set(1_000);
      assertFalse(shortage.lasts());
    }
    assertEquals(10, collections.get());
  }

  @Test
  void aShortageHasToLast() {
    live.set(990);
    used.set(990);
    assertFalse(shortage.lasts());
    assertFalse(shortage.lasts());
    live.set(500);
    assertFalse(shortage.lasts());
    live.set(990);
    used.set(990);
    assertFalse(shortage.lasts());
    assertFalse(shortage.lasts());
    assertTrue(shortage.lasts());
  }
}
