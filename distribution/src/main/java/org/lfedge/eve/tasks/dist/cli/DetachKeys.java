package org.lfedge.eve.tasks.dist.cli;

import java.io.ByteArrayOutputStream;

/** Finds Ctrl-P Ctrl-Q in what is typed: it leaves a terminal without ending anything. */
final class DetachKeys {

  private static final byte CTRL_P = 0x10;
  private static final byte CTRL_Q = 0x11;

  private boolean pending;
  private boolean found;

  /** What is to be passed on; a Ctrl-P is kept back until it is known what comes next. */
  byte[] filter(byte[] typed, int length) {
    ByteArrayOutputStream passed = new ByteArrayOutputStream(length + 1);
    for (int i = 0; i < length && !found; i++) {
      byte key = typed[i];
      if (pending && key == CTRL_Q) {
        found = true;
      } else {
        if (pending) {
          passed.write(CTRL_P);
        }
        pending = key == CTRL_P;
        if (!pending) {
          passed.write(key);
        }
      }
    }
    return passed.toByteArray();
  }

  /** Whether the keys were typed; what came after them is lost. */
  boolean found() {
    return found;
  }
}
