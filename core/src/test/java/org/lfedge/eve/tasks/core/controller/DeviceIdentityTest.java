package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.controller.ControllerSettings.IdentityFiles;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.PemFiles;
import org.lfedge.eve.tasks.core.registry.FixtureCertificates;

class DeviceIdentityTest {

  @TempDir Path directory;

  @Test
  void aNodeMakesItsKeyOnce() throws Exception {
    // Of a daemon that was killed while it made one.
    Path file = directory.resolve("device.p12");
    Files.writeString(file.resolveSibling(file.getFileName() + ".new"), "half");
    DeviceIdentity made = new KeptIdentity(directory).get();
    DeviceIdentity kept = new KeptIdentity(directory).get();
    assertEquals(made.certificate(), kept.certificate());
    assertEquals(made.pem(), kept.pem());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(file), files.toList());
    }
    assertEquals(
        256,
        ((ECPublicKey) made.certificate().getPublicKey())
            .getParams()
            .getCurve()
            .getField()
            .getFieldSize());
    assertEquals(List.of(made.certificate()), PemFiles.certificates(made.pem().toByteArray()));
    Duration life =
        Duration.between(
            made.certificate().getNotBefore().toInstant(),
            made.certificate().getNotAfter().toInstant());
    assertEquals(7300, life.toDays());
    byte[] text = "text".getBytes(StandardCharsets.UTF_8);
    assertTrue(
        FixtureEnvelopes.isSignature(made.sign(text), text, kept.certificate().getPublicKey()));
    assertFalse(made.toString().contains("PrivateKey"), made.toString());
  }

  @Test
  void aKeyThatIsDamagedIsNeverReplaced() throws IOException {
    Path file = directory.resolve("device.p12");
    Files.writeString(file, "damaged");
    TaskException failure =
        assertThrows(TaskException.class, () -> new KeptIdentity(directory).get());
    assertEquals("IDENTITY_UNUSABLE", failure.first().code());
    assertEquals("damaged", Files.readString(file));
  }

  @Test
  void anIdentityCanBeGivenInFiles() {
    FixtureCertificates certificates = new FixtureCertificates(directory);
    DeviceIdentity given =
        DeviceIdentity.read(
            new IdentityFiles(certificates.clientCertificate(), certificates.clientKey()));
    assertEquals("CN=client", given.certificate().getSubjectX500Principal().toString());
    unusable(
        "do not belong together",
        new IdentityFiles(certificates.clientCertificate(), certificates.key("ca")));
    unusable("none.key", new IdentityFiles(certificates.ca(), directory.resolve("none.key")));
    unusable("PKCS#8", new IdentityFiles(certificates.ca(), certificates.ca()));
  }

  private static void unusable(String why, IdentityFiles files) {
    TaskException failure = assertThrows(TaskException.class, () -> DeviceIdentity.read(files));
    assertEquals("IDENTITY_UNUSABLE", failure.first().code());
    assertTrue(failure.getMessage().contains(why), failure.getMessage());
  }
}
