package org.lfedge.eve.tasks.core.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.Registries;

/** The blobs of a repository in a registry; what is on this node already is read here. */
final class RemoteBlobs implements Blobs {

  private final Registries.Repository repository;
  private final Blobs stored;
  private final String image;
  private final Map<String, byte[]> documents = new ConcurrentHashMap<>();
  private final AtomicLong documentBytes = new AtomicLong();

  /**
   * @param image its name, for what may be wrong
   */
  RemoteBlobs(Registries.Repository repository, ContentStore content, String image) {
    this(repository, new StoredBlobs(content), image);
  }

  /**
   * @param stored what is read here and not in the registry
   * @param image its name, for what may be wrong
   */
  RemoteBlobs(Registries.Repository repository, Blobs stored, String image) {
    this.repository = repository;
    this.image = image;
    this.stored = stored;
  }

  /** Takes a document that was fetched by its tag. They are kept, so there must not be too many. */
  void add(Registries.Document document) {
    if (documentBytes.addAndGet(document.bytes().length) > Manifests.MAX_ALL_DOCUMENTS) {
      throw ImageProblems.badLayout(
          image,
          "its documents and those of its signatures have more than "
              + Manifests.MAX_ALL_DOCUMENTS
              + " bytes");
    }
    documents.put(document.descriptor().digest(), document.bytes());
  }

  @Override
  public Optional<Long> size(Descriptor blob) throws IOException {
    Optional<Long> local = stored.size(blob);
    if (local.isPresent() || !isDocument(blob)) {
      // A blob that the registry does not have is told when it is opened.
      return local.isPresent() ? local : Optional.of(blob.size());
    }
    return document(blob).map(bytes -> (long) bytes.length);
  }

  @Override
  public InputStream open(Descriptor blob) throws IOException {
    if (stored.size(blob).isPresent()) {
      return stored.open(blob);
    }
    if (!isDocument(blob)) {
      return repository.open(blob, 0);
    }
    return new ByteArrayInputStream(
        document(blob).orElseThrow(() -> new IOException("there is no " + blob.digest())));
  }

  /** Manifests and indexes are asked for at another address than other blobs. */
  private boolean isDocument(Descriptor blob) {
    return documents.containsKey(blob.digest())
        || MediaTypes.isIndex(blob.mediaType())
        || MediaTypes.isManifest(blob.mediaType());
  }

  private Optional<byte[]> document(Descriptor blob) {
    byte[] known = documents.get(blob.digest());
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Registries.Document> fetched = repository.document(blob.digest());
    fetched.ifPresent(this::add);
    return fetched.map(Registries.Document::bytes);
  }
}
