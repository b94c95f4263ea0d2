package org.lfedge.eve.tasks.core.image;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * A tar archive of a layout, read in place: only where each member lies is kept in memory. A
 * compressed archive is first uncompressed into a file without a name, which is gone when it is
 * closed or this program ends.
 */
final class LayoutArchive implements LayoutFiles {

  /** An image has a few members for each layer. */
  private static final int MAX_MEMBERS = 16_384;

  /** Longer than any path of a layout; what is beyond it cannot be asked for. */
  private static final int MAX_PATH = 512;

  private static final int MAX_ALIASES = 8;
  private static final int BUFFER = 64 * 1024;

  private final FileChannel channel;
  private final Map<String, Member> members = new TreeMap<>();

  private sealed interface Member {}

  private record Content(long offset, long size) implements Member {}

  /** Another name of a member; old docker-save archives have them for equal layers. */
  private record Alias(String path) implements Member {}

  private LayoutArchive(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Opens an archive and reads what members it has.
   *
   * @param temporary where a compressed archive is uncompressed; made when needed
   * @param limits for what a compressed archive may come to
   */
  static LayoutArchive open(Path file, Path temporary, LayerLimits limits) throws IOException {
    String name = file.toString();
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      Decompression compression;
      try (BufferedInputStream start = Decompression.buffered(new Section(channel, 0, 4))) {
        compression = Decompression.of(start);
      }
      if (compression != Decompression.NONE) {
        FileChannel plain = uncompressed(channel, compression, temporary, limits, name);
        channel.close();
        channel = plain;
      }
      LayoutArchive archive = new LayoutArchive(channel);
      archive.readMembers(name);
      return archive;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static FileChannel uncompressed(
      FileChannel source,
      Decompression compression,
      Path temporary,
      LayerLimits limits,
      String name)
      throws IOException {
    Files.createDirectories(temporary);
    FileChannel plain =
        FileChannel.open(
            Files.createTempFile(temporary, "layout-", ".tar"),
            StandardOpenOption.WRITE,
            StandardOpenOption.READ,
            StandardOpenOption.DELETE_ON_CLOSE);
    try (Section compressed = new Section(source, 0, source.size());
        InputStream in = plain(compression, compressed, name);
        UnpackedStream counted =
            new UnpackedStream(in, compressed::position, limits, 0, name, Optional.empty())) {
      byte[] buffer = new byte[BUFFER];
      for (int read = read(counted, buffer, name); read >= 0; read = read(counted, buffer, name)) {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
        while (bytes.hasRemaining()) {
          plain.write(bytes);
        }
      }
      return plain;
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  private static InputStream plain(Decompression compression, Section compressed, String name) {
    try {
      return compression.open(Decompression.buffered(compressed));
    } catch (IOException e) {
      throw notUncompressed(name, e);
    }
  }

  /** Tells a damaged archive from a disk that fails. */
  private static int read(InputStream in, byte[] buffer, String name) {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      throw notUncompressed(name, e);
    }
  }

  private static TaskException notUncompressed(String name, IOException cause) {
    return ImageProblems.badLayout(name, "it cannot be uncompressed: " + cause);
  }

  private void readMembers(String name) throws IOException {
    try (Section whole = new Section(channel, 0, channel.size())) {
      TarEntries archive = new TarEntries(whole);
      for (TarArchiveEntry entry = next(archive, name);
          entry != null;
          entry = next(archive, name)) {
        if (members.size() >= MAX_MEMBERS) {
          throw ImageProblems.badLayout(name, "it has more than " + MAX_MEMBERS + " members");
        }
        String path = normal(entry.getName());
        if (path.length() > MAX_PATH || entry.getLinkName().length() > MAX_PATH) {
          continue;
        }
        if (entry.isSymbolicLink()) {
          String directory = path.substring(0, path.lastIndexOf('/') + 1);
          members.put(path, new Alias(normal(directory + entry.getLinkName())));
        } else if (entry.isLink()) {
          members.put(path, new Alias(normal(entry.getLinkName())));
        } else if (entry.isFile() && !entry.isSparse()) {
          members.put(path, new Content(whole.position(), entry.getSize()));
        }
      }
    }
  }

  private static @Nullable TarArchiveEntry next(TarEntries archive, String name) {
    try {
      return archive.next();
    } catch (IOException e) {
      throw ImageProblems.badLayout(name, "it is no whole tar archive: " + e.getMessage());
    }
  }

  @Override
  public Optional<Long> size(String path) {
    return content(path).map(Content::size);
  }

  @Override
  public InputStream open(String path) throws IOException {
    Content content =
        content(path).orElseThrow(() -> new IOException(path + " is not in the archive"));
    return new Section(channel, content.offset(), content.size());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private Optional<Content> content(String path) {
    @Nullable Member member = members.get(normal(path));
    for (int i = 0; i < MAX_ALIASES && member instanceof Alias alias; i++) {
      member = members.get(alias.path());
    }
    return member instanceof Content content ? Optional.of(content) : Optional.empty();
  }

  /** A path without empty components, {@code .} and {@code ..}; it only serves as a key. */
  private static String normal(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return String.join("/", parts);
  }

  /** A part of the archive. It does not close the channel. */
  private static final class Section extends InputStream {

    private final FileChannel channel;
    private final long end;
    private long position;

    Section(FileChannel channel, long offset, long size) throws IOException {
      this.channel = channel;
      this.position = offset;
      this.end = Math.min(channel.size(), offset + size);
    }

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
      if (length == 0) {
        return 0;
      }
      int most = (int) Math.min(length, end - position);
      int read = most <= 0 ? -1 : channel.read(ByteBuffer.wrap(buffer, offset, most), position);
      position += Math.max(0, read);
      return read;
    }

    @Override
    public long skip(long count) {
      long skipped = Math.max(0, Math.min(count, end - position));
      position += skipped;
      return skipped;
    }

    @Override
    public int available() {
      return (int) Math.min(Integer.MAX_VALUE, end - position);
    }
  }
}
