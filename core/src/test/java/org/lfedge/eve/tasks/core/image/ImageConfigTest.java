package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.TaskException;

class ImageConfigTest {

  private static ImageConfig parse(String json) {
    return ImageConfig.parse(
        Manifests.object(json.getBytes(StandardCharsets.UTF_8), "config", "test"),
        "sha256:x",
        Platform.linux("arm64"),
        "test");
  }

  @Test
  void whatIsMissingTakesItsDefault() {
    for (String json :
        List.of(
            "{}",
            "{\"config\":null,\"rootfs\":null,\"os\":\"\"}",
            "{\"config\":{\"Env\":null,\"Entrypoint\":null,\"User\":\"\",\"Labels\":null,"
                + "\"WorkingDir\":\"\"},\"architecture\":null}")) {
      assertEquals(
          new ImageConfig(
              "sha256:x",
              Platform.linux("arm64"),
              List.of(),
              List.of(),
              List.of(),
              "/",
              Optional.empty(),
              Optional.empty(),
              new TreeMap<>(),
              List.of()),
          parse(json));
    }
  }

  @Test
  void aRelativeWorkingDirectoryIsBelowTheRoot() {
    assertEquals("/srv/x", parse("{\"config\":{\"WorkingDir\":\"srv/x\"}}").workingDir());
  }

  @Test
  void whatTheConfigIsMadeForGoesBeforeTheNode() {
    ImageConfig config = parse("{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\"}");
    assertEquals("arm", config.architecture());
    assertEquals(Optional.of("v7"), config.variant());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"config\":[]}",
        "{\"config\":{\"Env\":\"A=1\"}}",
        "{\"config\":{\"Env\":[1]}}",
        "{\"config\":{\"Env\":[\"A\"]}}",
        "{\"config\":{\"Env\":[\"=1\"]}}",
        "{\"config\":{\"Env\":[\"A=\\u0000\"]}}",
        "{\"config\":{\"Entrypoint\":\"sh\"}}",
        "{\"config\":{\"Cmd\":[null]}}",
        "{\"config\":{\"User\":0}}",
        "{\"config\":{\"Labels\":[\"a\"]}}",
        "{\"config\":{\"Labels\":{\"a\":1}}}",
        "{\"config\":{\"StopSignal\":15}}",
        "{\"architecture\":{}}",
        "{\"rootfs\":{\"diff_ids\":[\"x\"]}}",
      })
  void aWrongTypeIsRefused(String json) {
    assertEquals(
        "BAD_IMAGE_CONFIG", assertThrows(TaskException.class, () -> parse(json)).first().code());
  }
}
