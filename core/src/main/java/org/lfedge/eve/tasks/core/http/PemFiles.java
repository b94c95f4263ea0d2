package org.lfedge.eve.tasks.core.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys in files of the PEM format, of 1 MiB at most. */
public final class PemFiles {

  private static final int MAX_BYTES = 1 << 20;
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> ALGORITHMS = List.of("EC", "RSA", "EdDSA");

  private PemFiles() {}

  /**
   * The certificates of a file, at least one.
   *
   * @throws IOException if there are none; the message names the file
   */
  public static List<X509Certificate> certificates(Path file) throws IOException {
    try {
      return certificates(bytes(file));
    } catch (CertificateException e) {
      throw new IOException(file + " has no certificates in PEM: " + e.getMessage(), e);
    }
  }

  /**
   * The certificates in a text, at least one.
   *
   * @throws CertificateException if there are none
   */
  public static List<X509Certificate> certificates(byte[] pem) throws CertificateException {
    List<X509Certificate> found =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem))
            .stream()
            .map(X509Certificate.class::cast)
            .toList();
    if (found.isEmpty()) {
      throw new CertificateException("it is empty");
    }
    return found;
  }

  /**
   * The private key of a file, PKCS#8 without a password. Which algorithm it is for is not told
   * apart here: only one of them takes it.
   *
   * @throws IOException if there is none; the message names the file and has nothing of the key
   */
  public static PrivateKey privateKey(Path file) throws IOException {
    Matcher pem = KEY.matcher(new String(bytes(file), StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IOException(
          file + " has no key in PEM and PKCS#8 without a password; openssl pkcs8 -topk8 -nocrypt");
    }
    PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(key);
      } catch (InvalidKeySpecException e) {
        // One of the others, then.
      } catch (NoSuchAlgorithmException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
    throw new IOException(file + " has a key that is none of " + ALGORITHMS);
  }

  /**
   * The content of a file.
   *
   * @throws IOException if it cannot be read, or has more than 1 MiB; the message names it
   */
  public static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException("it has more than 1 MiB");
      }
      return bytes;
    } catch (IOException e) {
      throw new IOException("cannot read " + file + ": " + e, e);
    }
  }
}
