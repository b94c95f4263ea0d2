package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.util.Map;
import java.util.Optional;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * The accounts of an image, kept beside it: finding them takes reading all layers, which happens
 * once, while they are unpacked. They lie in a blob of their own that a label of the image's config
 * refers to, so they live and go with the image; and since a config fixes its layers, they can
 * never be those of another root.
 */
final class Accounts {

  /** By its prefix containerd knows that the config refers to the blob. */
  private static final String LABEL = "containerd.io/gc.ref.content.accounts";

  private final ContentStore content;
  private final Blobs blobs;
  private final DigestCache<AccountFiles> known = new DigestCache<>();

  Accounts(ContentStore content) {
    this.content = content;
    this.blobs = new StoredBlobs(content);
  }

  /** What is kept with a config. */
  Optional<AccountFiles> find(String config, String image) {
    String digest = content.blobLabels(config).getOrDefault(LABEL, "");
    return Digests.isDigest(digest)
        ? known.find(digest).or(() -> read(digest, image))
        : Optional.empty();
  }

  private Optional<AccountFiles> read(String digest, String image) {
    Optional<Descriptor> blob =
        content.blobSize(digest).map(size -> new Descriptor(MediaTypes.ACCOUNTS, digest, size));
    Optional<AccountFiles> accounts =
        blob.map(found -> Manifests.document(blobs, found, image))
            .map(
                json ->
                    new AccountFiles(
                        json.path("passwd").asText(""), json.path("group").asText("")));
    accounts.ifPresent(files -> known.keep(digest, files, blob.orElseThrow().size()));
    return accounts;
  }

  /** Keeps accounts with a config that is there. */
  static void keep(ContentStore.Lease lease, String config, AccountFiles accounts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("passwd", accounts.passwd());
    json.put("group", accounts.group());
    byte[] bytes = Manifests.bytes(json);
    Descriptor blob = new Descriptor(MediaTypes.ACCOUNTS, Digests.of(bytes), bytes.length);
    lease.writeBlob(blob, offset -> new ByteArrayInputStream(bytes), SortedCopies.mapOf(Map.of()));
    lease.labelBlob(config, SortedCopies.mapOf(Map.of(LABEL, blob.digest())));
  }
}
