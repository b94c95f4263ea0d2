package org.lfedge.eve.tasks.dist.cli;

import java.io.IOException;
import java.io.InputStream;

/** Passes standard input on, in a thread of its own: reading it cannot be interrupted. */
final class TypedInput {

  private static final int CHUNK_BYTES = 32 << 10;

  private TypedInput() {}

  /** Takes what is read. */
  interface Sink {

    /**
     * Takes a piece, which is used for the next one afterwards.
     *
     * @return whether there is use for more
     */
    boolean take(byte[] data, int length);

    /** Nothing more will come. */
    void end();
  }

  static void forward(InputStream in, Sink sink) {
    Thread reader =
        new Thread(
            () -> {
              byte[] buffer = new byte[CHUNK_BYTES];
              boolean more = true;
              try {
                while (more) {
                  int length = in.read(buffer);
                  more = length >= 0 && sink.take(buffer, length);
                }
              } catch (IOException e) {
                // A terminal that is closed: the end of what is typed.
              }
              sink.end();
            },
            "input");
    reader.setDaemon(true);
    reader.start();
  }
}
