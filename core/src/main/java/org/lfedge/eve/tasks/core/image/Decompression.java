package org.lfedge.eve.tasks.core.image;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.GZIPInputStream;

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
      case GZIP -> new GZIPInputStream(in, BUFFER);
      case ZSTD -> new ZstdInputStreamNoFinalizer(in).setLongMax(ZSTD_WINDOW_LOG);
    };
  }
}
