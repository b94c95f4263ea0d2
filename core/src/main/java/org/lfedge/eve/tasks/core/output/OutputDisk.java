package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The effects on files that logs are made of. Each method is one effect, and a crash comes between
 * two of them or in the middle of an append; tests put a disk in its place that loses what was not
 * forced.
 */
interface OutputDisk {

  /**
   * How a file stands.
   *
   * @param size in bytes, holes included
   * @param modified when it was last written, in microseconds since the epoch
   */
  record FileState(long size, long modified) {}

  /** Empty if there is no such file. */
  Optional<FileState> state(Path file) throws IOException;

  /** The names in a directory, in any order; none if it is not there. */
  List<String> names(Path directory) throws IOException;

  /** Reads from a place on until the buffer is full or the file ends. */
  void read(Path file, long offset, ByteBuffer into) throws IOException;

  /** Makes a directory, and those above it, if it is not there. */
  void makeDirectory(Path directory) throws IOException;

  /** Makes an empty file, which must not be there. */
  void create(Path file) throws IOException;

  /** Appends to a file that is there; may leave a part of the bytes when it fails. */
  void append(Path file, ByteBuffer bytes) throws IOException;

  /** Returns when a file, or the entries of a directory, would outlive a loss of power. */
  void force(Path file) throws IOException;

  /** Cuts a file off. */
  void truncate(Path file, long size) throws IOException;

  /** Deletes a file, if it is there. */
  void delete(Path file) throws IOException;

  /**
   * Frees a range of a file, which reads as zeros from then on; its size stays.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it cannot be done
   */
  void free(String task, Path file, long from, long to);
}
