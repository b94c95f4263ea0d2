package org.lfedge.eve.tasks.spi.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The shell of the guest reads what was written. */
class ShellScriptTest {

  @Provide
  Arbitrary<List<String>> arguments() {
    return Arbitraries.oneOf(
            Arbitraries.of(
                "", "'", "''", "a'b", "\\", "$HOME", "`id`", "\n", "\r", "-n", "*", "#", "!", "~"),
            Arbitraries.strings().withChars("'\"\\$`\n\t *?[]{}();&|<>#-é日").ofMaxLength(10),
            Arbitraries.strings().withCharRange('\u0001', '\u0800').ofMaxLength(20),
            Arbitraries.of("\uD83D\uDE00", "x".repeat(5000)))
        .list()
        .ofMaxSize(6);
  }

  /** Of busybox, as in the guest. */
  @Property(tries = 100)
  void argumentsAreReadBack(@ForAll("arguments") List<String> arguments)
      throws IOException, InterruptedException {
    ShellScript script = new ShellScript().call("show", arguments).call("show", "last");
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.writeBytes(
        "show() { printf '%s\\n' \"$#\"; for arg; do printf '%s\\0' \"$arg\"; done; }\n"
            .getBytes(StandardCharsets.UTF_8));
    text.writeBytes(script.toString().getBytes(StandardCharsets.UTF_8));
    Path file = Files.createTempFile("script", ".sh");
    try {
      Files.write(file, text.toByteArray());
      Process shell =
          new ProcessBuilder("busybox", "sh", file.toString()).redirectErrorStream(true).start();
      shell.getOutputStream().close();
      byte[] output = shell.getInputStream().readAllBytes();
      assertTrue(shell.waitFor(1, TimeUnit.MINUTES));
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      expected.writeBytes((arguments.size() + "\n").getBytes(StandardCharsets.UTF_8));
      List<String> all = new ArrayList<>(arguments);
      all.forEach(arg -> expected.writeBytes((arg + "\0").getBytes(StandardCharsets.UTF_8)));
      expected.writeBytes("1\nlast\0".getBytes(StandardCharsets.UTF_8));
      assertEquals(
          Arrays.toString(expected.toByteArray()), Arrays.toString(output), script::toString);
    } finally {
      Files.delete(file);
    }
  }
}
