package org.lfedge.eve.tasks.core.jar;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * A ZIP archive that is read from its open file, a little at a time. {@code java.util.zip} would
 * take the whole central directory into memory, as large as the archive says that it is.
 */
final class Archive {

  /** More than large applications have in one file. */
  static final int MAX_ENTRIES = 1 << 20;

  static final long MAX_DIRECTORY_BYTES = 64 << 20;

  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT = 0xffff;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int END_64 = 0x06064b50;
  private static final int END_64_BYTES = 56;
  private static final int HEADER = 0x02014b50;
  private static final int HEADER_BYTES = 46;
  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int EXTRA_64 = 1;
  private static final long UNSIGNED = 0xffffffffL;
  private static final int BUFFER_BYTES = 1 << 16;

  private final SeekableByteChannel file;

  /** What stands in front of the archive, such as a script that starts it. */
  private final long start;

  private final long directory;
  private final long directoryBytes;
  private final long entries;

  /**
   * Finds the central directory.
   *
   * @throws MalformedJarException if there is none, or it is too large
   */
  Archive(SeekableByteChannel file) throws IOException {
    this.file = file;
    long size = file.size();
    int length = (int) Math.min(size, END_BYTES + MAX_COMMENT);
    ByteBuffer tail = read(size - length, length);
    int at = length - END_BYTES;
    while (at >= 0 && !endsAt(tail, at, length)) {
      at--;
    }
    if (at < 0) {
      throw new MalformedJarException("it does not end as an archive does");
    }
    long end = size - length + at;
    long count = tail.getShort(at + 10) & 0xffff;
    long bytes = tail.getInt(at + 12) & UNSIGNED;
    long offset = tail.getInt(at + 16) & UNSIGNED;
    if (count == 0xffff || bytes == UNSIGNED || offset == UNSIGNED) {
      ByteBuffer large = largeEnd(end);
      if (large.hasRemaining()) {
        end = large.getLong(END_64_BYTES);
        count = large.getLong(32);
        bytes = large.getLong(40);
        offset = large.getLong(48);
      }
    }
    if (count < 0 || count > MAX_ENTRIES || bytes < 0 || bytes > MAX_DIRECTORY_BYTES) {
      throw new MalformedJarException(
          "it says that it has more entries than are believed: at most "
              + MAX_ENTRIES
              + " in "
              + (MAX_DIRECTORY_BYTES >> 20)
              + " MiB");
    }
    directory = end - bytes;
    directoryBytes = bytes;
    entries = count;
    start = directory - offset;
    if (directory < 0 || start < 0 || offset < 0) {
      throw new MalformedJarException("its directory does not lie in it");
    }
  }

  private static boolean endsAt(ByteBuffer tail, int at, int length) {
    return tail.getInt(at) == END && at + END_BYTES + (tail.getShort(at + 20) & 0xffff) == length;
  }

  /** The end of an archive with large numbers, and where it is; empty if it has none. */
  private ByteBuffer largeEnd(long end) throws IOException {
    ByteBuffer none = ByteBuffer.allocate(0);
    if (end < LOCATOR_64_BYTES + END_64_BYTES) {
      return none;
    }
    ByteBuffer locator = read(end - LOCATOR_64_BYTES, LOCATOR_64_BYTES);
    if (locator.getInt(0) != LOCATOR_64) {
      return none;
    }
    long at = locator.getLong(8);
    if (at < 0 || at > end - LOCATOR_64_BYTES - END_64_BYTES) {
      throw new MalformedJarException("its end tells of another that does not lie in it");
    }
    ByteBuffer found = read(at, END_64_BYTES);
    if (found.getInt(0) != END_64) {
      throw new MalformedJarException("its end tells of another that is not there");
    }
    ByteBuffer answer =
        ByteBuffer.allocate(END_64_BYTES + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    answer.put(found).putLong(at);
    return answer.rewind();
  }

  /** An entry, as the directory has it. */
  record Entry(long offset, int method, boolean encrypted) {}

  /** The entries whose names are wanted; of two with one name, that which a JVM would take. */
  SortedMap<String, Entry> find(Predicate<String> wanted) throws IOException {
    TreeMap<String, Entry> found = new TreeMap<>();
    try (InputStream in =
        new BufferedInputStream(new Part(directory, directory + directoryBytes), BUFFER_BYTES)) {
      for (long i = 0; i < entries; i++) {
        ByteBuffer header = take(in, HEADER_BYTES);
        if (header.getInt(0) != HEADER) {
          throw new MalformedJarException("entry " + i + " of its directory is none");
        }
        String name =
            new String(take(in, header.getShort(28) & 0xffff).array(), StandardCharsets.UTF_8);
        ByteBuffer extra = take(in, header.getShort(30) & 0xffff);
        in.skipNBytes(header.getShort(32) & 0xffff);
        if (wanted.test(name)) {
          found.put(name, entry(header, extra));
        }
      }
    } catch (EOFException e) {
      throw new MalformedJarException("its directory is cut off");
    }
    return found;
  }

  private static Entry entry(ByteBuffer header, ByteBuffer extra) throws MalformedJarException {
    long offset = header.getInt(42) & UNSIGNED;
    if (offset == UNSIGNED) {
      int skipped =
          (header.getInt(24) == -1 ? Long.BYTES : 0) + (header.getInt(20) == -1 ? Long.BYTES : 0);
      offset = largeOffset(extra, skipped);
    }
    return new Entry(offset, header.getShort(10) & 0xffff, (header.getShort(8) & 1) != 0);
  }

  private static long largeOffset(ByteBuffer extra, int skipped) throws MalformedJarException {
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xffff;
      int length = Math.min(extra.getShort() & 0xffff, extra.remaining());
      if (id == EXTRA_64 && length >= skipped + Long.BYTES) {
        return extra.getLong(extra.position() + skipped);
      }
      extra.position(extra.position() + length);
    }
    throw new MalformedJarException("an entry does not say where it is");
  }

  /** The first bytes of an entry, unpacked; fewer if it has no more. */
  byte[] head(String name, Entry entry, int bytes) throws IOException {
    if (entry.encrypted() || (entry.method() != 0 && entry.method() != 8)) {
      throw new MalformedJarException(
          shown(name) + " in it is packed in a way that Java does not read");
    }
    Inflater inflater = new Inflater(true);
    try {
      if (entry.offset() < 0 || entry.offset() > directory) {
        throw new MalformedJarException(shown(name) + " does not lie in it");
      }
      ByteBuffer local = read(start + entry.offset(), LOCAL_BYTES);
      if (local.getInt(0) != LOCAL) {
        throw new MalformedJarException(shown(name) + " is not where its directory says");
      }
      long data =
          start
              + entry.offset()
              + LOCAL_BYTES
              + (local.getShort(26) & 0xffff)
              + (local.getShort(28) & 0xffff);
      InputStream in = new Part(data, directory);
      return entry.method() == 0
          ? in.readNBytes(bytes)
          : new InflaterInputStream(in, inflater, BUFFER_BYTES).readNBytes(bytes);
    } catch (EOFException | ZipException e) {
      throw new MalformedJarException(shown(name) + " in it cannot be unpacked");
    } finally {
      inflater.end();
    }
  }

  private static String shown(String name) {
    return name.length() > 100 ? name.substring(0, 100) + "..." : name;
  }

  private ByteBuffer read(long from, int length) throws IOException {
    return take(new Part(from, from + length), length);
  }

  private static ByteBuffer take(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException();
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Bytes of the file; nobody else moves the position of its channel. */
  private final class Part extends InputStream {
    private final long to;
    private long at;

    Part(long from, long to) {
      this.at = from;
      this.to = to;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int most = (int) Math.min(length, to - at);
      if (most <= 0) {
        return length == 0 ? 0 : -1;
      }
      int count = file.position(at).read(ByteBuffer.wrap(into, offset, most));
      if (count > 0) {
        at += count;
      }
      return count;
    }
  }
}
