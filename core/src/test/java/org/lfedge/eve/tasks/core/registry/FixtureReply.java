package org.lfedge.eve.tasks.core.registry;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An answer. The body is sent as far as a limit, then the connection is reset, ended, or kept
 * without a further byte.
 *
 * @param declared the Content-Length; without one the body ends with the connection
 */
@SuppressWarnings("ArrayRecordComponent") // made and sent at once, never compared
public record FixtureReply(
    int status,
    SortedMap<String, String> headers,
    byte[] body,
    Optional<Long> declared,
    Limit limit,
    long after) {

  /** What happens after some bytes. */
  public enum Limit {
    NONE,
    RESET,
    END,
    STALL,
    ENDLESS
  }

  static FixtureReply of(int status, String mediaType, byte[] body) {
    return new FixtureReply(
        status,
        new TreeMap<>(Map.of("Content-Type", mediaType)),
        body,
        Optional.of((long) body.length),
        Limit.NONE,
        body.length);
  }

  /** The same with a header. */
  public FixtureReply with(String name, String value) {
    SortedMap<String, String> more = new TreeMap<>(headers);
    more.put(name, value);
    return new FixtureReply(status, more, body, declared, limit, after);
  }

  /** The same until so many bytes are sent. */
  public FixtureReply until(Limit how, long bytes) {
    return new FixtureReply(status, headers, body, declared, how, Math.min(bytes, body.length));
  }

  /** The same without a length. */
  public FixtureReply undeclared() {
    return new FixtureReply(status, headers, body, Optional.empty(), limit, after);
  }

  /** Another body, honestly declared. */
  public FixtureReply body(byte[] other) {
    return new FixtureReply(
        status, headers, other, Optional.of((long) other.length), limit, other.length);
  }
}
