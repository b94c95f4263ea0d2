package org.lfedge.eve.tasks.core.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a tar archive of a stranger: the reader below keeps whatever an archive says about
 * an entry in memory, however long it is, and answers some malformed headers with exceptions of
 * other kinds. Nothing is read ahead, so between entries the source stands where the content is.
 *
 * <p>An archive may end with the last byte of a file: umoci writes such layers, and containerd
 * unpacks them.
 */
final class TarEntries {

  /**
   * How much of an archive may describe one entry: long names and extended attributes, which Linux
   * holds to 64 KiB each.
   */
  private static final long MAX_HEADER = 256 * 1024;

  private final HeaderBound bound;
  private final TarArchiveInputStream tar;

  /** The source is the caller's to close. */
  TarEntries(InputStream source) {
    this.bound = new HeaderBound(source);
    this.tar = new TarArchiveInputStream(bound, StandardCharsets.UTF_8.name());
  }

  /**
   * The next entry, or null after the last.
   *
   * @throws IOException if the archive is cut off or malformed
   */
  @Nullable TarArchiveEntry next() throws IOException {
    try {
      while (tar.getCurrentEntry() != null && tar.skip(Long.MAX_VALUE) > 0) {
        // Nothing: skipping stops early only where there is nothing left.
      }
      bound.remaining = MAX_HEADER;
      TarArchiveEntry entry = tar.getNextEntry();
      bound.contentEnd = entry == null ? 0 : bound.position + entry.getSize();
      return entry;
    } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
      throw new IOException("malformed archive: " + e.getMessage(), e);
    } finally {
      bound.remaining = Long.MAX_VALUE;
    }
  }

  /** Up to so many bytes of the content of the present entry. */
  byte[] content(int most) throws IOException {
    return tar.readNBytes(most);
  }

  private static final class HeaderBound extends FilterInputStream {

    private static final int BLOCK = 512;

    private long remaining = Long.MAX_VALUE;
    private long position;

    /** Where the content of the present entry ends; what follows is its padding. */
    private long contentEnd;

    HeaderBound(InputStream source) {
      super(source);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = super.read(buffer, offset, length);
      long padding = -contentEnd & (BLOCK - 1);
      if (read < 0 && position >= contentEnd && position < contentEnd + padding) {
        read = (int) Math.min(length, contentEnd + padding - position);
        Arrays.fill(buffer, offset, offset + read, (byte) 0);
      }
      count(Math.max(0, read));
      return read;
    }

    @Override
    public long skip(long most) throws IOException {
      long skipped = super.skip(most);
      position += skipped;
      return skipped;
    }

    private void count(int read) throws IOException {
      position += read;
      remaining -= read;
      if (remaining < 0) {
        throw new IOException("the header of an entry is longer than " + MAX_HEADER + " bytes");
      }
    }
  }
}
