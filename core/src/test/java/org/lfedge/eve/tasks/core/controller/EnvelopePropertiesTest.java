package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.AuthContainer;
import org.lfedge.eve.tasks.core.registry.FixtureCertificates;

/** What is sealed can be opened, and nothing else. */
class EnvelopePropertiesTest {

  private static final Set<String> REFUSALS =
      Set.of("ENVELOPE_UNREADABLE", "ENVELOPE_ALGORITHM", "UNKNOWN_SIGNER", "BAD_SIGNATURE");

  private static final DeviceIdentity IDENTITY = identity();
  private static final List<KnownCertificate> KNOWN =
      List.of(new KnownCertificate(IDENTITY.certificate(), IDENTITY.pem()));

  private static final byte[] SEALED =
      Envelope.seal("a message".getBytes(StandardCharsets.UTF_8), IDENTITY, false);

  private static DeviceIdentity identity() {
    try {
      Path directory = Files.createTempDirectory(Path.of("target"), "envelopes");
      FixtureCertificates certificates = new FixtureCertificates(directory);
      return DeviceIdentity.read(
          new ControllerSettings.IdentityFiles(
              certificates.clientCertificate(), certificates.clientKey()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Property(tries = 40)
  void whatIsSealedIsOpened(@ForAll byte[] payload, @ForAll boolean withCertificate) {
    byte[] envelope = Envelope.seal(payload, IDENTITY, withCertificate);
    Envelope.Opened opened = Envelope.open(ByteString.copyFrom(envelope), KNOWN);
    assertArrayEquals(payload, opened.payload().toByteArray());
    assertEquals(KNOWN.get(0), opened.sender());
  }

  @Property(tries = 40)
  void othersUnderstandIt(@ForAll byte[] payload) throws Exception {
    AuthContainer envelope = AuthContainer.parseFrom(Envelope.seal(payload, IDENTITY, true));
    assertTrue(
        FixtureEnvelopes.isSignature(
            envelope.getSignatureHash().toByteArray(),
            payload,
            IDENTITY.certificate().getPublicKey()));
    assertArrayEquals(
        FixtureEnvelopes.sha256(IDENTITY.certificate().getEncoded()),
        envelope.getSenderCertHash().toByteArray());
    assertEquals(
        IDENTITY.pem(),
        ByteString.copyFrom(Base64.getDecoder().decode(envelope.getSenderCert().toByteArray())));
  }

  @Property(tries = 40)
  void whatOthersSealIsOpened(@ForAll byte[] payload) {
    byte[] envelope = FixtureEnvelopes.seal(payload, IDENTITY).toByteArray();
    assertArrayEquals(
        payload, Envelope.open(ByteString.copyFrom(envelope), KNOWN).payload().toByteArray());
  }

  @Property(tries = 500)
  void anyOtherByteIsNoticed(
      @ForAll @IntRange(min = 0, max = 10_000) int place,
      @ForAll @IntRange(min = 1, max = 255) int change) {
    byte[] envelope = SEALED.clone();
    envelope[place % envelope.length] ^= (byte) change;
    refused(envelope);
  }

  @Property(tries = 200)
  void anEnvelopeThatIsCutIsNoticed(@ForAll @IntRange(min = 0, max = 10_000) int length) {
    byte[] envelope = SEALED.clone();
    refused(Arrays.copyOf(envelope, length % envelope.length));
  }

  @Property(tries = 200)
  void anythingElseIsRefused(@ForAll byte[] bytes) {
    refused(bytes);
  }

  private static void refused(byte[] envelope) {
    TaskException failure =
        assertThrows(
            TaskException.class, () -> Envelope.open(ByteString.copyFrom(envelope), KNOWN));
    assertTrue(
        REFUSALS.contains(failure.first().code())
            || failure.first().code().equals("ENVELOPE_ENCRYPTED"),
        failure.getMessage());
  }
}
