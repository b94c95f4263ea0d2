package org.lfedge.eve.tasks.core.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What came back for a request; the body is still to be read or cancelled.
 *
 * @param uri who answered, after redirects
 */
public record Answer(int status, URI uri, HttpHeaders headers, Body body) {

  /** What is read of a body that nobody wants, so that its connection can be used again. */
  private static final int DISCARDED = 64 * 1024;

  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int PORTION = 8 * 1024;

  /** The first header of a name. */
  public Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  /** All headers of a name. */
  public List<String> all(String name) {
    return headers.allValues(name);
  }

  /** The length of the body, if it is stated. */
  public OptionalLong length() {
    try {
      return headers.firstValueAsLong("Content-Length");
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The media type without parameters. */
  public String mediaType() {
    return header("Content-Type")
        .map(type -> type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
        .filter(type -> !type.isEmpty())
        .orElse("application/octet-stream");
  }

  /** Whether it is a page for people. */
  public boolean isHtml() {
    return mediaType().equals("text/html") || mediaType().equals("application/xhtml+xml");
  }

  /**
   * Reads the body.
   *
   * @param limit how many bytes it may have
   * @param stall for the next bytes
   * @param total for all of them
   * @return empty if there are more bytes
   */
  public Optional<byte[]> bytes(int limit, Duration stall, Duration total) throws IOException {
    long deadline = System.nanoTime() + total.toNanos();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[PORTION];
    try {
      while (true) {
        Duration left = Duration.ofNanos(deadline - System.nanoTime());
        if (left.isNegative()) {
          throw new SocketTimeoutException("the answer took too long");
        }
        int count = body.read(buffer, 0, buffer.length, left.compareTo(stall) < 0 ? left : stall);
        if (count < 0) {
          return Optional.of(all.toByteArray());
        }
        if (all.size() + count > limit) {
          return Optional.empty();
        }
        all.write(buffer, 0, count);
      }
    } finally {
      body.cancel();
    }
  }

  /** What can be had of the body of an answer whose status says all; never throws. */
  public byte[] rest() {
    try {
      return bytes(DISCARDED, PATIENCE, PATIENCE).orElseGet(() -> new byte[0]);
    } catch (IOException e) {
      return new byte[0];
    }
  }
}
