package org.lfedge.eve.tasks.core.image;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What was read from blobs, by digest, as far as it was used lately: the next task of an image does
 * not read and check its documents again. Since a digest stands for its content, nothing here can
 * be out of date; whether a blob is still there is not for it to say.
 */
final class DigestCache<V> {

  /** A node has few images, and of most a handful of tasks; each is here under two keys. */
  private static final int MAX_ENTRIES = 64;

  /** Most documents have some KiB; what a hostile image has is not worth the daemon's memory. */
  private static final long MAX_BYTES = 64 * 1024;

  // Guarded by this object.
  private final Map<String, V> entries =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
          return size() > MAX_ENTRIES;
        }
      };

  synchronized Optional<V> find(String digest) {
    return Optional.ofNullable(entries.get(digest));
  }

  /**
   * Keeps a value for later, unless it is large.
   *
   * @param bytes of the documents that it was read from
   */
  synchronized void keep(String digest, V value, long bytes) {
    if (bytes <= MAX_BYTES) {
      entries.put(digest, value);
    }
  }
}
