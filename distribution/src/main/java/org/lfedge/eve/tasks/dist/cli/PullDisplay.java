package org.lfedge.eve.tasks.dist.cli;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lfedge.eve.tasks.core.api.v1.BlobProgress;
import org.lfedge.eve.tasks.core.api.v1.PullImageResponse;

/**
 * Shows on standard error how a pull gets on: a bar for each blob on a terminal, lines elsewhere.
 */
abstract class PullDisplay implements AutoCloseable {

  static PullDisplay on(Session session) {
    if (session.json()) {
      return new Silence();
    }
    return session.terminal().device().showsErrors()
        ? new Bars(session.terminal().err())
        : new Lines(session);
  }

  void show(PullImageResponse step) {
    switch (step.getStepCase()) {
      case RESOLVED -> say(step.getResolved().getName() + " is " + step.getResolved().getDigest());
      case BLOB -> blob(step.getBlob());
      case UNPACKING -> say("checking and unpacking its layers");
      case IMAGE, STEP_NOT_SET -> {}
    }
  }

  abstract void say(String line);

  abstract void blob(BlobProgress blob);

  @Override
  public void close() {}

  /** Enough of a digest to tell blobs apart. */
  private static String shortName(BlobProgress blob) {
    String digest = blob.getDigest();
    return digest.substring(0, Math.min(digest.length(), 19));
  }

  /** The result alone counts. */
  private static final class Silence extends PullDisplay {

    @Override
    void say(String line) {}

    @Override
    void blob(BlobProgress blob) {}
  }

  /** A line when a blob is here. */
  private static final class Lines extends PullDisplay {

    private final Session session;

    Lines(Session session) {
      this.session = session;
    }

    @Override
    void say(String line) {
      session.note(line);
    }

    @Override
    void blob(BlobProgress blob) {
      if (blob.getBytes() == blob.getTotalBytes()) {
        session.note(shortName(blob) + " " + Quantities.bytes(blob.getTotalBytes()));
      }
    }
  }

  /** A line for each blob, all drawn again in place when one of them changes. */
  private static final class Bars extends PullDisplay {

    private static final int WIDTH = 30;

    private final PrintStream err;
    private final Map<String, BlobProgress> blobs = new LinkedHashMap<>();
    private int drawn;

    Bars(PrintStream err) {
      this.err = err;
    }

    @Override
    void say(String line) {
      err.println(line);
      drawn = 0;
      err.flush();
    }

    @Override
    void blob(BlobProgress blob) {
      blobs.put(blob.getDigest(), blob);
      StringBuilder text = new StringBuilder();
      if (drawn > 0) {
        text.append("\u001b[").append(drawn).append('A');
      }
      blobs.values().forEach(each -> text.append("\r\u001b[K").append(bar(each)).append('\n'));
      drawn = blobs.size();
      err.print(text);
      err.flush();
    }

    private static String bar(BlobProgress blob) {
      long total = Math.max(1, blob.getTotalBytes());
      int full = (int) (Math.min(blob.getBytes(), total) * WIDTH / total);
      return shortName(blob)
          + " ["
          + "=".repeat(full)
          + " ".repeat(WIDTH - full)
          + "] "
          + Quantities.bytes(blob.getBytes())
          + " of "
          + Quantities.bytes(blob.getTotalBytes());
    }
  }
}
