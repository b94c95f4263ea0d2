package org.lfedge.eve.tasks.core.image;

import java.io.InputStream;
import java.util.Optional;
import org.lfedge.eve.tasks.core.port.ContentStore;

/** The blobs of the content store. */
record StoredBlobs(ContentStore content) implements Blobs {

  @Override
  public Optional<Long> size(String digest) {
    return content.blobSize(digest);
  }

  @Override
  public InputStream open(String digest) {
    return content.openBlob(digest);
  }
}
