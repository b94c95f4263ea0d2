package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;

/**
 * A certificate by whose digest a sender may name itself.
 *
 * @param pem as it was received
 */
record KnownCertificate(X509Certificate certificate, ByteString pem) {

  /**
   * Whether a digest, or its beginning, is that of this certificate. Controllers of EVE digest what
   * they send in PEM, devices what is in it.
   */
  boolean isNamedBy(ByteString digest) {
    return sha256(pem).startsWith(digest) || digest(certificate).startsWith(digest);
  }

  /** As devices name themselves. */
  static ByteString digest(X509Certificate certificate) {
    try {
      return sha256(ByteString.copyFrom(certificate.getEncoded()));
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static ByteString sha256(ByteString bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      bytes.asReadOnlyByteBufferList().forEach(digest::update);
      return ByteString.copyFrom(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
