package org.lfedge.eve.tasks.executor.crossarch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;

class ArchitectureTest {

  private static final HexFormat HEX = HexFormat.of();

  /** What the kernel does: the bits of the mask are those of the magic. */
  private static boolean takes(BinaryFormat format, byte[] file) {
    byte[] magic = HEX.parseHex(format.magic());
    byte[] mask = HEX.parseHex(format.mask());
    for (int i = 0; i < magic.length; i++) {
      if (i >= file.length || ((magic[i] ^ file[i]) & mask[i]) != 0) {
        return false;
      }
    }
    return true;
  }

  private static BinaryFormat format(Architecture architecture) {
    return architecture.runBy("/emulator");
  }

  /** Programs that lie anywhere, and that lie at their place; with the ABI of GNU, and without. */
  @Example
  void eachArchitectureTakesItsOwnFilesAlone() {
    List<String> headers =
        List.of(
            "7f454c4601010103000000000000000002000300 386",
            "7f454c4602010103000000000000000002003e00 amd64",
            "7f454c4602010100000000000000000003003e00 amd64",
            "7f454c4601010100000000000000000002002800 arm",
            "7f454c460201010000000000000000000200b700 arm64",
            "7f454c460201010300000000000000000300b700 arm64",
            "7f454c4602010100000000000000000002001500 ppc64le",
            "7f454c460201010000000000000000000200f300 riscv64",
            "7f454c4602020103000000000000000000020016 s390x",
            "7f454c4602020100000000000000000000030016 s390x",
            "7f454c4602020100000000000000000000020015 none",
            "7f454c460201010000000000000000000100b700 none",
            "7f454c460201010000000000000000000400b700 none",
            "23212f62696e2f73680a6563686f2068690a0a0a none");
    for (String header : headers) {
      String[] words = header.split(" ");
      List<String> takers =
          Arrays.stream(Architecture.values())
              .filter(one -> takes(format(one), HEX.parseHex(words[0])))
              .map(Architecture::word)
              .toList();
      assertEquals(words[1].equals("none") ? List.of() : List.of(words[1]), takers, header);
    }
  }

  @Property
  void noFileHasTwoArchitectures(@ForAll @Size(20) byte[] file) {
    byte[] elf = file.clone();
    System.arraycopy(new byte[] {0x7f, 'E', 'L', 'F'}, 0, elf, 0, 4);
    long takers =
        Arrays.stream(Architecture.values()).filter(one -> takes(format(one), elf)).count();
    assertTrue(takers <= 1, HEX.formatHex(elf));
  }

  @Example
  void aProgramOfThisNodeIsKnown() throws IOException {
    byte[] program = Files.readAllBytes(Path.of("/proc/self/exe"));
    String own = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    for (Architecture architecture : Architecture.values()) {
      assertEquals(architecture.word().equals(own), takes(format(architecture), program));
    }
  }

  @Example
  void wordsAreThoseOfImages() {
    assertEquals(Architecture.PPC64LE, Architecture.of("ppc64le").orElseThrow());
    assertFalse(Architecture.of("mips64le").isPresent());
  }
}
