package org.lfedge.eve.tasks.dist.endtoend;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Layers, compressed, that are made to do harm to whoever unpacks them. */
final class HostileLayers {

  private static final int RECORD = 512;
  private static final long GIB = 1L << 30;

  private HostileLayers() {}

  private interface Compressor {
    OutputStream over(OutputStream out) throws IOException;
  }

  /** Ten gibibytes of zeros in some ten megabytes; a proper archive of five files. */
  static byte[] zerosInGzip() {
    return zeros(GZIPOutputStream::new);
  }

  /** The same in far less. */
  static byte[] zerosInZstd() {
    return zeros(ZstdOutputStreamNoFinalizer::new);
  }

  /** A part that is repeated is compressed once: both formats allow such parts in a row. */
  private static byte[] zeros(Compressor compressor) {
    byte[] gibibyte = compress(compressor, new byte[1 << 20], (int) (GIB >> 20));
    ByteArrayOutputStream layer = new ByteArrayOutputStream();
    for (int i = 0; i < 5; i++) {
      TarArchiveEntry entry = new TarArchiveEntry("zeros" + i);
      entry.setSize(2 * GIB);
      layer.writeBytes(compress(compressor, header(entry), 1));
      layer.writeBytes(gibibyte);
      layer.writeBytes(gibibyte);
    }
    layer.writeBytes(compress(compressor, new byte[2 * RECORD], 1));
    return layer.toByteArray();
  }

  /** So many empty files, a thousand different names over and over. */
  static byte[] files(int count) {
    ByteArrayOutputStream thousand = new ByteArrayOutputStream();
    for (int i = 0; i < 1000; i++) {
      thousand.writeBytes(header(new TarArchiveEntry("directory/file" + i)));
    }
    byte[] compressed = compress(GZIPOutputStream::new, thousand.toByteArray(), 1);
    ByteArrayOutputStream layer = new ByteArrayOutputStream();
    for (int i = 0; i < count / 1000; i++) {
      layer.writeBytes(compressed);
    }
    for (int i = 0; i < count % 1000; i++) {
      layer.writeBytes(
          compress(GZIPOutputStream::new, header(new TarArchiveEntry("one-more" + i)), 1));
    }
    layer.writeBytes(compress(GZIPOutputStream::new, new byte[2 * RECORD], 1));
    return layer.toByteArray();
  }

  /** An archive, not compressed, with a character device and two disks. */
  static byte[] devices() {
    ByteArrayOutputStream layer = new ByteArrayOutputStream();
    layer.writeBytes(device("null", TarConstants.LF_CHR, 1, 3));
    layer.writeBytes(device("fuse", TarConstants.LF_CHR, 10, 229));
    layer.writeBytes(device("disk", TarConstants.LF_BLK, 8, 0));
    layer.writeBytes(device("loop", TarConstants.LF_BLK, 7, 0));
    layer.writeBytes(new byte[2 * RECORD]);
    return layer.toByteArray();
  }

  private static byte[] device(String name, byte type, int major, int minor) {
    TarArchiveEntry entry = new TarArchiveEntry(name, type);
    entry.setMode(0666);
    entry.setDevMajor(major);
    entry.setDevMinor(minor);
    return header(entry);
  }

  private static byte[] header(TarArchiveEntry entry) {
    entry.setModTime(0);
    byte[] header = new byte[RECORD];
    entry.writeEntryHeader(header);
    return header;
  }

  private static byte[] compress(Compressor compressor, byte[] bytes, int times) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream compressed = compressor.over(out)) {
      for (int i = 0; i < times; i++) {
        compressed.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** In gzip, with something behind it that is none. */
  static byte[] withTrailingGarbage(byte[] tar) {
    ByteArrayOutputStream layer = new ByteArrayOutputStream();
    layer.writeBytes(compress(GZIPOutputStream::new, tar, 1));
    layer.writeBytes(new byte[] {'g', 'a', 'r', 'b', 'a', 'g', 'e'});
    return layer.toByteArray();
  }
}
