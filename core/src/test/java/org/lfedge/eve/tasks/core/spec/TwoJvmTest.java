package org.lfedge.eve.tasks.core.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.seedprotocol.SeedCodec;
import org.lfedge.eve.tasks.spi.seed.Seed;

/** Specs are the same bytes from two JVMs, in which maps and sets may iterate differently. */
class TwoJvmTest {

  private static final int SEEDS = 300;

  @Provide
  Arbitrary<List<Seed>> manySeeds() {
    Arbitrary<Seed> some =
        Arbitraries.oneOf(SeedArbitraries.seeds(), SeedArbitraries.seedsWithPatches());
    return some.list().ofSize(SEEDS);
  }

  // An edge case of the list would be one and the same seed throughout.
  @Property(tries = 1, edgeCases = EdgeCasesMode.NONE)
  void anotherJvmGivesTheSameBytes(@ForAll("manySeeds") List<Seed> seeds)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("two-jvms");
    Path file = directory.resolve("seeds.json");
    Path output = directory.resolve("output");
    try {
      List<ObjectNode> json = seeds.stream().map(SeedCodec::toJson).toList();
      new ObjectMapper().writeValue(file.toFile(), json);
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-Dfile.encoding=US-ASCII",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Digests.class.getName(),
                  file.toString())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      assertEquals(0, process.waitFor(), () -> read(output));
      List<String> own = seeds.stream().map(Digests::of).toList();
      assertEquals(own, Files.readAllLines(output));
      assertTrue(own.stream().filter(line -> line.startsWith("sha256:")).count() > SEEDS / 4);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(output);
      Files.delete(directory);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The program of the other JVM: reads seeds and prints a line for each. */
  static final class Digests {

    private Digests() {}

    public static void main(String[] args) throws IOException {
      List<String> lines = new ArrayList<>();
      try (InputStream file = Files.newInputStream(Path.of(args[0]))) {
        for (JsonNode seed : new ObjectMapper().readTree(file)) {
          lines.add(of(SeedCodec.fromJson(seed)));
        }
      }
      System.out.println(String.join("\n", lines));
    }

    /** The digest of a seed's spec and of what is withheld, or why there is none. */
    static String of(Seed seed) {
      List<Path> files = new ArrayList<>();
      for (int i = 0; i < seed.files().size(); i++) {
        files.add(Path.of("/files/" + i));
      }
      SpecInputs inputs =
          new SpecInputs(
              "web",
              new UUID(1, 2),
              1 << 26,
              1000,
              "/tasks/web",
              Path.of("/run/netns/web"),
              files,
              Optional.of(Path.of("/secrets")),
              Path.of("/init"),
              "amd64",
              true,
              "native-container",
              Optional.empty(),
              new TreeMap<>(),
              new TreeMap<>(),
              Optional.empty(),
              DeviceInputs.NONE,
              SeedArbitraries.ownDirectories(seed),
              Optional.empty());
      try {
        AssembledSpec spec =
            SpecAssembly.assemble(seed, inputs, Policy.DEFAULT.grants(Origin.BUNDLED));
        byte[] bytes = (spec.json() + spec.withheld()).getBytes(UTF_8);
        return "sha256:"
            + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
      } catch (TaskException e) {
        return e.first().code();
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError(e);
      }
    }
  }
}
