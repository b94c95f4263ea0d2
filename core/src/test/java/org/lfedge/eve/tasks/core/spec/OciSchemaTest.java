package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties that lean on the schema are worth something only if it refuses what is wrong. */
class OciSchemaTest {

  private static final String SOUND =
      """
      {"ociVersion": "1.0.2", "root": {"path": "r"}, "process": {"cwd": "/", "args": ["a"]},
       "linux": {"resources": {"cpu": {"quota": 1}},
         "seccomp": {"defaultAction": "SCMP_ACT_ERRNO"}, "namespaces": [{"type": "pid"}]}}
      """;

  @Test
  void aSoundSpecIsAccepted() {
    assertEquals(List.of(), OciSchema.violations(SOUND));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"ociVersion\": \"1.0.2\", => ",
        "\"cwd\": \"/\", => ",
        "\"path\": \"r\" => \"path\": 1",
        "[\"a\"] => [1]",
        "\"quota\": 1 => \"quota\": \"1\"",
        "SCMP_ACT_ERRNO => SCMP_ACT_MAYBE",
        "\"pid\" => \"pit\""
      })
  void aWrongOneIsRefused(String change) {
    String[] parts = change.split("=> ?", -1);
    String wrong = SOUND.replace(parts[0].strip(), parts[1]);
    assertNotEquals(SOUND, wrong);
    assertNotEquals(List.of(), OciSchema.violations(wrong));
  }
}
