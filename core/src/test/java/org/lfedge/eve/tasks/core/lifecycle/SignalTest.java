package org.lfedge.eve.tasks.core.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalTest {

  @ParameterizedTest
  @CsvSource({
    "SIGTERM,15",
    "term,15",
    "15,15",
    "SIGKILL,9",
    "HUP,1",
    "SIGWINCH,28",
    "SIGSYS,31",
    "SIGRTMIN,34",
    "SIGRTMIN+3,37",
    "SIGRTMAX-14,50",
    "SIGRTMAX,64",
    "IOT,6"
  })
  void namesAndNumbersAreThoseOfLinux(String text, int number) {
    assertEquals(Optional.of(new Signal(number)), Signal.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "65", "-1", "SIG", "SIGFOO", "SIGRTMIN-1", "SIGRTMAX+1", "9 9"})
  void whatIsNoSignalIsRefused(String text) {
    assertEquals(Optional.empty(), Signal.parse(text));
  }

  @Property
  void theNameOfASignalReadsBack(@ForAll @IntRange(min = 1, max = 64) int number) {
    Signal signal = new Signal(number);
    if (number == 32 || number == 33) {
      // The C library keeps these two to itself, and they have no name.
      assertEquals("signal " + number, signal.toString());
    } else {
      assertEquals(Optional.of(signal), Signal.parse(signal.toString()));
    }
  }

  @Test
  void killIsNine() {
    assertEquals(9, Signal.KILL.number());
  }
}
