package org.lfedge.eve.tasks.core.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Builds the tar archive of a layer; names are written as given, however bad they are. */
public final class TestLayer {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar =
      new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name());

  public TestLayer() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  /** Long names as GNU tar writes them, instead of PAX headers. */
  public TestLayer gnu() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
    return this;
  }

  public TestLayer file(String name, String content) {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  public TestLayer file(String name, byte[] content) {
    return entry(name, TarConstants.LF_NORMAL, "", content);
  }

  public TestLayer directory(String name) {
    return entry(name + "/", TarConstants.LF_DIR, "", new byte[0]);
  }

  public TestLayer symlink(String name, String target) {
    return entry(name, TarConstants.LF_SYMLINK, target, new byte[0]);
  }

  public TestLayer hardLink(String name, String target) {
    return entry(name, TarConstants.LF_LINK, target, new byte[0]);
  }

  public TestLayer whiteout(String name) {
    int slash = name.lastIndexOf('/') + 1;
    return file(name.substring(0, slash) + ".wh." + name.substring(slash), "");
  }

  public TestLayer opaque(String directory) {
    return file(directory.isEmpty() ? ".wh..wh..opq" : directory + "/.wh..wh..opq", "");
  }

  /** An entry of any type. */
  public TestLayer entry(String name, byte type, String linkName, byte[] content) {
    TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
    entry.setLinkName(linkName);
    entry.setMode(type == TarConstants.LF_DIR ? 0755 : 0644);
    entry.setModTime(0);
    entry.setSize(content.length);
    if (type == TarConstants.LF_CHR || type == TarConstants.LF_BLK) {
      entry.setDevMajor(1);
      entry.setDevMinor(3);
    }
    try {
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** An executable file. */
  public TestLayer executable(String name, byte[] content) {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setMode(0755);
    entry.setModTime(0);
    entry.setSize(content.length);
    try {
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** The archive; nothing can be added any more. */
  public byte[] tar() {
    try {
      tar.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
