package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Optional;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.TaskException;

/** What is said of a disk beside documents, by the rules that hold within them. */
public final class DiskArguments {

  private DiskArguments() {}

  /**
   * A disk at a URL.
   *
   * @throws TaskException with what is wrong, at {@code url} and {@code digest}
   */
  public static FileOrigin.Url url(String url, String digest) {
    Problems problems = new Problems();
    Optional<String> address = RootReader.url(value("url", url, problems));
    Optional<String> known = value("digest", digest, problems).text(TextForm.DIGEST);
    problems.throwIfAny();
    return new FileOrigin.Url(address.orElseThrow(), known.orElseThrow());
  }

  /**
   * The digest of a disk.
   *
   * @throws TaskException if it is none, at {@code digest}
   */
  public static String digest(String text) {
    return read("digest", text, v -> v.text(TextForm.DIGEST));
  }

  /**
   * What a disk holds.
   *
   * @throws TaskException if it is no word for that, at {@code format}
   */
  public static Format format(String text) {
    return read("format", text, v -> SupervisionReader.choice(v, Format.disks()));
  }

  private static <T> T read(String key, String text, Function<DocumentValue, Optional<T>> reading) {
    Problems problems = new Problems();
    Optional<T> read = reading.apply(value(key, text, problems));
    problems.throwIfAny();
    return read.orElseThrow();
  }

  private static DocumentValue value(String key, String text, Problems problems) {
    return new DocumentValue(
        JsonNodeFactory.instance.textNode(text), Place.DOCUMENT.key(key), false, problems);
  }
}
