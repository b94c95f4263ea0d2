package org.lfedge.eve.tasks.core.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuSetTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"0;1;0", "0-3;4;0-3", "0-1,4,6-7;5;0-1,4,6-7", "2;1;2", "3,1,2;3;1-3", "0,1;2;0-1"})
  void listsOfTheKernelAreReadAndWritten(String list, int count, String written) {
    assertEquals(count, CpuSet.parse(list).size());
    assertEquals(written, CpuSet.parse(list + "\n").toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "3-1", "1-", "-1", "0,,1", "1 2", "99999", "9000", "0-3-5"})
  void whatIsNoListIsRefused(String list) {
    assertThrows(IllegalArgumentException.class, () -> CpuSet.parse(list));
  }

  @Test
  void anEmptySetIsWrittenAsNothing() {
    assertEquals("", CpuSet.of(List.of()).toString());
  }

  @Property
  void whatIsWrittenIsReadBack(@ForAll @NotEmpty Set<@IntRange(max = CpuSet.MAX) Integer> numbers) {
    CpuSet set = CpuSet.of(numbers);
    assertEquals(set, CpuSet.parse(set.toString()));
  }
}
