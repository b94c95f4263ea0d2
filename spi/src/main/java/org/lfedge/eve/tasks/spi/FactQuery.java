package org.lfedge.eve.tasks.spi;

/**
 * Something that the core looks up for an executor: bounded, confined and logged. Closed to
 * implement, open to growth.
 */
public sealed interface FactQuery {

  /**
   * A JSON file in the task's root, where that is a directory or a bundle.
   *
   * <p>The values of the {@link Fact} are keyed by JSON pointer (RFC 6901): each scalar as text
   * under its pointer, such as {@code /process/args/0}, and the whole text of the file under the
   * empty pointer. A file of more than {@value #MAX_BYTES} bytes, or one that is not JSON, refuses
   * the task; a file that does not exist is a fact that is not present.
   *
   * @param path relative to the root, without {@code ..}
   */
  record JsonFile(String path) implements FactQuery {
    /** The largest file that is read. */
    public static final int MAX_BYTES = 1 << 20;

    /** Refuses paths that are absolute, empty or lead upwards. */
    public JsonFile {
      if (path.isEmpty() || path.startsWith("/") || ("/" + path + "/").contains("/../")) {
        throw new IllegalArgumentException("path must be relative and must not climb: " + path);
      }
    }
  }
}
