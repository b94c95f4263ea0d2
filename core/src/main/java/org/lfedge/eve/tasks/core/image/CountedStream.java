package org.lfedge.eve.tasks.core.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** Counts what is read of it. */
final class CountedStream extends FilterInputStream {

  private final LongConsumer told;
  private long position;

  /**
   * @param position where the stream begins
   * @param told is told the position after each read
   */
  CountedStream(InputStream in, long position, LongConsumer told) {
    super(in);
    this.position = position;
    this.told = told;
  }

  long position() {
    return position;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    count(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int read = super.read(buffer, offset, length);
    count(read);
    return read;
  }

  private void count(int read) {
    if (read > 0) {
      position += read;
      told.accept(position);
    }
  }
}
