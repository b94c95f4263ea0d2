package org.lfedge.eve.tasks.core.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.Answer;
import org.lfedge.eve.tasks.core.http.Body;
import org.lfedge.eve.tasks.core.http.HttpFailures;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/**
 * The bytes of a blob from an offset on, exactly as many as its descriptor says. A connection that
 * breaks or stalls is opened again where it broke; whoever gives bytes is asked again, and after
 * some tries without any the next one is asked. What was handed out is not fetched again.
 */
final class BlobStream extends InputStream {

  /** How long the end is waited for when all bytes are there: only for the connection's sake. */
  private static final Duration END = Duration.ofSeconds(2);

  private static final int PORTION = 16 * 1024;
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\\*)");

  private final List<Source> sources;
  private final Descriptor blob;
  private final Pauses pauses;
  private final Timing timing;
  private final List<TaskException> failed = new ArrayList<>();
  private long position;
  private int current;
  private int failures;
  private volatile @Nullable Body body;
  private volatile boolean closed;

  private BlobStream(
      List<Source> sources, Descriptor blob, long offset, Pauses pauses, Timing timing) {
    this.sources = sources;
    this.blob = blob;
    this.position = offset;
    this.pauses = pauses;
    this.timing = timing;
  }

  /** Where a blob is, and how often is tried there without progress. */
  record Source(Endpoint endpoint, RepositoryName at, int tries) {}

  /**
   * Opens a blob.
   *
   * @param sources the first is asked first
   * @throws TaskException if none of them has it
   */
  static BlobStream open(
      List<Source> sources, Descriptor blob, long offset, Pauses pauses, Timing timing)
      throws IOException {
    BlobStream stream = new BlobStream(sources, blob, offset, pauses, timing);
    stream.reach(Attempt.CONNECT, new byte[0], 0, 0);
    return stream;
  }

  private enum Attempt {
    CONNECT,
    READ
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
    if (length == 0) {
      return 0;
    }
    return position == blob.size() ? -1 : reach(Attempt.READ, buffer, offset, length);
  }

  /** Tries until there is a connection or, if that is wanted, some bytes. */
  private int reach(Attempt goal, byte[] buffer, int offset, int length) throws IOException {
    while (true) {
      Source source = sources.get(current);
      try {
        Body open = connected(source);
        if (goal == Attempt.CONNECT) {
          return 0;
        }
        int count = next(open, source, buffer, offset, length);
        failures = 0;
        position += count;
        return count;
      } catch (TransientFailure e) {
        drop();
        failures++;
        if (failures < source.tries()) {
          pauses.pause(failures, e.after(), source.at());
        } else {
          goOn(e.failure());
        }
      } catch (TaskException e) {
        drop();
        goOn(e);
      }
    }
  }

  /** To the next source, if there is one. */
  private void goOn(TaskException failure) {
    failed.add(0, failure);
    if (current + 1 == sources.size() || Thread.currentThread().isInterrupted()) {
      throw HttpRepository.all(failed);
    }
    current++;
    failures = 0;
  }

  private Body connected(Source source) throws TransientFailure, IOException {
    Body open = body;
    if (open == null) {
      open = request(source);
      body = open;
      if (closed) {
        // By another thread, which could not see it.
        open.cancel();
      }
    }
    return open;
  }

  private int next(Body open, Source source, byte[] buffer, int offset, int length)
      throws TransientFailure, IOException {
    long left = blob.size() - position;
    int count;
    try {
      count = open.read(buffer, offset, (int) Math.min(length, left), timing.stall());
    } catch (IOException e) {
      throw broken(source, e);
    }
    if (count < 0) {
      throw new TransientFailure(
          RegistryProblems.failed(
              source.at(),
              "blob " + blob.digest() + " ends after " + position + " of " + blob.size() + " bytes",
              "check the registry, or a proxy in between"));
    }
    if (count == left) {
      expectEnd(open, source);
    }
    return count;
  }

  /** Before the last bytes are handed out: an endless body has other bytes than the blob. */
  private void expectEnd(Body open, Source source) {
    try {
      Duration patience = timing.stall().compareTo(END) < 0 ? timing.stall() : END;
      if (open.read(new byte[1], 0, 1, patience) >= 0) {
        throw tooLong(source);
      }
    } catch (IOException e) {
      // All bytes are there, whatever became of the connection.
    }
    drop();
  }

  private TaskException tooLong(Source source) {
    return RegistryProblems.failed(
        source.at(),
        "it sends more than the " + blob.size() + " bytes that blob " + blob.digest() + " has",
        "check the registry, or a proxy in between");
  }

  private TransientFailure broken(Source source, IOException cause) throws IOException {
    if (closed || (Thread.currentThread().isInterrupted() && isInterruption(cause))) {
      throw cause;
    }
    return new TransientFailure(
        RegistryProblems.unreachable(
            source.at(), "blob " + blob.digest() + " broke off at byte " + position, cause));
  }

  private static boolean isInterruption(IOException cause) {
    return cause instanceof InterruptedIOException && !(cause instanceof SocketTimeoutException);
  }

  private Body request(Source source) throws TransientFailure, IOException {
    Map<String, String> headers =
        position == 0 ? Map.of() : Map.of("Range", "bytes=" + position + "-");
    Answer answer = source.endpoint().get(source.at(), "blobs/" + blob.digest(), headers);
    boolean good = false;
    try {
      check(answer, source);
      if (answer.status() == 200 && position > 0) {
        skip(answer.body(), source);
      }
      good = true;
      return answer.body();
    } finally {
      if (!good) {
        answer.body().cancel();
      }
    }
  }

  private void check(Answer answer, Source source) {
    long start = answer.status() == 206 ? position : 0;
    if (answer.status() == 416) {
      throw RegistryProblems.failed(
          source.at(),
          "blob " + blob.digest() + " is shorter there than its " + blob.size() + " bytes",
          "check the registry, or pull from another one");
    }
    if (answer.status() == 404) {
      throw RegistryProblems.failed(
          source.at(), "it has no blob " + blob.digest(), "push the image again");
    }
    if (answer.status() != 200 && !(answer.status() == 206 && position > 0)) {
      throw RegistryProblems.failed(
          source.at(),
          "it answers " + answer.status() + " for blob " + blob.digest(),
          "check the registry, or a proxy in between");
    }
    if (answer.isHtml() && !blob.mediaType().startsWith("text/html")) {
      throw HttpRepository.html(source.at());
    }
    if (answer.status() == 206) {
      checkRange(answer.header("Content-Range").orElse("none"), source);
    }
    OptionalLong length = answer.length();
    if (length.isPresent() && length.getAsLong() > blob.size() - start) {
      throw tooLong(source);
    }
    if (length.isPresent() && length.getAsLong() < blob.size() - start) {
      throw RegistryProblems.failed(
          source.at(),
          "it sends "
              + length.getAsLong()
              + " bytes from byte "
              + start
              + " of blob "
              + blob.digest()
              + ", which has "
              + blob.size(),
          "check the registry, or a proxy in between");
    }
  }

  private void checkRange(String range, Source source) {
    Matcher parts = CONTENT_RANGE.matcher(range.strip());
    boolean right =
        parts.matches()
            && Long.parseLong(parts.group(1)) == position
            && (parts.group(2).equals("*") || Long.parseLong(parts.group(2)) == blob.size());
    if (!right) {
      throw RegistryProblems.failed(
          source.at(),
          "asked for blob "
              + blob.digest()
              + " from byte "
              + position
              + " of "
              + blob.size()
              + " on, it sends the range "
              + HttpFailures.quoted(range),
          "check the registry, or a proxy in between");
    }
  }

  /**
   * Some proxies and simple file servers know no ranges, and send all of the blob. To fetch what
   * was handed out once more is the only way to go on there; to give up would mean that a large
   * blob never arrives over a line that breaks at times. It is no progress, so it happens only as
   * often as there are tries.
   */
  private void skip(Body from, Source source) throws TransientFailure, IOException {
    byte[] buffer = new byte[PORTION];
    long left = position;
    while (left > 0) {
      int count;
      try {
        count = from.read(buffer, 0, (int) Math.min(buffer.length, left), timing.stall());
      } catch (IOException e) {
        throw broken(source, e);
      }
      if (count < 0) {
        throw new TransientFailure(
            RegistryProblems.failed(
                source.at(),
                "blob " + blob.digest() + " ends before byte " + position,
                "check the registry, or a proxy in between"));
      }
      left -= count;
    }
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
