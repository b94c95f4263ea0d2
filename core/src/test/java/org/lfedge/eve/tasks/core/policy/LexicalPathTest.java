package org.lfedge.eve.tasks.core.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class LexicalPathTest {

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of("a", "b", "/", "//", ".", "..", "...", "a.", "/./", "/../")
        .list()
        .ofMaxSize(8)
        .map(parts -> "/" + String.join("", parts));
  }

  /** The JDK's own normalization is the oracle. */
  @Property
  void soundPathsAreNormalizedAsTheKernelWouldReadThem(@ForAll("paths") String path) {
    boolean climbs = Path.of(path).toString().matches(".*/\\.\\.(/.*)?");
    assertEquals(!climbs, LexicalPath.isSound(path));
    if (climbs) {
      assertThrows(IllegalArgumentException.class, () -> LexicalPath.normalize(path));
    } else {
      assertEquals(Path.of(path).normalize().toString(), LexicalPath.normalize(path));
    }
  }

  @Property
  void withinIsWhatStartsWithOnNames(@ForAll("paths") String path, @ForAll("paths") String root) {
    if (LexicalPath.isSound(path) && LexicalPath.isSound(root)) {
      assertEquals(
          Path.of(path).normalize().startsWith(Path.of(root).normalize()),
          LexicalPath.isWithin(LexicalPath.normalize(path), LexicalPath.normalize(root)));
    }
  }

  @Test
  void relativePathsAndNulAreNotSound() {
    assertFalse(LexicalPath.isSound("a"));
    assertFalse(LexicalPath.isSound(""));
    assertFalse(LexicalPath.isSound("/a\0b"));
    assertTrue(LexicalPath.isSound("/a b"));
  }
}
