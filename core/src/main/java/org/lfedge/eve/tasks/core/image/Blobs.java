package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/** Blobs of a layout, of the content store or of a registry. What they hold is not checked here. */
interface Blobs {

  /** Where nothing is. */
  Blobs NONE =
      new Blobs() {
        @Override
        public Optional<Long> size(Descriptor blob) {
          return Optional.empty();
        }

        @Override
        public InputStream open(Descriptor blob) throws IOException {
          throw new IOException("there is no " + blob.digest());
        }
      };

  /** The size of a blob, if it is there. */
  Optional<Long> size(Descriptor blob) throws IOException;

  /**
   * Whether what is there was checked against its digest as it was written, and nobody but the
   * store can have changed it since.
   */
  default boolean areChecked() {
    return false;
  }

  /** Opens a blob that is there; the caller closes it. */
  InputStream open(Descriptor blob) throws IOException;
}
