package org.lfedge.eve.tasks.core.controller;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * What a node tells its controller.
 *
 * @param key of information: what it is about; a later message with the same key replaces one that
 *     was not sent yet. Of logs: the UUID of the app. Of metrics: anything
 * @param payload a {@code ZInfoMsg}, a {@code ZMetricMsg}, or entries of logs, one JSON object a
 *     line, packed by gzip
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Message(Kind kind, String key, byte[] payload) {

  /** The longest message, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  private static final int MAX_KEY = 128;
  private static final Pattern APP = Pattern.compile("[0-9a-zA-Z-]+");

  /** What a message is about, the first to be given up first. */
  public enum Kind {
    /** How much is used. */
    METRICS,
    /** What an app wrote. */
    LOGS,
    /** What state something is in. */
    INFO
  }

  /**
   * Checks the size.
   *
   * @throws IllegalArgumentException if the payload has more than 1 MiB, or the key more than 128
   *     bytes in UTF-8 or, of logs, is no UUID
   */
  public Message {
    if (payload.length > MAX_BYTES) {
      throw new IllegalArgumentException("a message has 1 MiB at most, not " + payload.length);
    }
    if (key.getBytes(StandardCharsets.UTF_8).length > MAX_KEY
        || (kind == Kind.LOGS && !APP.matcher(key).matches())) {
      throw new IllegalArgumentException("a message cannot have the key '" + key + "'");
    }
  }
}
