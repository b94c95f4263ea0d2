package org.lfedge.eve.tasks.core.image;

import java.io.InputStream;
import java.util.Optional;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/** The blobs of the content store. */
record StoredBlobs(ContentStore content) implements Blobs {

  @Override
  public Optional<Long> size(Descriptor blob) {
    return content.blobSize(blob.digest());
  }

  @Override
  public boolean areChecked() {
    return true;
  }

  @Override
  public InputStream open(Descriptor blob) {
    return content.openBlob(blob.digest());
  }
}
