package org.lfedge.eve.tasks.core.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.Answer;
import org.lfedge.eve.tasks.core.http.Body;
import org.lfedge.eve.tasks.core.http.HttpFailures;

/**
 * The bytes of a file at a URL, of which nobody has said how many there are. A connection that
 * breaks or stalls is opened again where it broke; after some tries without any bytes it fails. If
 * the file changes meanwhile, the digest of it all tells.
 */
final class FileStream extends InputStream {

  private static final int PORTION = 16 * 1024;
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]{1,18})-[0-9]{1,18}/(?:([0-9]{1,18})|\\*)");

  private final Endpoint endpoint;
  private final FileUrl url;
  private final long maxBytes;
  private final Pauses pauses;
  private final Timing timing;
  private OptionalLong size = OptionalLong.empty();
  private long position;
  private int failures;
  private boolean ended;
  private volatile @Nullable Body body;
  private volatile boolean closed;

  private FileStream(Endpoint endpoint, FileUrl url, long maxBytes, Pauses pauses, Timing timing) {
    this.endpoint = endpoint;
    this.url = url;
    this.maxBytes = maxBytes;
    this.pauses = pauses;
    this.timing = timing;
  }

  /**
   * Opens a file.
   *
   * @throws TaskException if it cannot be had
   */
  static FileStream open(
      Endpoint endpoint, FileUrl url, long maxBytes, Pauses pauses, Timing timing)
      throws IOException {
    FileStream stream = new FileStream(endpoint, url, maxBytes, pauses, timing);
    int unused = stream.reach(new byte[0], 0, 0);
    return stream;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (closed) {
      throw new IOException("the stream is closed");
    }
    return length == 0 ? 0 : ended ? -1 : reach(buffer, offset, length);
  }

  /** Tries until there is a connection and, if some are wanted, some bytes or their end. */
  private int reach(byte[] buffer, int offset, int length) throws IOException {
    while (true) {
      try {
        Body open = connected();
        if (length == 0) {
          return 0;
        }
        int count = next(open, buffer, offset, length);
        failures = 0;
        return count;
      } catch (TransientFailure e) {
        drop();
        failures++;
        if (failures >= timing.tries()) {
          throw e.failure();
        }
        pauses.pause(failures, e.after(), url);
      } catch (TaskException e) {
        drop();
        throw e;
      }
    }
  }

  private Body connected() throws TransientFailure, IOException {
    Body open = body;
    if (open == null) {
      open = request();
      body = open;
      if (closed) {
        // By another thread, which could not see it.
        open.cancel();
      }
    }
    return open;
  }

  private int next(Body open, byte[] buffer, int offset, int length)
      throws TransientFailure, IOException {
    int count = read(open, buffer, offset, length);
    if (count < 0) {
      if (size.isPresent() && position < size.getAsLong()) {
        throw new TransientFailure(endsEarly());
      }
      ended = true;
      drop();
      return -1;
    }
    position += count;
    if (position > maxBytes) {
      throw tooLarge("more than");
    }
    return count;
  }

  private int read(Body open, byte[] buffer, int offset, int length)
      throws TransientFailure, IOException {
    try {
      return open.read(buffer, offset, length, timing.stall());
    } catch (IOException e) {
      if (closed || (Thread.currentThread().isInterrupted() && isInterruption(e))) {
        throw e;
      }
      throw new TransientFailure(
          RegistryProblems.unreachable(url, "it broke off at byte " + position, e));
    }
  }

  private static boolean isInterruption(IOException cause) {
    return cause instanceof InterruptedIOException && !(cause instanceof SocketTimeoutException);
  }

  private Body request() throws TransientFailure, IOException {
    Map<String, String> headers =
        position == 0 ? Map.of() : Map.of("Range", "bytes=" + position + "-");
    Answer answer = endpoint.get(url, url.uri(), headers);
    boolean good = false;
    try {
      check(answer);
      if (answer.status() == 200) {
        skip(answer.body());
      }
      good = true;
      return answer.body();
    } finally {
      if (!good) {
        answer.body().cancel();
      }
    }
  }

  private void check(Answer answer) {
    int status = answer.status();
    if (status == 404 || status == 410) {
      throw TaskException.failed(
          Problem.user(
              url.codes() + "_NOT_FOUND",
              url + ": there is no such file, its server answers " + status + "; correct the URL"));
    }
    if (status != 200 && !(status == 206 && position > 0)) {
      throw failed("its server answers " + status);
    }
    if (answer.isHtml()) {
      throw failed("its server answers with a web page: is it one for people, or a proxy's?");
    }
    long start = status == 206 ? start(answer.header("Content-Range").orElse("none")) : 0;
    OptionalLong length = answer.length();
    if (length.isPresent()) {
      expect(start + length.getAsLong());
    }
  }

  /** The first byte of a part, which must be the one that is wanted. */
  private long start(String range) {
    Matcher parts = CONTENT_RANGE.matcher(range.strip());
    if (!parts.matches() || Long.parseLong(parts.group(1)) != position) {
      throw failed(
          "asked for what follows byte "
              + position
              + ", its server sends the range "
              + HttpFailures.quoted(range));
    }
    String total = parts.group(2);
    if (total != null) {
      expect(Long.parseLong(total));
    }
    return position;
  }

  private void expect(long bytes) {
    if (bytes > maxBytes) {
      throw tooLarge(bytes + " bytes, more than");
    }
    if (size.isPresent() && size.getAsLong() != bytes) {
      throw failed("it had " + size.getAsLong() + " bytes at first, and " + bytes + " now");
    }
    size = OptionalLong.of(bytes);
  }

  /** A server that knows no ranges sends all of it again. */
  private void skip(Body from) throws TransientFailure, IOException {
    byte[] buffer = new byte[PORTION];
    long left = position;
    while (left > 0) {
      int count = read(from, buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new TransientFailure(endsEarly());
      }
      left -= count;
    }
  }

  private TaskException endsEarly() {
    return failed("it ends before byte " + Math.max(position, size.orElse(position)));
  }

  private TaskException failed(String what) {
    return RegistryProblems.failed(url, what, "check the URL, its server, or a proxy in between");
  }

  private TaskException tooLarge(String what) {
    return TaskException.failed(
        Problem.user(
            "FILE_TOO_LARGE",
            url
                + ": it has "
                + what
                + " the "
                + maxBytes
                + " that a file may have which is fetched; bring it to the node by other means"));
  }

  private void drop() {
    Body open = body;
    body = null;
    if (open != null) {
      open.cancel();
    }
  }

  /** Ends the transfer; may be called by another thread than the one that reads. */
  @Override
  public void close() {
    closed = true;
    Body open = body;
    if (open != null) {
      open.cancel();
    }
  }
}
