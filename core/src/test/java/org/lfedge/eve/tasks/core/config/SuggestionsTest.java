package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SuggestionsTest {

  private static final List<String> KEYS =
      List.of("name", "displayName", "command", "env", "user", "workingDir", "cpus", "memory");

  @ParameterizedTest
  @CsvSource({
    "nmae, name",
    "Name, name",
    "comand, command",
    "commands, command",
    "memry, memory",
    "displayname, displayName",
    "workdir, workingDir",
    "workingDirectory, ",
    "envs, env",
    "cpu, cpus"
  })
  void theNearestKeyWithinReachIsMeant(String word, String meant) {
    assertEquals(Optional.ofNullable(meant), Suggestions.nearest(word, KEYS));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "services", "image", "mmmmmm"})
  void aWordThatIsFarFromEveryKeyHasNoSuggestion(String word) {
    assertEquals(Optional.empty(), Suggestions.nearest(word, KEYS));
  }

  @ParameterizedTest
  @CsvSource({
    "environment, env",
    "entrypoint, command",
    "tty, terminal",
    "healthcheck, health",
    "livenessProbe, health",
    "depends_on, after",
    "DependsOn, after",
    "restartPolicy, restart",
    "retry, restart",
    "cpuset, "
  })
  void aKeyOfAnotherToolStandsForOursWhereThatIsKnown(String word, String meant) {
    List<String> keys =
        List.of("name", "command", "env", "terminal", "restart", "health", "after", "resources");
    assertEquals(Optional.ofNullable(meant), Suggestions.nearest(word, keys));
  }

  @Test
  void theSameWordOfAnotherToolMayStandForDifferentKeysAtDifferentPlaces() {
    assertEquals(Optional.of("policy"), Suggestions.nearest("condition", List.of("policy")));
    assertEquals(Optional.of("on"), Suggestions.nearest("condition", List.of("on", "task")));
  }

  @Test
  void ofTwoThatAreEquallyNearTheFirstByNameIsMeant() {
    assertEquals(Optional.of("cat"), Suggestions.nearest("bat", List.of("rat", "cat")));
  }
}
