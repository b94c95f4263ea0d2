package org.lfedge.eve.tasks.spi.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.StopStep;

class StopSignalsTest {

  @ParameterizedTest
  @CsvSource({
    "SIGTERM,SIGTERM",
    "term,SIGTERM",
    "15,SIGTERM",
    "9,SIGKILL",
    "1,SIGHUP",
    "31,SIGSYS",
    "34,SIGRTMIN+0",
    "37,SIGRTMIN+3",
    "64,SIGRTMIN+30",
    "SIGRTMIN+3,SIGRTMIN+3",
    "rtmax-2,SIGRTMAX-2",
    "RTMIN,SIGRTMIN",
    "' SIGINT ',SIGINT",
    "'',SIGTERM"
  })
  void aSignalIsKnownByNameAndNumber(String text, String name) throws SeedException {
    assertEquals(name, StopSignals.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "32", "33", "65", "-9", "SIG", "SIGNO", "RTMIN+31", "RTMAX+1", "1 5"})
  void whatIsNoSignalIsRefused(String text) {
    assertEquals(
        "UNKNOWN_STOP_SIGNAL",
        assertThrows(SeedException.class, () -> StopSignals.parse(text)).code());
  }

  @Property
  void eachNumberGivesANameThatMeansTheSame(@ForAll @IntRange(min = 1, max = 31) int number)
      throws SeedException {
    String name = StopSignals.parse(Integer.toString(number));
    assertEquals(name, StopSignals.parse(name));
    assertEquals(name, StopSignals.parse(name.substring(3).toLowerCase(Locale.ROOT)));
    assertEquals(name, new StopStep.Signal(name, Duration.ZERO).name());
  }

  @Test
  void theDefaultIsASignal() throws SeedException {
    assertEquals(StopSignals.DEFAULT, StopSignals.parse(StopSignals.DEFAULT));
  }
}
