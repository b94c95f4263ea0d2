package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.controller.FixtureSigners.Signer;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.AuthContainer;
import org.lfedge.eve.tasks.core.eve.api.HashAlgorithm;
import org.lfedge.eve.tasks.core.eve.api.ZCert;
import org.lfedge.eve.tasks.core.eve.api.ZCertType;
import org.lfedge.eve.tasks.core.eve.api.ZControllerCert;

/** Whose signatures are good, and when. */
class ControllerCertificatesTest {

  private static final byte[] TEXT = "config".getBytes(StandardCharsets.UTF_8);
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir static Path directory;
  private static @Nullable FixtureSigners made;

  @BeforeAll
  static void make() {
    made = new FixtureSigners(directory);
  }

  private static FixtureSigners signers() {
    return Objects.requireNonNull(made);
  }

  private static ZCert cert(ZCertType type, ByteString pem) {
    return ZCert.newBuilder().setType(type).setCert(pem).build();
  }

  private static ControllerCertificates certificates(Signer... all) throws IOException {
    ZControllerCert.Builder message = ZControllerCert.newBuilder();
    for (Signer signer : all) {
      message.addCerts(
          cert(ZCertType.CERT_TYPE_CONTROLLER_SIGNING, signers().identity(signer).pem()));
    }
    message.addCerts(
        cert(
            ZCertType.CERT_TYPE_CONTROLLER_INTERMEDIATE,
            ByteString.copyFrom(Files.readAllBytes(signers().intermediate()))));
    return read(message.build());
  }

  private static ControllerCertificates read(ZControllerCert message) {
    return ControllerCertificates.read(
        message.toByteString(), ControllerCertificates.roots(signers().root()));
  }

  private static AuthContainer sealed(Signer signer) {
    return FixtureEnvelopes.seal(TEXT, signers().identity(signer));
  }

  private static String opened(ControllerCertificates by, AuthContainer envelope, Instant at) {
    return by.open(envelope.toByteString(), at).toString(StandardCharsets.UTF_8);
  }

  private static String refused(
      String code, ControllerCertificates by, AuthContainer envelope, Instant at) {
    TaskException failure = assertThrows(TaskException.class, () -> opened(by, envelope, at));
    assertEquals(code, failure.first().code(), failure.getMessage());
    return failure.first().message();
  }

  @Test
  void signaturesBelowTheRootAreGood() throws IOException {
    ControllerCertificates both = certificates(Signer.USUAL, Signer.ROLLED);
    assertEquals("config", opened(both, sealed(Signer.USUAL), Instant.now()));
    assertEquals("config", opened(both, sealed(Signer.ROLLED), Instant.now()));
  }

  @Test
  void aSenderMayNameItselfByHalfADigestOrThatOfItsCertificateAlone() throws IOException {
    ControllerCertificates known = certificates(Signer.ROLLED, Signer.USUAL);
    AuthContainer good = sealed(Signer.USUAL);
    AuthContainer half =
        good.toBuilder()
            .setAlgo(HashAlgorithm.HASH_ALGORITHM_SHA256_16BYTES)
            .setSenderCertHash(good.getSenderCertHash().substring(0, 16))
            .build();
    assertEquals("config", opened(known, half, Instant.now()));
    AuthContainer other =
        good.toBuilder()
            .setSenderCertHash(
                KnownCertificate.digest(signers().identity(Signer.USUAL).certificate()))
            .build();
    assertEquals("config", opened(known, other, Instant.now()));
    AuthContainer wrong =
        half.toBuilder().setAlgo(HashAlgorithm.HASH_ALGORITHM_SHA256_32BYTES).build();
    refused("ENVELOPE_ALGORITHM", known, wrong, Instant.now());
  }

  @Test
  void aCertificateThatWasNotGivenIsUnknown() throws IOException {
    refused("UNKNOWN_SIGNER", certificates(Signer.USUAL), sealed(Signer.ROLLED), Instant.now());
  }

  @Test
  void aCertificateBelowAnotherRootIsNotTrusted() throws IOException {
    String message =
        refused(
            "UNTRUSTED_CERTIFICATE",
            certificates(Signer.OF_ANOTHER_ROOT),
            sealed(Signer.OF_ANOTHER_ROOT),
            Instant.now());
    assertTrue(message.contains("CN=foreign"), message);
    assertTrue(message.contains("rootCertificate"), message);
  }

  @Test
  void whoMaySignMayNotIssue() throws IOException {
    ZControllerCert message =
        ZControllerCert.newBuilder()
            .addCerts(
                cert(
                    ZCertType.CERT_TYPE_CONTROLLER_SIGNING,
                    signers().identity(Signer.BELOW_ANOTHER_SIGNER).pem()))
            .addCerts(
                cert(
                    ZCertType.CERT_TYPE_CONTROLLER_INTERMEDIATE,
                    signers().identity(Signer.USUAL).pem()))
            .addCerts(
                cert(
                    ZCertType.CERT_TYPE_CONTROLLER_INTERMEDIATE,
                    ByteString.copyFrom(Files.readAllBytes(signers().intermediate()))))
            .build();
    refused(
        "UNTRUSTED_CERTIFICATE", read(message), sealed(Signer.BELOW_ANOTHER_SIGNER), Instant.now());
  }

  @Test
  void aCertificateThatHasEndedIsRefused() throws IOException {
    refused(
        "CERTIFICATE_EXPIRED", certificates(Signer.EXPIRED), sealed(Signer.EXPIRED), Instant.now());
  }

  @Test
  void aClockThatIsAYearOffIsNamed() throws IOException {
    for (Instant wrong : new Instant[] {Instant.now().plus(YEAR), Instant.now().minus(YEAR)}) {
      String message =
          refused("CERTIFICATE_EXPIRED", certificates(Signer.USUAL), sealed(Signer.USUAL), wrong);
      assertTrue(message.contains("clock of this node says " + wrong.toString().substring(0, 10)));
      assertTrue(message.contains("set the clock"), message);
    }
  }

  @Test
  void whatAreNoCertificatesIsRefused() {
    for (ZControllerCert message :
        new ZControllerCert[] {
          ZControllerCert.getDefaultInstance(),
          ZControllerCert.newBuilder()
              .addCerts(
                  cert(
                      ZCertType.CERT_TYPE_CONTROLLER_SIGNING,
                      ByteString.copyFromUtf8("no certificate")))
              .build()
        }) {
      TaskException failure = assertThrows(TaskException.class, () -> read(message));
      assertEquals("CERTIFICATES_UNREADABLE", failure.first().code());
    }
    TaskException failure =
        assertThrows(
            TaskException.class,
            () ->
                ControllerCertificates.read(
                    ByteString.copyFromUtf8("no message"),
                    ControllerCertificates.roots(signers().root())));
    assertEquals("CERTIFICATES_UNREADABLE", failure.first().code());
  }

  @Test
  void moreCertificatesThanAnyControllerNeedsAreRefused() {
    ByteString pem = signers().identity(Signer.USUAL).pem();
    ZControllerCert.Builder message = ZControllerCert.newBuilder();
    for (int i = 0; i < 16; i++) {
      message.addCerts(cert(ZCertType.CERT_TYPE_CONTROLLER_SIGNING, pem));
      message.addCerts(cert(ZCertType.CERT_TYPE_CONTROLLER_INTERMEDIATE, pem));
    }
    assertEquals(16, read(message.build()).signers().size());
    message.addCerts(cert(ZCertType.CERT_TYPE_CONTROLLER_INTERMEDIATE, pem));
    TaskException failure = assertThrows(TaskException.class, () -> read(message.build()));
    assertEquals("CERTIFICATES_UNREADABLE", failure.first().code());
    assertTrue(failure.getMessage().contains("more than 32"), failure.getMessage());
  }

  @Test
  void aRootThatCannotBeReadIsNamed() {
    TaskException failure =
        assertThrows(
            TaskException.class, () -> ControllerCertificates.roots(directory.resolve("none.pem")));
    assertEquals("CONTROLLER_SETUP", failure.first().code());
    assertTrue(failure.getMessage().contains("none.pem"), failure.getMessage());
  }
}
