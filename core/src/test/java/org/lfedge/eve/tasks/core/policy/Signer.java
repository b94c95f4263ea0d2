package org.lfedge.eve.tasks.core.policy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Base64;
import org.lfedge.eve.tasks.core.port.ImageSignature;

/** A holder of a key who signs images as {@code cosign sign --key} does. */
record Signer(String name, KeyPair pair, String algorithm) {

  static Signer ecdsa(String name, String curve) {
    return new Signer(name, pair("EC", new ECGenParameterSpec(curve)), "SHA256withECDSA");
  }

  static Signer rsa(String name, int bits) {
    return new Signer(
        name,
        pair("RSA", new RSAKeyGenParameterSpec(bits, RSAKeyGenParameterSpec.F4)),
        "SHA256withRSA");
  }

  static Signer ed25519(String name) {
    return new Signer(name, pair("Ed25519", NamedParameterSpec.ED25519), "Ed25519");
  }

  private static KeyPair pair(String kind, AlgorithmParameterSpec spec) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
      generator.initialize(spec);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The payload that stands for a digest. */
  static String payload(String digest) {
    return "{\"critical\":{\"identity\":{\"docker-reference\":\"elsewhere.example/web\"},"
        + "\"image\":{\"docker-manifest-digest\":\""
        + digest
        + "\"},\"type\":\"cosign container image signature\"},\"optional\":null}";
  }

  static String pem(byte[] encoded) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(encoded)
        + "\n-----END PUBLIC KEY-----\n";
  }

  PinnedKey key() {
    return PinnedKey.parse(name, pem(pair.getPublic().getEncoded()));
  }

  ImageSignature sign(String payload) {
    return sign(payload.getBytes(StandardCharsets.UTF_8));
  }

  ImageSignature sign(byte[] payload) {
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(pair.getPrivate());
      signature.update(payload);
      return new ImageSignature(payload, Base64.getEncoder().encodeToString(signature.sign()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
