package org.lfedge.eve.tasks.core.binaryformat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.port.BinaryFormats.Scope;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;

/** With the table of this node, and files of a format that nobody else has. */
@Tag("exclusive")
class KernelBinaryFormatsIT {

  private static final byte[] MAGIC = "a file for the taskmanager's test\n".getBytes(UTF_8);

  /** A process that has no table of its own. */
  private static final int ME = (int) ProcessHandle.current().pid();

  @TempDir Path temporary;
  private HelperCommand helper;
  private Path table;
  private Path tools;
  private Path program;

  @BeforeEach
  void make() throws IOException {
    helper = new LockedHelperCommand(temporary.resolve("locks"), Duration.ofSeconds(30));
    table = temporary.resolve("binfmt");
    tools = Files.createDirectories(temporary.resolve("to:ols|"));
    Files.copy(
        Path.of("/bin/busybox"), tools.resolve("busybox"), StandardCopyOption.COPY_ATTRIBUTES);
    // The interpreter does what its program is called.
    program = Files.write(temporary.resolve("echo"), MAGIC);
    assertTrue(program.toFile().setExecutable(true));
  }

  @AfterEach
  void release() {
    formats(true).tasks().forEach(formats(true)::release);
  }

  private KernelBinaryFormats formats(boolean nodeAllowed) {
    return new KernelBinaryFormats(
        temporary.resolve("none"), table, helper, System.getProperty("os.version"), nodeAllowed);
  }

  private static BinaryFormat format(String name, String interpreter) {
    String magic = HexFormat.of().formatHex(MAGIC);
    return new BinaryFormat(name, magic, "ff".repeat(MAGIC.length), interpreter);
  }

  private static String code(Runnable work) {
    return assertThrows(TaskException.class, work::run).first().code();
  }

  @Test
  void theKernelSaysForWhomFormatsHold() throws IOException {
    String[] version = System.getProperty("os.version").split("[.]", 3);
    int number = Integer.parseInt(version[0]) * 1000 + Integer.parseInt(version[1]);
    assertEquals(number >= 6007 ? Scope.TASK : Scope.NODE, formats(true).scope());
    if (number < 6007) {
      assertEquals("BINARY_FORMATS_NOT_ALLOWED", code(() -> formats(false).scope()));
    }
    assertFalse(helper.run("", "look", List.of("cat", "/proc/self/mounts")).contains("binfmt "));
  }

  @Test
  void aFormatForAllOfTheNodeIsThereAsLongAsATaskHasIt() {
    KernelBinaryFormats formats = formats(true);
    formats.register("a.b", ME, List.of(format("tst", "/busybox")), tools);
    formats.register("a.b", ME, List.of(format("tst", "/busybox")), tools);
    formats.register("other", ME, List.of(format("tst", "/busybox")), tools);
    assertEquals(List.of("a.b", "other"), formats(true).tasks());
    assertTrue(run().startsWith(program + " one two"), run());
    formats.release("a.b");
    assertEquals(List.of("other"), formats.tasks());
    assertTrue(run().startsWith(program + " one two"), run());
    formats.release("other");
    assertEquals(List.of(), formats.tasks());
    assertFalse(Files.exists(table.resolve("register")));
    assertThrows(TaskException.class, this::run);
    formats.release("other");
  }

  private String run() {
    return helper.run("", "run a file", List.of(program.toString(), "one", "two"));
  }

  @Test
  void nothingHoldsForTheNodeThatMayNot() {
    List<BinaryFormat> asked = List.of(format("tst", "/busybox"));
    assertEquals(
        "BINARY_FORMATS_NOT_ALLOWED", code(() -> formats(false).register("a", ME, asked, tools)));
    assertEquals(List.of(), formats(true).tasks());
  }

  @Test
  void anInterpreterIsAProgramInTheTools() throws IOException {
    Files.createSymbolicLink(tools.resolve("out"), Path.of("/bin/busybox"));
    Files.createSymbolicLink(tools.resolve("in"), Path.of("busybox"));
    Files.createFile(tools.resolve("no-program"));
    for (String path : List.of("/out", "/missing", "/no-program", "/", "//../bin")) {
      List<BinaryFormat> asked;
      try {
        asked = List.of(format("tst", path));
      } catch (IllegalArgumentException refused) {
        continue;
      }
      assertEquals(
          "INTERPRETER_NOT_FOUND", code(() -> formats(true).register("a", ME, asked, tools)), path);
    }
    formats(true).register("a", ME, List.of(format("tst", "//in")), tools);
    assertEquals(List.of("a"), formats(true).tasks());
  }

  @ParameterizedTest
  @CsvSource({
    "6.18.44-fc-v782, true",
    "5.12.0, true",
    "5.11.22, false",
    "4.19.0-25-amd64, false",
    "10.0, true",
    "odd, false"
  })
  void anInterpreterIsToldNamesWhereItCanKnowThat(String kernel, boolean told) {
    assertEquals(told, KernelBinaryFormats.tellsNames(kernel));
  }
}
