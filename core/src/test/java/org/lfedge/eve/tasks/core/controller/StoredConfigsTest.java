package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.controller.FixtureSigners.Signer;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.api.ConfigResponse;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.ZCert;
import org.lfedge.eve.tasks.core.eve.api.ZCertType;
import org.lfedge.eve.tasks.core.eve.api.ZControllerCert;

/** The config that a node starts with when nobody is there. */
class StoredConfigsTest {

  @TempDir static Path signersDirectory;
  private static @Nullable FixtureSigners made;

  @TempDir Path directory;

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  @BeforeAll
  static void make() {
    made = new FixtureSigners(signersDirectory);
  }

  private static FixtureSigners signers() {
    return Objects.requireNonNull(made);
  }

  private static List<X509Certificate> roots() {
    return ControllerCertificates.roots(signers().root());
  }

  private static StoredConfig config(String name, Signer signer, Instant received)
      throws IOException {
    byte[] response =
        ConfigResponse.newBuilder()
            .setConfigHash(name)
            .setConfig(EdgeDevConfig.newBuilder().setDeviceName(name))
            .build()
            .toByteArray();
    DeviceIdentity identity = signers().identity(signer);
    ByteString certificates =
        ZControllerCert.newBuilder()
            .addCerts(
                ZCert.newBuilder()
                    .setType(ZCertType.CERT_TYPE_CONTROLLER_SIGNING)
                    .setCert(identity.pem()))
            .addCerts(
                ZCert.newBuilder()
                    .setType(ZCertType.CERT_TYPE_CONTROLLER_INTERMEDIATE)
                    .setCert(ByteString.copyFrom(Files.readAllBytes(signers().intermediate()))))
            .build()
            .toByteString();
    return new StoredConfig(
        FixtureEnvelopes.seal(response, identity).toByteString(), certificates, received);
  }

  private StoredConfigs stored(String... names) throws IOException {
    StoredConfigs stored = new StoredConfigs(directory);
    for (String name : names) {
      stored.save(config(name, Signer.USUAL, now));
    }
    return stored;
  }

  private static String found(StoredConfigs.Loaded loaded) {
    return loaded.found().map(found -> found.response().getConfigHash()).orElse("none");
  }

  private static List<String> codes(StoredConfigs.Loaded loaded) {
    return loaded.problems().stream().map(Problem::code).toList();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString().replaceFirst("damaged-.*", "damaged"))
          .sorted()
          .toList();
    }
  }

  private void damage(String name) throws IOException {
    Path file = directory.resolve(name);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void theLastConfigIsFoundAgain() throws IOException {
    StoredConfigs.Loaded loaded = stored("one", "two").load(roots());
    assertEquals("two", found(loaded));
    assertEquals(now, loaded.found().orElseThrow().received());
    assertEquals(List.of(), loaded.problems());
    assertEquals(List.of("lastconfig", "lastconfig.bak"), files());
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(directory.resolve("lastconfig"))));
    assertEquals("none", found(new StoredConfigs(directory.resolve("new")).load(roots())));
  }

  @Test
  void itIsVerifiedAsOfTheTimeAtWhichItWasReceived() throws IOException {
    StoredConfigs stored = new StoredConfigs(directory);
    // Received years after its certificate had ended: this must have been somebody else.
    stored.save(config("late", Signer.USUAL, now.plus(Duration.ofDays(700))));
    StoredConfigs.Loaded loaded = stored.load(roots());
    assertEquals("none", found(loaded));
    assertEquals(List.of("CERTIFICATE_EXPIRED"), codes(loaded));
    stored.save(config("good", Signer.USUAL, now));
    assertEquals("good", found(stored.load(roots())));
  }

  @Test
  void aDamagedFileIsMovedAsideAndTheOneBeforeIsUsed() throws IOException {
    StoredConfigs stored = stored("one", "two");
    damage("lastconfig");
    StoredConfigs.Loaded loaded = stored.load(roots());
    assertEquals("one", found(loaded));
    assertEquals(List.of("STORED_CONFIG_DAMAGED"), codes(loaded));
    assertTrue(loaded.problems().get(0).message().contains("lastconfig.damaged-"));
    assertEquals(List.of("lastconfig.bak", "lastconfig.damaged"), files());
    stored.save(config("three", Signer.USUAL, now));
    assertEquals("three", found(stored.load(roots())));
    damage("lastconfig");
    damage("lastconfig.bak");
    assertEquals("none", found(stored.load(roots())));
    assertEquals(
        List.of("lastconfig.bak.damaged", "lastconfig.damaged", "lastconfig.damaged"), files());
  }

  @Test
  void whatCannotBeReadNowStays() throws IOException {
    StoredConfigs stored = stored("one");
    Thread.currentThread().interrupt();
    assertEquals("one", found(stored.load(roots())));
    assertTrue(Thread.interrupted());
    Files.move(directory.resolve("lastconfig"), directory.resolve("lastconfig.bak"));
    Files.createDirectory(directory.resolve("lastconfig"));
    StoredConfigs.Loaded loaded = stored.load(roots());
    assertEquals("one", found(loaded));
    assertEquals(List.of("CONTROLLER_STATE"), codes(loaded));
  }

  @Test
  void aFileThatIsCutAnywhereIsRefused() throws IOException {
    StoredConfigs stored = stored("one");
    byte[] whole = Files.readAllBytes(directory.resolve("lastconfig"));
    for (int length = 0; length < whole.length; length += 37) {
      Files.write(directory.resolve("lastconfig"), Arrays.copyOf(whole, length));
      StoredConfigs.Loaded loaded = stored.load(roots());
      assertEquals(List.of("STORED_CONFIG_DAMAGED"), codes(loaded));
    }
  }

  @Test
  void whatSomebodyWroteWhoCannotSignIsRefused() throws IOException {
    StoredConfigs stored = stored("one");
    StoredConfig other = config("other", Signer.ROLLED, now);
    StoredConfig forged =
        new StoredConfig(other.envelope(), config("x", Signer.USUAL, now).certificates(), now);
    stored.save(forged);
    StoredConfigs.Loaded loaded = stored.load(roots());
    assertEquals("one", found(loaded));
    assertTrue(loaded.problems().get(0).message().contains("UNKNOWN_SIGNER"));
  }

  @Test
  void aConfigOfAnotherRootIsNotUsedButStays() throws IOException {
    StoredConfigs stored = stored("one");
    StoredConfigs.Loaded loaded = stored.load(ControllerCertificates.roots(signers().otherRoot()));
    assertEquals("none", found(loaded));
    assertEquals(List.of("UNTRUSTED_CERTIFICATE"), codes(loaded));
    assertEquals("one", found(stored.load(roots())));
  }

  @Test
  void aWriteThatWasCutLeavesTheOneBefore() throws IOException {
    StoredConfigs stored = stored("one");
    Files.move(directory.resolve("lastconfig"), directory.resolve("lastconfig.bak"));
    Files.writeString(directory.resolve("lastconfig.new"), "half");
    assertEquals("one", found(stored.load(roots())));
    stored.save(config("two", Signer.USUAL, now));
    assertEquals("two", found(stored.load(roots())));
    assertEquals(List.of("lastconfig", "lastconfig.bak"), files());
  }
}
