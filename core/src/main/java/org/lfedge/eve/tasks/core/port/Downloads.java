package org.lfedge.eve.tasks.core.port;

import java.io.IOException;
import java.io.InputStream;

/** Files at URLs. What is sent is not believed: whoever reads from here checks digests. */
public interface Downloads {

  /**
   * The bytes of a file. A connection that breaks while they are read is opened again where it
   * broke, with growing pauses, for as long as there is progress.
   *
   * <p>It and the stream throw {@link org.lfedge.eve.tasks.core.error.TaskException}: {@code
   * PLAIN_HTTP_NOT_ALLOWED} if the URL is one of http and the node's config does not allow that for
   * its host, {@code DOWNLOAD_NOT_FOUND}, {@code FILE_TOO_LARGE}, {@code DOWNLOAD_UNREACHABLE},
   * {@code DOWNLOAD_DENIED} (credentials), {@code DOWNLOAD_FAILED}, {@code DOWNLOAD_BUSY}.
   *
   * @param url by http or https, without user, query and fragment
   * @param maxBytes what it may have at most
   */
  InputStream open(String url, long maxBytes) throws IOException;
}
