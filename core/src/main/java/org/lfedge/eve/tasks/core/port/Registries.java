package org.lfedge.eve.tasks.core.port;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/**
 * Where images are fetched from: registries that follow the OCI distribution specification. What
 * they say is not believed: whoever reads from here checks digests and sizes.
 */
public interface Registries {

  /**
   * A repository; nothing is asked of its registry yet.
   *
   * @param name with its registry, such as {@code docker.io/library/web}
   */
  Repository repository(String name);

  /**
   * One repository of a registry. Connections that break and registries that are busy are tried
   * again, with growing pauses, for as long as there is progress; mirrors are tried before the
   * registry itself.
   *
   * <p>Every method throws {@link org.lfedge.eve.tasks.core.error.TaskException}: {@code
   * REGISTRY_UNREACHABLE}, {@code REGISTRY_DENIED} (credentials), {@code REGISTRY_FAILED} (it
   * answers with what is no answer), {@code REGISTRY_BUSY}.
   */
  interface Repository {

    /**
     * A manifest or an index, if there is one.
     *
     * @param reference a tag or a digest; of a digest the document's bytes are checked
     */
    Optional<Document> document(String reference);

    /**
     * The bytes of a blob from an offset on, exactly as many as the descriptor says. A connection
     * that breaks while they are read is opened again where it broke.
     */
    InputStream open(Descriptor blob, long offset) throws IOException;

    /** The manifests that refer to another one by its digest; none if the registry cannot tell. */
    List<Descriptor> referrers(String digest);
  }

  /** A document of a registry. */
  final class Document {

    private final Descriptor descriptor;
    private final byte[] bytes;

    /**
     * Keeps a copy of the bytes.
     *
     * @param descriptor its media type as the registry states it, and the digest and size of its
     *     bytes as they were counted here
     */
    public Document(Descriptor descriptor, byte[] bytes) {
      this.descriptor = descriptor;
      this.bytes = bytes.clone();
    }

    /** What it is. */
    public Descriptor descriptor() {
      return descriptor;
    }

    /** A copy of its bytes. */
    public byte[] bytes() {
      return bytes.clone();
    }
  }
}
