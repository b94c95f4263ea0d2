package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
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
    ByteString.Output head = ByteString.newOutput();
    DataOutputStream out = new DataOutputStream(head);
    out.writeUTF(FORMAT);
    out.writeLong(received.getEpochSecond());
    ByteString content =
        head.toByteString().concat(withLength(envelope)).concat(withLength(certificates));
    return content.concat(KnownCertificate.sha256(content)).toByteArray();
  }

  private static ByteString withLength(ByteString part) {
    ByteBuffer length = ByteBuffer.allocate(Integer.BYTES).putInt(part.size()).flip();
    return ByteString.copyFrom(length).concat(part);
  }

  /**
   * The reverse.
   *
   * @param bytes not to be changed any more
   * @throws IOException if it is damaged
   */
  static StoredConfig of(byte[] bytes) throws IOException {
    ByteString all = UnsafeByteOperations.unsafeWrap(bytes);
    int end = Math.max(0, all.size() - DIGEST);
    ByteString content = all.substring(0, end);
    if (!KnownCertificate.sha256(content).equals(all.substring(end))) {
      throw new IOException("it is not what was written");
    }
    DataInputStream in = new DataInputStream(content.newInput());
    if (!in.readUTF().equals(FORMAT)) {
      throw new IOException("it is of another format");
    }
    Instant received = Instant.ofEpochSecond(in.readLong());
    ByteString envelope = part(content, in);
    return new StoredConfig(envelope, part(content, in), received);
  }

  private static ByteString part(ByteString content, DataInputStream in) throws IOException {
    int size = in.readInt();
    if (size < 0 || size > in.available()) {
      throw new IOException("it has no part of " + size + " bytes");
    }
    int start = content.size() - in.available();
    in.skipNBytes(size);
    return content.substring(start, start + size);
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
        ControllerCertificates.read(certificates, roots).open(envelope, received));
  }
}
