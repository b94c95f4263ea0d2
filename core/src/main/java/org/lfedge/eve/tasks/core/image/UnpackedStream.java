package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Uncompressed bytes, counted against limits and digested, if asked, while they are read. Throws
 * {@code LAYER_TOO_LARGE} as soon as a limit is passed.
 */
final class UnpackedStream extends InputStream {

  private static final int SKIP_BUFFER = 64 * 1024;

  private final InputStream in;
  private final LongSupplier compressedBytes;
  private final LayerLimits limits;
  private final long alreadyUnpacked;
  private final String image;
  private final Optional<MessageDigest> digest;
  private long position;

  /**
   * @param in the uncompressed bytes
   * @param compressedBytes how many compressed bytes were read until now
   * @param alreadyUnpacked uncompressed bytes of the layers before, which count as well
   * @param digest of all that is read, if it is to be computed
   */
  UnpackedStream(
      InputStream in,
      LongSupplier compressedBytes,
      LayerLimits limits,
      long alreadyUnpacked,
      String image,
      Optional<MessageDigest> digest) {
    this.in = in;
    this.compressedBytes = compressedBytes;
    this.limits = limits;
    this.alreadyUnpacked = alreadyUnpacked;
    this.image = image;
    this.digest = digest;
  }

  /** How many uncompressed bytes were read. */
  long position() {
    return position;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int count = in.read(buffer, offset, length);
    if (count > 0) {
      if (digest.isPresent()) {
        digest.get().update(buffer, offset, count);
      }
      position += count;
      check();
    }
    return count;
  }

  /** Reads what it skips: it belongs to the digest. */
  @Override
  public long skip(long count) throws IOException {
    byte[] buffer = new byte[(int) Math.max(1, Math.min(SKIP_BUFFER, count))];
    long skipped = 0;
    while (skipped < count) {
      int read = read(buffer, 0, (int) Math.min(buffer.length, count - skipped));
      if (read < 0) {
        break;
      }
      skipped += read;
    }
    return skipped;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private void check() {
    if (position > limits.bytes() - alreadyUnpacked) {
      throw ImageProblems.tooLarge(image, "it unpacks to more than " + limits.bytes() + " bytes");
    }
    if (position > limits.ratioFreeBytes()
        && position / limits.ratio() > compressedBytes.getAsLong()) {
      throw ImageProblems.tooLarge(
          image, "it unpacks to more than " + limits.ratio() + " times its size");
    }
  }
}
