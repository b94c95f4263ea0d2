package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Copies files into files of zeros, to which zeros need not be written. */
final class DiskCopy {

  private static final int BLOCK = 1 << 16;
  private static final byte[] ZEROS = new byte[BLOCK];

  private DiskCopy() {}

  /**
   * Copies a file. Somebody may write to it meanwhile: the digest is that of what was copied.
   *
   * @param to a file of zeros with at least as many bytes
   * @param bytes how many; fewer if the file ends before
   * @param digest which those must have, {@code sha256:} and 64 hex digits
   * @param what it is for, in the words of an error message
   * @throws TaskException DIGEST_MISMATCH
   */
  static void copy(Path from, Path to, long bytes, Optional<String> digest, String what) {
    Optional<MessageDigest> hash = digest.map(wanted -> sha256());
    try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ);
        FileChannel target = FileChannel.open(to, StandardOpenOption.WRITE)) {
      copy(source, target, bytes, hash);
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("VOLUME_DIRECTORY", "cannot copy the disk of " + what + ": " + e), e);
    }
    String found = hash.map(made -> "sha256:" + HexFormat.of().formatHex(made.digest())).orElse("");
    if (digest.isPresent() && !digest.get().equals(found)) {
      throw TaskException.failed(
          Problem.user(
              "DIGEST_MISMATCH",
              "the disk of "
                  + what
                  + " has the digest "
                  + found
                  + ", not "
                  + digest.get()
                  + "; see that it was copied whole and that nobody writes to it, or correct the"
                  + " digest"));
    }
  }

  private static void copy(
      FileChannel source, FileChannel target, long bytes, Optional<MessageDigest> hash)
      throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    long position = 0;
    while (position < bytes) {
      block.clear().limit((int) Math.min(BLOCK, bytes - position));
      int read = source.read(block, position);
      if (read < 0) {
        return;
      }
      byte[] content = block.array();
      hash.ifPresent(digest -> digest.update(content, 0, read));
      if (!Arrays.equals(content, 0, read, ZEROS, 0, read)) {
        block.flip();
        write(block, target, position);
      }
      position += read;
    }
  }

  private static void write(ByteBuffer block, FileChannel target, long position)
      throws IOException {
    while (block.hasRemaining()) {
      int unused = target.write(block, position + block.position());
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
