package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Base64;
import java.util.Collection;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.AuthBody;
import org.lfedge.eve.tasks.core.eve.api.AuthContainer;
import org.lfedge.eve.tasks.core.eve.api.HashAlgorithm;

/**
 * What is around every message between a node and its controller: who it is from, and a signature
 * over the message that holds whatever is between the two.
 */
final class Envelope {

  private static final int WHOLE_DIGEST = 32;
  private static final int HALF_DIGEST = 16;

  private Envelope() {}

  /** A message, and whom it is from: a certificate of which nothing was checked. */
  record Opened(ByteString payload, KnownCertificate sender) {}

  /**
   * Signs a message.
   *
   * @param withCertificate whether the receiver may not know the certificate by its digest
   */
  static byte[] seal(byte[] payload, DeviceIdentity identity, boolean withCertificate) {
    try {
      AuthContainer.Builder envelope =
          AuthContainer.newBuilder()
              .setProtectedPayload(AuthBody.newBuilder().setPayload(ByteString.copyFrom(payload)))
              .setAlgo(HashAlgorithm.HASH_ALGORITHM_SHA256_32BYTES)
              .setSenderCertHash(KnownCertificate.digest(identity.certificate()))
              .setSignatureHash(ByteString.copyFrom(identity.sign(payload)));
      if (withCertificate) {
        envelope.setSenderCert(base64(identity.pem()));
      }
      return envelope.build().toByteArray();
    } catch (GeneralSecurityException e) {
      throw DeviceIdentity.unusable(identity + " cannot sign: " + e.getMessage());
    }
  }

  static ByteString base64(ByteString bytes) {
    return ByteString.copyFrom(Base64.getEncoder().encode(bytes.toByteArray()));
  }

  /**
   * Opens an envelope whose sender is one of those that are known.
   *
   * @throws TaskException ENVELOPE_UNREADABLE, ENVELOPE_ENCRYPTED, ENVELOPE_ALGORITHM,
   *     UNKNOWN_SIGNER or BAD_SIGNATURE
   */
  static Opened open(ByteString bytes, Collection<KnownCertificate> known) {
    AuthContainer envelope = parse(bytes);
    ByteString digest = digest(envelope);
    ByteString payload = envelope.getProtectedPayload().getPayload();
    for (KnownCertificate sender : known) {
      if (sender.isNamedBy(digest)) {
        verify(payload, envelope.getSignatureHash(), sender);
        return new Opened(payload, sender);
      }
    }
    throw ControllerProblems.failed(
        ControllerProblems.UNKNOWN_SIGNER,
        "a message is signed with a certificate that the controller did not tell this node of",
        "nothing of it is used; check that the controller gives all its certificates");
  }

  /**
   * The message without a look at the signature, for the one message that says whose signatures are
   * good.
   *
   * @throws TaskException ENVELOPE_UNREADABLE or ENVELOPE_ENCRYPTED
   */
  static ByteString unverified(ByteString bytes) {
    return parse(bytes).getProtectedPayload().getPayload();
  }

  /** Nothing in it is copied, and what is not known is not kept: nobody is trusted yet. */
  private static AuthContainer parse(ByteString bytes) {
    AuthContainer envelope;
    try {
      CodedInputStream in = bytes.newCodedInput();
      in.enableAliasing(true);
      envelope = DiscardUnknownFieldsParser.wrap(AuthContainer.parser()).parseFrom(in);
      in.checkLastTagWas(0);
    } catch (IOException e) {
      throw unreadable("a message of " + bytes.size() + " bytes is cut off or no envelope");
    }
    if (envelope.hasCipherData() || envelope.hasCipherContext()) {
      throw ControllerProblems.failed(
          "ENVELOPE_ENCRYPTED",
          "the controller encrypts its messages beyond TLS, which is not supported",
          "have it send signed messages alone");
    }
    if (!envelope.hasProtectedPayload()) {
      throw unreadable("a message of " + bytes.size() + " bytes has no envelope around it");
    }
    return envelope;
  }

  private static TaskException unreadable(String what) {
    return ControllerProblems.failed(
        "ENVELOPE_UNREADABLE",
        what,
        "nothing of it is used; check the address of the controller and the proxies on the way");
  }

  private static ByteString digest(AuthContainer envelope) {
    ByteString digest = envelope.getSenderCertHash();
    int size =
        switch (envelope.getAlgo()) {
          case HASH_ALGORITHM_SHA256_16BYTES -> HALF_DIGEST;
          case HASH_ALGORITHM_SHA256_32BYTES -> WHOLE_DIGEST;
          default -> 0;
        };
    if (size == 0 || digest.size() != size) {
      throw ControllerProblems.failed(
          "ENVELOPE_ALGORITHM",
          "a message names its sender by the algorithm "
              + envelope.getAlgoValue()
              + " in "
              + digest.size()
              + " bytes, which is none of SHA-256",
          "nothing of it is used; the controller must use SHA-256");
    }
    return digest;
  }

  private static void verify(ByteString payload, ByteString signed, KnownCertificate sender) {
    boolean good;
    try {
      Signature signature = Signature.getInstance(DeviceIdentity.SIGNATURE);
      signature.initVerify(sender.certificate().getPublicKey());
      signature.update(payload.asReadOnlyByteBuffer());
      good = signature.verify(signed.toByteArray());
    } catch (SignatureException e) {
      good = false;
    } catch (GeneralSecurityException e) {
      throw badSignature("is signed with a key of no elliptic curve: " + e.getMessage());
    }
    if (!good) {
      throw badSignature("has a signature that is not its sender's");
    }
  }

  private static TaskException badSignature(String what) {
    return ControllerProblems.failed(
        "BAD_SIGNATURE",
        "a message " + what,
        "nothing of it is used; see whether a proxy on the way changes messages");
  }
}
