package org.lfedge.eve.tasks.executor.crossarch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;
import org.lfedge.eve.tasks.spi.seed.Seed;

class CrossArchExecutorTest {

  private static String refusal(Requests request) {
    SeedException refused = assertThrows(SeedException.class, request::seed);
    assertTrue(refused.getMessage().length() > 20, refused.getMessage());
    return refused.code() + " " + refused.path();
  }

  @Test
  void theProgramIsTheAnchorAndTheEmulatorIsOfTheTools() throws SeedException {
    Seed seed = Requests.image("arm64").seed();
    assertEquals(Base.TASK, seed.base());
    assertEquals(List.of("/bin/app", "one"), seed.process().args());
    assertEquals(List.of(), seed.mounts());
    assertEquals(
        List.of(Architecture.ARM64.runBy("/usr/lib/taskmanager/emulators/arm64")),
        seed.binaryFormats());
    assertEquals(List.of("emulation"), names(seed.tax()));
  }

  private static List<String> names(AnchorTax tax) {
    return tax.parts().stream().map(AnchorTax.Part::name).toList();
  }

  @Test
  void toolsSayWhereTheirEmulatorsAre() throws SeedException {
    Seed seed = Requests.image("s390x").emulators("arm64=/a, s390x=/opt/s").seed();
    assertEquals("/opt/s", seed.binaryFormats().get(0).interpreter());
    assertEquals(
        "EMULATOR_MISSING tools",
        refusal(Requests.image("riscv64").emulators("arm64=/a,s390x=/b")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {"arm64", "arm64=", "=/a", "arm64=/a,,s390x=/b", "arm64=/../a", "arm64=relative"})
  void aLabelThatCannotBeRightIsAFaultOfTheTools(String label) {
    assertEquals("MALFORMED_TOOLS tools", refusal(Requests.image("arm64").emulators(label)));
  }

  @Test
  void whatTheNodeRunsItselfIsNotEmulated() throws SeedException {
    for (String node : List.of("amd64", "arm64")) {
      Seed seed = Requests.image(node).node(node).withoutTools().seed();
      assertEquals(List.of(), seed.binaryFormats());
      assertEquals(List.of(), seed.tax().parts());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "linux/arm64, arm64",
    "linux/arm/v7, arm",
    "linux/386, 386",
    "linux/ppc64le, ppc64le"
  })
  void aDirectoryIsWhatTheDocumentSays(String platform, String format) throws SeedException {
    Seed seed = Requests.directory().option("platform", platform).seed();
    assertEquals(List.of(format), seed.binaryFormats().stream().map(BinaryFormat::name).toList());
  }

  @Test
  void whatCannotBeDoneIsRefusedByItsPlace() {
    assertEquals("PLATFORM_MISSING options.platform", refusal(Requests.directory()));
    assertEquals(
        "PLATFORM_NOT_EMULATED options.platform",
        refusal(Requests.directory().option("platform", "linux/mips64le")));
    assertEquals("PLATFORM_NOT_EMULATED root.image", refusal(Requests.image("mips64le")));
    assertEquals(
        "PLATFORM_NOT_EMULATED root.image", refusal(Requests.image("arm64").ofOs("windows")));
    assertEquals("TOOLS_MISSING tools", refusal(Requests.image("arm64").withoutTools()));
    assertEquals(
        "BAD_VALUE options.processes", refusal(Requests.image("arm64").option("processes", 0)));
    assertEquals(
        "BAD_VALUE options.processes", refusal(Requests.image("arm64").option("processes", 4097)));
  }

  @Property
  void theTaxIsForEachProcess(@ForAll @IntRange(min = 1, max = 4096) int processes)
      throws SeedException {
    AnchorTax one = Requests.image("arm64").option("processes", 1).seed().tax();
    AnchorTax all =
        Requests.image("arm64").option("processes", processes).with("init", true).seed().tax();
    assertEquals(List.of("init", "emulation"), names(all));
    assertEquals(one.parts().get(0).bytes() * processes, all.parts().get(1).bytes());
  }
}
