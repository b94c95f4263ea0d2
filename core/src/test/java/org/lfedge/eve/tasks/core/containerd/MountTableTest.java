package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

class MountTableTest {

  @Test
  void propagationIsAllBetweenTheOptionsAndTheDash() {
    assertEquals(
        new MountTable.Mount(Path.of("/a b"), List.of("shared:7", "master:3")),
        MountTable.Mount.parse(
            "36 35 98:0 / /a\\040b rw,noatime shared:7 master:3 - ext4 /dev/root rw"));
    assertEquals(
        new MountTable.Mount(Path.of("/"), List.of()),
        MountTable.Mount.parse("36 35 98:0 / / rw - overlay - rw"));
  }

  @Property
  void anyNameComesBackFromTheKernelsSpelling(
      @ForAll @NotEmpty @CharRange(from = 'a', to = 'f') @CharRange(from = '0', to = '4')
          String letters,
      @ForAll List<Odd> odd) {
    StringBuilder name = new StringBuilder("/" + letters);
    odd.forEach(one -> name.append(one.text).append(letters));
    String spelled =
        name.toString()
            .replace("\\", "\\134")
            .replace(" ", "\\040")
            .replace("\t", "\\011")
            .replace("\n", "\\012");
    assertEquals(
        Path.of(name.toString()),
        MountTable.Mount.parse("1 0 0:1 / " + spelled + " rw - t s o").target());
  }

  /** What the kernel spells in another way. */
  enum Odd {
    BLANK(" "),
    TAB("\t"),
    LINE("\n"),
    BACKSLASH("\\");

    private final String text;

    Odd(String text) {
      this.text = text;
    }
  }
}
