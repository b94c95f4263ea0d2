package org.lfedge.eve.tasks.executor.xen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class XlConfigTest {

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.of("", "'", "\"", "\\", "\\\"", "\n", "\r\n", "# no comment", "@password", "]"),
        Arbitraries.strings().withChars("'\"\\\n\t #[],=$`é日\u007f\u0001").ofMaxLength(12),
        Arbitraries.strings().withCharRange('\u0001', '\u0800').ofMaxLength(20));
  }

  @Property
  void anyTextIsReadBack(@ForAll("texts") String one, @ForAll("texts") String other) {
    String text = new XlConfig().set("a", one).set("b", 7).set("c", List.of(other, one)).toString();
    assertEquals(Map.of("a", one, "b", 7L, "c", List.of(other, one)), XlText.read(text), text);
    assertTrue(
        text.lines().allMatch(line -> line.matches("(?s)[abc] = (\".*\"|7|\\[.*\\])")), text);
  }

  @Test
  void aCommaInASettingOfAListIsRefused() {
    XlConfig.Spec spec = new XlConfig.Spec().with("vdev", "xvda");
    assertThrows(IllegalArgumentException.class, () -> spec.with("target", "/a,readonly"));
    assertThrows(IllegalArgumentException.class, () -> spec.with("target", "/a\nb"));
  }

  @Test
  void noTextHoldsANul() {
    assertThrows(IllegalArgumentException.class, () -> new XlConfig().set("a", "\0"));
  }
}
