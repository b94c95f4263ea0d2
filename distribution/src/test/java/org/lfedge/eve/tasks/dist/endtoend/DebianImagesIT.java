package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What images of Debian packages are asked for with, say of themselves, and are made from. */
class DebianImagesIT {

  private static final Set<String> EMULATED =
      Set.of("amd64", "arm64", "arm", "386", "riscv64", "ppc64le", "s390x");

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "qemu",
        "emacs image.tar",
        "jvm image.tar",
        "jvm-8 image.tar",
        "jar-17-all image.tar",
        "qemu image.tar s390x",
        "busybox image.tar aarch64",
        "busybox image.tar ''",
        "busybox image.tar arm64 more",
        "busybox --help"
      })
  void whatItDoesNotKnowIsAnsweredWithItsUsage(String arguments) throws IOException {
    Programs.Result result =
        shell("cd %s && %s %s".formatted(directory, DebianImages.SCRIPT, arguments)).expect(2);
    assertTrue(result.err().startsWith("Makes an image from Debian's packages"), result.err());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void anotherSuiteComesFromDebianAndIsSignedByIt() {
    String line = "deb \\[signed-by=\\S*debian-archive-keyring.gpg] http\\S+ forky%s main";
    List<String> all = sources("forky");
    assertTrue(
        all.stream().allMatch(source -> source.matches(line.formatted("(-\\w+)?"))),
        all.toString());
    assertTrue(
        all.stream().anyMatch(source -> source.matches(line.formatted("-security"))),
        all.toString());
    List<String> released = sources("release/forky");
    assertFalse(released.isEmpty());
    assertTrue(
        released.stream().allMatch(source -> source.matches(line.formatted(""))),
        released.toString());
  }

  @Test
  void emulatorsAreWhereTheLabelSays() throws IOException {
    Path layout = unpacked("cross-arch");
    JsonNode config = config(layout);
    JsonNode labels = config.at("/config/Labels");
    assertEquals("cross-arch", labels.path("org.lfedge.eve.tasks.executor").asText());
    Map<String, String> emulators =
        Stream.of(labels.path("org.lfedge.eve.tasks.emulators").asText().split(","))
            .map(emulator -> emulator.split("="))
            .collect(Collectors.toMap(emulator -> emulator[0], emulator -> emulator[1]));
    Set<String> architectures = new HashSet<>(EMULATED);
    architectures.remove(config.path("architecture").asText());
    assertEquals(architectures, emulators.keySet());
    Path layer = blob(layout, manifest(layout).at("/layers/0/digest").asText());
    Set<String> files =
        Programs.run(List.of("tar", "-tzf", layer.toString()))
            .expect(0)
            .out()
            .lines()
            .collect(Collectors.toSet());
    emulators.values().forEach(path -> assertTrue(files.contains("." + path), path));
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"cross-arch", "jvm-17", "jvm-25", "coreutils"})
  void samePackagesGiveTheSameImage(String kind) {
    requireSame(kind);
  }

  @Tag("long")
  @Test
  @EnabledOnOs(architectures = "amd64")
  void samePackagesGiveTheSameToolsForXen() {
    requireSame("xen");
  }

  private void requireSame(String kind) {
    String first = DebianImages.make(kind, directory.resolve("first.tar"));
    String second =
        DebianImages.makeAnew(kind, directory.resolve("second.tar"), directory.resolve("cache"));
    assertEquals(first, second);
  }

  private static List<String> sources(String suite) {
    return shell("bash -O extglob -c '. src/tools/debian.sh && sources_of %s'".formatted(suite))
        .expect(0)
        .out()
        .lines()
        .toList();
  }

  private Path unpacked(String kind) throws IOException {
    Path archive = directory.resolve(kind + ".tar");
    DebianImages.make(kind, archive);
    Path layout = Files.createDirectory(directory.resolve(kind));
    Programs.run(List.of("tar", "-C", layout.toString(), "-xf", archive.toString())).expect(0);
    return layout;
  }

  private static JsonNode config(Path layout) {
    return Programs.parse(
        Programs.read(blob(layout, manifest(layout).at("/config/digest").asText())));
  }

  private static JsonNode manifest(Path layout) {
    JsonNode index = Programs.parse(Programs.read(layout.resolve("index.json")));
    return Programs.parse(Programs.read(blob(layout, index.at("/manifests/0/digest").asText())));
  }

  private static Path blob(Path layout, String digest) {
    return layout.resolve("blobs").resolve(digest.replace(':', '/'));
  }

  private static Programs.Result shell(String command) {
    return Programs.run(List.of("sh", "-c", command));
  }
}
