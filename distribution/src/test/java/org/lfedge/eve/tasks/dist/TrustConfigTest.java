package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.policy.PinnedKey;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Requirement;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Rule;

class TrustConfigTest {

  /** Made with {@code openssl genpkey -algorithm ed25519}; nobody has its private half. */
  private static final String PEM =
      """
      -----BEGIN PUBLIC KEY-----
      MCowBQYDK2VwAyEAoRbY3X/lyOKJ/lfyjLXvi5YSsw/o4VYYMmhG79js9Mc=
      -----END PUBLIC KEY-----
      """;

  @TempDir Path directory;

  private final List<Problem> problems = new ArrayList<>();

  private TrustPolicy read(String text) {
    try {
      ConfigSection root = new ConfigSection(new YAMLMapper().readTree(text), problems);
      return TrustConfig.read(root.section("trust"));
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  private List<String> places(String text) {
    read(text);
    return problems.stream().map(problem -> problem.code() + " " + problem.path()).toList();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  @Test
  void withoutTheSectionTheDefaultHolds() {
    for (String text : List.of("{}", "trust:", "trust: {}", "trust: {images: , tools: []}")) {
      assertEquals(TrustPolicy.DEFAULT, read(text), text);
    }
    assertEquals(List.of(), problems);
  }

  @Test
  void everyKeyIsReadAndTheOrderOfRulesIsKept() throws IOException {
    Path key = file("vendor.pub", PEM);
    TrustPolicy policy =
        read(
            """
            trust:
              images:
                - {name: "registry.local:5000/vendor/*", require: signature, keys: [%s]}
                - {name: "*", require: digest}
              tools:
                - {name: "docker.io/library/tools", require: accept}
            """
                .formatted(key));
    assertEquals(List.of(), problems);
    Requirement signature =
        new Requirement.Signature(List.of(PinnedKey.parse(key.toString(), PEM)));
    assertEquals(
        new TrustPolicy(
            List.of(
                new Rule("registry.local:5000/vendor/*", signature),
                new Rule("*", new Requirement.Digest())),
            List.of(new Rule("docker.io/library/tools", new Requirement.Accept()))),
        policy);
  }

  @Test
  void allFaultsAreNamedAtOnceWithTheirPlaces() throws IOException {
    Path key = file("vendor.pub", PEM);
    assertEquals(
        List.of(
            "WRONG_TYPE trust.images[0]",
            "WRONG_VALUE trust.images[0].name",
            "WRONG_VALUE trust.images[0].require",
            "WRONG_VALUE trust.images[1].name",
            "WRONG_VALUE trust.images[1].keys",
            "WRONG_VALUE trust.images[2].require",
            "WRONG_VALUE trust.images[3].keys",
            "UNKNOWN_KEY trust.images[3].key",
            "WRONG_VALUE trust.images[4].keys",
            "WRONG_VALUE trust.images[5].keys",
            "WRONG_VALUE trust.images[6].keys[0]",
            "WRONG_VALUE trust.images[6].keys[1]",
            "BAD_FILE trust.images[6].keys[3]",
            "WRONG_VALUE trust.tools",
            "UNKNOWN_KEY trust.image"),
        places(
            """
            trust:
              image: []
              images:
                - accept
                - {name: "registry.local/web:1.0", require: digest, keys: [%1$s]}
                - {name: "*", require: sign, keys: [%1$s]}
                - {name: "*", require: signature, key: %1$s}
                - {name: "*", require: signature, keys: []}
                - {name: "*", require: signature, keys: %1$s}
                - {name: "*", require: signature, keys: [7, vendor.pub, %1$s, /absent.pub]}
              tools: accept
            """
                .formatted(key)));
  }

  @Test
  void aFileThatHoldsNoKeyIsNamedWithTheReason() throws IOException {
    Map<Path, String> reasons =
        Map.of(
            directory,
            "this file is no regular file",
            directory.resolve("absent"),
            "this file cannot be read: ",
            file("empty", ""),
            "this file holds no PEM block",
            file("long", PEM + " ".repeat(1 << 16)),
            "this file has more than 64 KiB",
            file("private", PEM.replace("PUBLIC", "PRIVATE")),
            "does not belong on a node");
    reasons.forEach(
        (file, reason) -> {
          problems.clear();
          read("trust: {tools: [{name: '*', require: signature, keys: [%s]}]}".formatted(file));
          assertEquals(1, problems.size(), problems::toString);
          Problem problem = problems.get(0);
          assertEquals("trust.tools[0].keys[0]", problem.path());
          assertEquals(Problem.Kind.USER, problem.kind());
          assertTrue(
              problem.message().contains(reason),
              () -> "expected '" + reason + "' in: " + problem.message());
        });
  }
}
