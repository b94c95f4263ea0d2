package org.lfedge.eve.tasks.core.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.port.Registries;

/** A daemon that pulls nothing pays nothing for being able to. */
class LazyRegistriesTest {

  /** What a daemon does before the first pull. */
  static final class Idle {

    private Idle() {}

    /** Run in a JVM of its own. */
    public static void main(String[] arguments) {
      RegistryConfig config =
          new RegistryConfig(
              RegistryConfig.DEFAULT.dockerConfig(),
              RegistryConfig.Proxy.OF_ENVIRONMENT,
              new TreeMap<>(Map.of("localhost:1", TestHosts.plain("localhost:2"))));
      try (HttpRegistries registries = new HttpRegistries(config, System.getenv())) {
        Registries.Repository repository = registries.repository("localhost:1/web");
        if (repository == null) {
          throw new AssertionError();
        }
      }
    }
  }

  @Test
  void noHttpClientIsLoadedBeforeTheFirstRequest() throws IOException, InterruptedException {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load",
                "-cp",
                System.getProperty("java.class.path"),
                Idle.class.getName())
            .redirectErrorStream(true)
            .start();
    List<String> loaded =
        new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    assertEquals(0, jvm.waitFor(), loaded.toString());
    assertTrue(loaded.stream().anyMatch(line -> line.contains(HttpRegistries.class.getName())));
    assertEquals(
        List.of(),
        loaded.stream()
            .filter(
                line -> line.matches(".*(java\\.net\\.http|javax\\.net\\.ssl|http\\.Transport).*"))
            .toList());
  }
}
