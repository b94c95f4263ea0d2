package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndingsTest {

  @Test
  void theLastPartIsClosedFirstAndOneThatCannotBeKeepsNoOtherOpen() {
    List<String> closed = new ArrayList<>();
    Endings endings = new Endings();
    endings.closing(() -> closed.add("first"));
    endings.closing(
        () -> {
          closed.add("broken");
          throw new IOException("the disk is full");
        });
    endings.closing(
        () -> {
          throw new IllegalStateException("no more");
        });
    endings.closing(() -> closed.add("last"));
    endings.close();
    assertEquals(List.of("last", "broken", "first"), closed);
    endings.close();
    assertEquals(3, closed.size());
  }
}
