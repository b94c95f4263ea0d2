package org.lfedge.eve.tasks.core.image;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** How a stream is compressed, told by its first bytes. */
enum Decompression {
  NONE,
  GZIP,
  ZSTD;

  /**
   * The largest window that a zstd frame may ask for, as a power of two: 128 MiB, which is also
   * where the zstd tool stops unless it is told otherwise.
   */
  private static final int ZSTD_WINDOW_LOG = 27;

  private static final int BUFFER = 64 * 1024;

  /** Of what is compressed with gzip; what was read ahead blurs how well it is compressed. */
  private static final int GZIP_BUFFER = 4 * 1024;

  /** Looks at the first bytes, and leaves them in the stream. */
  static Decompression of(BufferedInputStream in) throws IOException {
    in.mark(4);
    byte[] magic = in.readNBytes(4);
    in.reset();
    return of(magic);
  }

  /** RFC 1952 and RFC 8878 fix the first bytes; a frame that zstd readers skip is one as well. */
  static Decompression of(byte[] magic) {
    if (magic.length >= 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b) {
      return GZIP;
    }
    if (magic.length >= 4) {
      int word = ByteBuffer.wrap(magic).order(ByteOrder.LITTLE_ENDIAN).getInt();
      if (word == 0xFD2FB528 || (word & 0xFFFFFFF0) == 0x184D2A50) {
        return ZSTD;
      }
    }
    return NONE;
  }

  static BufferedInputStream buffered(InputStream in) {
    return new BufferedInputStream(in, BUFFER);
  }

  /** The uncompressed bytes; closing the result closes the source. */
  InputStream open(InputStream in) throws IOException {
    return switch (this) {
      case NONE -> in;
      case GZIP -> new WholeGzip(in);
      case ZSTD -> new ZstdInputStreamNoFinalizer(in).setLongMax(ZSTD_WINDOW_LOG);
    };
  }

  /**
   * To its last byte: what follows the last member and is none itself is passed over by the JDK,
   * and is an error for containerd, whose words for that do not say what is wrong. One or two bytes
   * of that kind are missed where a buffer ends.
   */
  private static final class WholeGzip extends GZIPInputStream {

    /** Of a member, with its checksum and length. */
    private static final int TRAILER = 8;

    WholeGzip(InputStream in) throws IOException {
      super(in, GZIP_BUFFER);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count = super.read(buffer, offset, length);
      if (count < 0 && (inf.getRemaining() > TRAILER || in.read() >= 0)) {
        throw new ZipException("something that is no gzip follows what is");
      }
      return count;
    }
  }
}
