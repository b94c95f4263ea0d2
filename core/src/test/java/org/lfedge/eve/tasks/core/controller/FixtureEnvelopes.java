package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Arrays;
import org.lfedge.eve.tasks.core.eve.api.AuthBody;
import org.lfedge.eve.tasks.core.eve.api.AuthContainer;
import org.lfedge.eve.tasks.core.eve.api.HashAlgorithm;

/**
 * Envelopes as a controller makes and checks them, written apart from what is tested: signatures
 * are made and checked in their form in ASN.1, and only then taken apart.
 */
final class FixtureEnvelopes {

  private static final int HALF = 32;

  private FixtureEnvelopes() {}

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** A controller names itself by the digest of its certificate as it sends it. */
  static AuthContainer seal(byte[] payload, DeviceIdentity signer) {
    return AuthContainer.newBuilder()
        .setProtectedPayload(AuthBody.newBuilder().setPayload(ByteString.copyFrom(payload)))
        .setAlgo(HashAlgorithm.HASH_ALGORITHM_SHA256_32BYTES)
        .setSenderCertHash(ByteString.copyFrom(sha256(signer.pem().toByteArray())))
        .setSignatureHash(ByteString.copyFrom(sign(payload, signer.key())))
        .build();
  }

  private static byte[] sign(byte[] payload, PrivateKey key) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(key);
      signature.update(payload);
      byte[] sequence = signature.sign();
      int first = sequence[3];
      byte[] r = Arrays.copyOfRange(sequence, 4, 4 + first);
      byte[] s = Arrays.copyOfRange(sequence, 4 + first + 2, sequence.length);
      byte[] both = new byte[2 * HALF];
      place(new BigInteger(r), both, HALF);
      place(new BigInteger(s), both, 2 * HALF);
      return both;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static void place(BigInteger number, byte[] in, int end) {
    byte[] bytes = number.toByteArray();
    int skipped = bytes.length > HALF ? bytes.length - HALF : 0;
    int length = bytes.length - skipped;
    System.arraycopy(bytes, skipped, in, end - length, length);
  }

  /** Whether r and s, 32 bytes each, are a signature. */
  static boolean isSignature(byte[] both, byte[] payload, PublicKey key) {
    if (both.length != 2 * HALF) {
      return false;
    }
    byte[] r = new BigInteger(1, Arrays.copyOf(both, HALF)).toByteArray();
    byte[] s = new BigInteger(1, Arrays.copyOfRange(both, HALF, 2 * HALF)).toByteArray();
    ByteArrayOutputStream sequence = new ByteArrayOutputStream();
    sequence.write(0x30);
    sequence.write(4 + r.length + s.length);
    for (byte[] number : new byte[][] {r, s}) {
      sequence.write(2);
      sequence.write(number.length);
      sequence.writeBytes(number);
    }
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initVerify(key);
      signature.update(payload);
      return signature.verify(sequence.toByteArray());
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
