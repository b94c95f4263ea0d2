package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.lfedge.eve.tasks.core.eve.api.ConfigResponse;

/**
 * A config that was accepted, with all that was needed to do so.
 *
 * @param envelope as it came
 * @param certificates a {@code ZControllerCert}, by which it was verified
 * @param received when; to whole seconds
 */
record StoredConfig(ByteString envelope, ByteString certificates, Instant received) {

  private static final String FORMAT = "config of a controller, 1";
  private static final int DIGEST = 32;

  /**
   * The format, seconds, both parts with their lengths before them, and the digest of all that. The
   * digest is against disks alone; against people there is the signature.
   */
  byte[] toBytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF(FORMAT);
    out.writeLong(received.getEpochSecond());
    for (ByteString part : List.of(envelope, certificates)) {
      out.writeInt(part.size());
      part.writeTo(out);
    }
    KnownCertificate.sha256(bytes.toByteArray()).writeTo(out);
    return bytes.toByteArray();
  }

  /**
   * The reverse.
   *
   * @throws IOException if it is damaged
   */
  static StoredConfig of(byte[] bytes) throws IOException {
    ByteString all = ByteString.copyFrom(bytes);
    int end = all.size() - DIGEST;
    if (end < 0
        || !KnownCertificate.sha256(all.substring(0, end).toByteArray())
            .equals(all.substring(end))) {
      throw new IOException("it is not what was written");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, 0, end));
    if (!in.readUTF().equals(FORMAT)) {
      throw new IOException("it is of another format");
    }
    Instant received = Instant.ofEpochSecond(in.readLong());
    ByteString envelope = part(in);
    return new StoredConfig(envelope, part(in), received);
  }

  private static ByteString part(DataInputStream in) throws IOException {
    int size = in.readInt();
    if (size < 0 || size > in.available()) {
      throw new IOException("it has no part of " + size + " bytes");
    }
    return ByteString.copyFrom(in.readNBytes(size));
  }

  /**
   * Verifies it once more, as of the time at which it was received: the certificates may have ended
   * since.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException as by {@link ControllerCertificates#open}
   * @throws IOException if there is no config in it
   */
  ConfigResponse verified(List<X509Certificate> roots) throws IOException {
    return ConfigResponse.parseFrom(
        ControllerCertificates.read(certificates, roots).open(envelope.toByteArray(), received));
  }
}
