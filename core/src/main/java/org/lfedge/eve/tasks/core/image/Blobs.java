package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Blobs by digest, of a layout or of the content store. What they hold is not checked here. */
interface Blobs {

  /** The size of a blob, if it is there. */
  Optional<Long> size(String digest) throws IOException;

  /** Opens a blob that is there; the caller closes it. */
  InputStream open(String digest) throws IOException;
}
