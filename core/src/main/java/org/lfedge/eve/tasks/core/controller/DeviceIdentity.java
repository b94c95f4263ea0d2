package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import org.lfedge.eve.tasks.core.controller.ControllerSettings.IdentityFiles;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.PemFiles;

/**
 * Whom a controller takes this node for.
 *
 * @param key of an elliptic curve
 * @param pem the certificate as it is sent
 */
record DeviceIdentity(PrivateKey key, X509Certificate certificate, ByteString pem) {

  /** SHA-256, and r and s behind one another, each padded to the size of the curve. */
  static final String SIGNATURE = "SHA256withECDSAinP1363Format";

  private static final byte[] PROBE = "probe".getBytes(StandardCharsets.UTF_8);

  /**
   * Reads an identity.
   *
   * @throws TaskException IDENTITY_UNUSABLE
   */
  static DeviceIdentity read(IdentityFiles files) {
    try {
      return checked(
          new DeviceIdentity(
              PemFiles.privateKey(files.key()),
              PemFiles.certificates(files.certificate()).get(0),
              ByteString.copyFrom(PemFiles.bytes(files.certificate()))),
          files.key() + " and " + files.certificate());
    } catch (IOException e) {
      throw unusable(String.valueOf(e.getMessage()));
    }
  }

  static DeviceIdentity checked(DeviceIdentity identity, String where) {
    try {
      Signature signature = Signature.getInstance(SIGNATURE);
      signature.initVerify(identity.certificate());
      signature.update(PROBE);
      if (!signature.verify(identity.sign(PROBE))) {
        throw unusable(where + " do not belong together");
      }
      return identity;
    } catch (GeneralSecurityException e) {
      throw unusable(where + " cannot sign: " + e.getMessage());
    }
  }

  static TaskException unusable(String what) {
    return ControllerProblems.failed(
        "IDENTITY_UNUSABLE",
        what,
        "a node needs a certificate and its key, of an elliptic curve such as P-256, in PEM");
  }

  /** A signature as envelopes have it. */
  byte[] sign(byte[] payload) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(SIGNATURE);
    signature.initSign(key);
    signature.update(payload);
    return signature.sign();
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "DeviceIdentity[" + certificate.getSubjectX500Principal() + "]";
  }
}
