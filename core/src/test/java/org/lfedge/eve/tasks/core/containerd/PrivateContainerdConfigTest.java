package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PrivateContainerdConfigTest {

  private static final String TOML =
      PrivateContainerdConfig.toml(
          Path.of("/var/lib/t"), Path.of("/run/t"), Path.of("/run/t/c.sock"));

  @Test
  void itHasItsOwnDirectoriesAndSocket() {
    assertEquals(
        List.of("version = 2", "root = \"/var/lib/t\"", "state = \"/run/t\""),
        TOML.lines().limit(3).toList());
    assertTrue(TOML.contains("address = \"/run/t/c.sock\""), TOML);
  }

  /** containerd refuses to start over a name of another form. */
  @Test
  void everyDisabledPluginHasAFullName() {
    List<String> names = TOML.lines().filter(line -> line.startsWith("  \"")).toList();
    assertTrue(names.size() > 10, TOML);
    Pattern full = Pattern.compile("  \"io\\.containerd(\\.[a-z]+)+\\.v1\\.[a-z]+\",?");
    assertTrue(names.stream().allMatch(name -> full.matcher(name).matches()), TOML);
  }

  @Test
  void aTextIsQuotedAsTomlWantsIt() {
    assertEquals(
        "\"a \\\"b\\\" \\\\ \\u000A \\u007F \u00e4\"",
        PrivateContainerdConfig.quoted("a \"b\" \\ \n \u007f \u00e4"));
  }
}
