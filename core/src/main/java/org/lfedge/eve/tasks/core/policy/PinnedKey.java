package org.lfedge.eve.tasks.core.policy;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.EllipticCurve;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A public key that the node's operator trusts. Its algorithm follows from the key: ECDSA or RSA
 * (PKCS #1 v1.5), both over SHA-256 whatever the size of the key, or Ed25519.
 *
 * @param name by which people know it, such as the path of its file
 * @param key RSA of 2048 bits or more, EC on P-256, P-384 or P-521, or Ed25519
 */
public record PinnedKey(String name, PublicKey key) {

  private static final int MIN_RSA_BITS = 2048;
  private static final List<String> CURVES = List.of("secp256r1", "secp384r1", "secp521r1");
  private static final String ACCEPTED =
      "RSA of 2048 bits or more, EC on P-256, P-384 or P-521, and Ed25519 are accepted";
  private static final String BLOCK = "PUBLIC KEY";
  private static final Pattern BEGIN = Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----");

  /**
   * Takes a key that signatures can be checked with.
   *
   * @throws IllegalArgumentException with a plain reason for a key that is weak, of another kind or
   *     damaged
   */
  public PinnedKey {
    refusal(key)
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(reason);
            });
  }

  /**
   * Reads a key from the text of a PEM file as {@code cosign generate-key-pair} and {@code openssl
   * pkey -pubout} write it.
   *
   * @throws IllegalArgumentException with a plain reason, which does not repeat the text, unless it
   *     holds one block {@code PUBLIC KEY} with a key of an accepted kind
   */
  public static PinnedKey parse(String name, String pem) {
    byte[] encoded = block(pem);
    PublicKey key =
        decoded("EC", encoded)
            .or(() -> decoded("RSA", encoded))
            .or(() -> decoded("Ed25519", encoded))
            .orElseThrow(
                () ->
                    new IllegalArgumentException("is of no accepted kind or damaged; " + ACCEPTED));
    if (!Arrays.equals(encoded, key.getEncoded())) {
      throw new IllegalArgumentException(
          "has more in its block than one key in its usual encoding");
    }
    return new PinnedKey(name, key);
  }

  /** By which the key can be told from others: {@code SHA256:} and its digest in base64. */
  public String fingerprint() {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
      return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Name and fingerprint, as verdicts and messages show it. */
  @Override
  public String toString() {
    return name + " " + fingerprint();
  }

  /** Whether the holder of the key made a signature over exactly these bytes. */
  boolean made(byte[] signature, byte[] signed) {
    try {
      return verifies(key, signature, signed);
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("the key was tried out when it was read", e);
    }
  }

  private static boolean verifies(PublicKey key, byte[] signature, byte[] signed)
      throws InvalidKeyException {
    try {
      Signature verification = Signature.getInstance(algorithm(key));
      verification.initVerify(key);
      verification.update(signed);
      return verification.verify(signature);
    } catch (SignatureException e) {
      // The bytes are of a form that no signature of this algorithm has.
      return false;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java 17 platform has " + algorithm(key), e);
    }
  }

  private static String algorithm(PublicKey key) {
    if (key instanceof ECPublicKey) {
      return "SHA256withECDSA";
    }
    return key instanceof RSAPublicKey ? "SHA256withRSA" : "Ed25519";
  }

  private static Optional<String> refusal(PublicKey key) {
    if (key instanceof RSAPublicKey rsa && rsa.getAlgorithm().equals("RSA")) {
      int bits = rsa.getModulus().bitLength();
      if (bits < MIN_RSA_BITS) {
        return Optional.of("is an RSA key of " + bits + " bits; 2048 is the least");
      }
    } else if (key instanceof ECPublicKey ec) {
      if (CURVES.stream().noneMatch(curve -> isOn(curve, ec.getParams()))) {
        return Optional.of("is an EC key on another curve than P-256, P-384 and P-521");
      }
      if (!liesOnItsCurve(ec)) {
        return Optional.of("is damaged: its point does not lie on its curve");
      }
    } else if (!(key instanceof EdECPublicKey edwards)
        || !edwards.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
      return Optional.of("is of the kind " + key.getAlgorithm() + "; " + ACCEPTED);
    }
    try {
      verifies(key, new byte[64], new byte[0]);
      return Optional.empty();
    } catch (InvalidKeyException e) {
      return Optional.of("is damaged: " + e.getMessage());
    }
  }

  private static boolean isOn(String curve, ECParameterSpec given) {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(curve));
      ECParameterSpec named = parameters.getParameterSpec(ECParameterSpec.class);
      return named.getCurve().equals(given.getCurve())
          && named.getGenerator().equals(given.getGenerator())
          && named.getOrder().equals(given.getOrder())
          && named.getCofactor() == given.getCofactor();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java 17 platform has the curve " + curve, e);
    }
  }

  /** The platform does not look; such a key would refuse every signature, and nobody knew why. */
  private static boolean liesOnItsCurve(ECPublicKey key) {
    EllipticCurve curve = key.getParams().getCurve();
    BigInteger prime = ((ECFieldFp) curve.getField()).getP();
    BigInteger x = key.getW().getAffineX();
    BigInteger y = key.getW().getAffineY();
    BigInteger right = x.multiply(x).add(curve.getA()).multiply(x).add(curve.getB());
    return x.compareTo(prime) < 0
        && y.compareTo(prime) < 0
        && y.multiply(y).subtract(right).mod(prime).signum() == 0;
  }

  private static Optional<PublicKey> decoded(String kind, byte[] encoded) {
    try {
      return Optional.of(
          KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(encoded)));
    } catch (InvalidKeySpecException e) {
      return Optional.empty();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java 17 platform has " + kind, e);
    }
  }

  private static byte[] block(String pem) {
    Matcher begin = BEGIN.matcher(pem);
    if (!begin.find()) {
      throw new IllegalArgumentException(
          "holds no PEM block; -----BEGIN PUBLIC KEY----- is needed");
    }
    String kind = begin.group(1);
    int from = begin.end();
    if (!kind.equals(BLOCK)) {
      throw new IllegalArgumentException(
          "holds a " + kind + ", not a PUBLIC KEY; " + instead(kind));
    }
    String end = "-----END " + BLOCK + "-----";
    int until = pem.indexOf(end, from);
    if (until < 0) {
      throw new IllegalArgumentException("is cut off: " + end + " is missing");
    }
    if (begin.find()) {
      throw new IllegalArgumentException("holds more than one PEM block; give each key its file");
    }
    try {
      return Base64.getDecoder().decode(pem.substring(from, until).replaceAll("[ \t\r\n]", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("is damaged: its block is not base64", e);
    }
  }

  private static String instead(String kind) {
    if (kind.contains("PRIVATE")) {
      return "a private key does not belong on a node: openssl pkey -pubout makes the public one";
    }
    return kind.equals("CERTIFICATE")
        ? "openssl x509 -pubkey -noout takes it out of a certificate"
        : "openssl pkey -pubin -pubout, or openssl rsa -RSAPublicKey_in -pubout, converts it";
  }
}
