package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.Optional;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/**
 * The bytes of a blob, checked while they are read: whoever has read all of them knows that size
 * and digest are right. Throws {@code DIGEST_MISMATCH} where they are not, with the last byte at
 * the latest.
 */
final class VerifiedStream extends InputStream {

  private final InputStream in;
  private final Descriptor blob;
  private final String image;
  private final Optional<MessageDigest> digest;
  private long remaining;
  private boolean checked;

  private VerifiedStream(
      InputStream in, Descriptor blob, String image, Optional<MessageDigest> digest) {
    this.in = in;
    this.digest = digest;
    this.blob = blob;
    this.image = image;
    this.remaining = blob.size();
  }

  /** Opens a blob; a size that is not the promised one is found at once. */
  static VerifiedStream open(Blobs blobs, Descriptor blob, String image) throws IOException {
    return open(blobs, blob, image, Optional.of(Digests.sha256()));
  }

  /**
   * Opens a layer, whose content has a digest of its own that is checked: where the store has
   * checked the blob, its digest is not computed again, which would cost as much as the other.
   */
  static VerifiedStream openLayer(Blobs blobs, Descriptor layer, String image) throws IOException {
    return open(
        blobs, layer, image, blobs.areChecked() ? Optional.empty() : Optional.of(Digests.sha256()));
  }

  private static VerifiedStream open(
      Blobs blobs, Descriptor blob, String image, Optional<MessageDigest> digest)
      throws IOException {
    long size =
        blobs
            .size(blob)
            .orElseThrow(
                () -> ImageProblems.badLayout(image, "blob " + blob.digest() + " is missing"));
    if (size != blob.size()) {
      throw ImageProblems.digestMismatch(
          image,
          "blob " + blob.digest() + " has " + size + " bytes, not " + blob.size() + " as stated");
    }
    return new VerifiedStream(blobs.open(blob), blob, image, digest);
  }

  /** How many bytes were read. */
  long position() {
    return blob.size() - remaining;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    if (remaining == 0) {
      check();
      return -1;
    }
    int count = source(buffer, offset, (int) Math.min(length, remaining));
    if (count < 0) {
      throw ImageProblems.digestMismatch(
          image, "blob " + blob.digest() + " ends after " + position() + " bytes");
    }
    digest.ifPresent(sum -> sum.update(buffer, offset, count));
    remaining -= count;
    if (remaining == 0) {
      check();
    }
    return count;
  }

  /** What reads from here can take every other exception for a fault of the content. */
  private int source(byte[] buffer, int offset, int length) {
    try {
      return in.read(buffer, offset, length);
    } catch (IOException e) {
      throw ImageProblems.unreadable(image, e);
    }
  }

  /**
   * Not zero while there is more: a gzip reader takes it for the end of the data otherwise, and
   * misses further members.
   */
  @Override
  public int available() {
    return remaining > 0 ? 1 : 0;
  }

  /** Reads and checks what was not read yet. */
  void drain() throws IOException {
    transferTo(OutputStream.nullOutputStream());
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private void check() {
    if (checked || digest.isEmpty()) {
      return;
    }
    checked = true;
    String found = Digests.finish(digest.get());
    if (!found.equals(blob.digest())) {
      throw ImageProblems.digestMismatch(
          image, "the content of blob " + blob.digest() + " has the digest " + found);
    }
  }
}
