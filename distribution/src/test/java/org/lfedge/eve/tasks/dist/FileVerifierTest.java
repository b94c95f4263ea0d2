package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestImages.Image;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.plugin.PluginJar;
import org.lfedge.eve.tasks.core.verification.Check;
import org.lfedge.eve.tasks.core.verification.Check.Outcome;
import org.lfedge.eve.tasks.core.verification.Report;

/** What is wrong with an executor is named, whatever its code does. */
class FileVerifierTest {

  private static final String LABEL = "org.lfedge.eve.tasks.executor";

  /** Far beyond what a good one takes on a busy machine. */
  private static final Duration LONG = Duration.ofSeconds(60);

  private static final String SEED =
      """
      {"spi": "1.0", "summary": "a test", "rootKinds": ["none"],
       "seed": {"base": "tools", "process": {"args": ["/bin/sh"]},
        "mounts": [{"$each": "${task.volumes}", "as": "v", "value":
          {"source": {"volume": {"name": "${v.name}", "view": "${v.views.0}"}},
           "target": {"$join": ["/volumes/", "${v.name}"]}, "readOnly": "${v.readOnly}"}}],
        "devices": "${task.devices}"}}
      """;

  @TempDir private Path directory;

  private final FileVerifier verifier = FileVerifier.of(new Installation(Path.of("nowhere")));

  private Report verify(Path file) {
    return verifier.verify(file, Optional.empty(), LONG);
  }

  private Path jar(PluginJar jar) throws IOException {
    return jar.writeTo(directory.resolve("vendor.jar"));
  }

  /** An executor whose seed has an annotation made by an expression. */
  private static PluginJar executor(String members, String by) {
    return PluginJar.of("acme", "1.2.3")
        .manifest("Plugin-Requires", ">=1.0.0 & <2.0.0")
        .executorClass("Main", "acme", members, by)
        .service("vendor.Main");
  }

  private static Check check(Report report, String rule) {
    return report.checks().stream()
        .filter(check -> check.rule().equals(rule))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + rule + " in " + report));
  }

  private static List<String> broken(Report report) {
    return report.checks().stream()
        .filter(check -> check.outcome() == Outcome.BROKEN)
        .map(Check::rule)
        .toList();
  }

  @Test
  void aGoodJarKeepsEveryRule() throws IOException {
    Report report = verify(jar(executor("", "\"by\"")));
    assertTrue(report.good(), report.toString());
    assertEquals(
        List.of("jar", Optional.of("acme"), Optional.of("1.2.3")),
        List.of(report.form(), report.executor(), report.version()));
    assertTrue(
        report.checks().stream().allMatch(check -> check.outcome() == Outcome.KEPT),
        report.toString());
    assertEquals(Outcome.KEPT, check(report, "TRAVELS_AS_JSON").outcome());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exit(3) | System.exit is called in vendor.Main.exit",
        "halt(4) | its JVM ended with status 4 before all was checked",
        "memory() | needs more memory than the 64 MiB of heap",
        "loop() | it had not ended after 4000 ms, in vendor.Main.loop",
      })
  void codeThatWouldTakeTheCallerDownIsNamed(String expression, String why) throws IOException {
    String members =
        """
        private static String exit(int status) { System.exit(status); return ""; }
        private static String halt(int status) { Runtime.getRuntime().halt(status); return ""; }
        private static String memory() {
          List<long[]> all = new ArrayList<>();
          while (true) { all.add(new long[1 << 20]); }
        }
        private static volatile int rounds;
        private static String loop() { while (true) { rounds++; } }
        """;
    Duration deadline = expression.equals("loop()") ? Duration.ofSeconds(4) : LONG;
    Report report = verifier.verify(jar(executor(members, expression)), Optional.empty(), deadline);
    assertEquals(List.of("STAYS_IN_BOUNDS"), broken(report), report.toString());
    String detail = check(report, "STAYS_IN_BOUNDS").detail();
    assertTrue(detail.contains(why), detail);
    assertEquals(Optional.of("acme"), report.executor());
    assertEquals(Outcome.NOT_CHECKED, check(report, "SEED_CHANGES").outcome());
  }

  @Test
  void rulesThatAreBrokenAreNamedWithWhatWasSeen() throws IOException {
    Report report =
        verify(
            jar(
                executor(
                    """
                private static int calls;
                private static String start(int call) {
                  if (call == 0) {
                    Thread thread = new Thread(() -> { while (true) { } }, "spinning");
                    thread.setDaemon(true);
                    thread.start();
                  }
                  System.out.println("no line of a finding");
                  return "";
                }
                """,
                    "start(calls++) + System.nanoTime()")));
    assertEquals(List.of("SEED_CHANGES", "LEAVES_NOTHING"), broken(report), report.toString());
    assertTrue(check(report, "LEAVES_NOTHING").detail().contains("thread spinning"));
    assertTrue(check(report, "SEED_CHANGES").detail().contains("a second call"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Plugin-Requires | >=2.0.0 | WRONG_SPI_VERSION",
        "Plugin-Version | new | BAD_MANIFEST",
        "Class-Path | other.jar | HAS_CLASS_PATH",
      })
  void jarsThatNoNodeLoadsAreNamed(String key, String value, String code) throws IOException {
    Report report = verify(jar(executor("", "\"by\"").manifest(key, value)));
    assertEquals(List.of("CAN_BE_LOADED"), broken(report));
    assertTrue(check(report, "CAN_BE_LOADED").detail().startsWith(code), report.toString());
    assertEquals(Outcome.NOT_CHECKED, check(report, "INFO_FAILS").outcome());
  }

  @Test
  void ofSeedJsonEveryFaultIsNamed() throws IOException {
    Path good = Files.writeString(directory.resolve("seed.json"), SEED);
    Report report = verifier.verify(good, Optional.of("acme"), LONG);
    assertTrue(report.good(), report.toString());
    assertEquals(Optional.of("acme"), report.executor());

    Path bad =
        Files.writeString(
            directory.resolve("bad.json"),
            "{\"spi\": \"2.0\", \"summary\": \"x\", \"rootKinds\": [\"none\"], \"more\": 1}");
    List<String> details =
        verify(bad).checks().stream()
            .filter(check -> check.outcome() == Outcome.BROKEN)
            .map(check -> check.detail().replaceAll(": .*", ""))
            .toList();
    assertEquals(List.of("UNKNOWN_KEY", "UNSUPPORTED", "MISSING"), details);

    String picky = SEED.replace("\"/bin/sh\"", "\"${image.digest}\"");
    Report never = verify(Files.writeString(directory.resolve("picky.json"), picky));
    assertEquals(List.of("KIND_NEVER_SEEDED"), broken(never), never.toString());
    String detail = check(never, "KIND_NEVER_SEEDED").detail();
    assertTrue(detail.contains("most are refused with VALUE_ABSENT: "), detail);
  }

  @Test
  void theSeedJsonOfTheGuideForVendorsIsGood() throws IOException {
    String guide = Files.readString(Path.of("..", "docs", "vendor-guide.md"));
    int start = guide.indexOf("```json\n") + "```json\n".length();
    String text = guide.substring(start, guide.indexOf("```", start));
    Report report = verify(Files.writeString(directory.resolve("seed.json"), text));
    assertTrue(report.good(), report.toString());
  }

  private Image artifact(String form, String path, TestLayer layer) {
    return new Image()
        .config(
            config ->
                config.put(
                    "architecture",
                    System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64"))
        .layer(layer)
        .settings(
            settings ->
                settings
                    .putObject("Labels")
                    .put(LABEL, "acme")
                    .put(LABEL + ".form", form)
                    .put(LABEL + ".path", path)
                    .put(LABEL + ".spi", "1.0")
                    .put("org.opencontainers.image.version", "7"));
  }

  private Path layout(Image image) {
    return new TestImages().add("acme:7", image).directory(directory.resolve("layout"));
  }

  @Test
  void theExecutorInAnImageIsTakenOutOfItsLayers() throws IOException {
    Path jar = jar(executor("", "\"by\""));
    Report ofJar =
        verify(
            layout(
                artifact(
                    "jar",
                    "/opt/acme.jar",
                    new TestLayer().file("opt/acme.jar", Files.readAllBytes(jar)))));
    assertTrue(ofJar.good(), ofJar.toString());
    assertEquals(
        List.of("jar", Optional.of("acme"), Optional.of("7")),
        List.of(ofJar.form(), ofJar.executor(), ofJar.version()));
    assertEquals(Outcome.KEPT, check(ofJar, "NAME_AS_LABELLED").outcome());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "declarative | /seed.json | |",
        "declarative | /missing | FILE_IN_PLACE | has no file /missing",
        "declarative | seed.json | LABELS | .path with an absolute path",
        "wasm | seed.json | LABELS LABELS | it must be jar, declarative or executable",
        "executable | /script | |",
        "executable | /linked | |",
        "executable | /missing | FILE_IN_PLACE | has no file /missing",
        "executable | /seed.json | RUNS_FOR_ALL | mode 644",
        "executable | /python | RUNS_FOR_ALL | is for /usr/bin/python3, which is not in the image",
      })
  void labelsAndWhatTheyLeadToAreChecked(String form, String path, String rules, String why) {
    TestLayer layer =
        new TestLayer()
            .file("seed.json", SEED)
            .executable("bin/busybox", new byte[] {0x7f, 'E', 'L', 'F'})
            .symlink("bin/sh", "busybox")
            .executable("script", "#!/bin/sh -e\n".getBytes(StandardCharsets.UTF_8))
            .symlink("linked", "script")
            .executable("python", "#!/usr/bin/python3\n".getBytes(StandardCharsets.UTF_8));
    Report report = verify(layout(artifact(form, path, layer)));
    assertEquals(
        rules == null ? List.of() : List.of(rules.split(" ", -1)),
        broken(report),
        report.toString());
    if (why != null) {
      assertTrue(report.toString().contains(why), report.toString());
    }
    if (form.equals("executable")) {
      assertEquals(Outcome.NOT_CHECKED, check(report, "SEED_FAILS").outcome());
    }
  }
}
