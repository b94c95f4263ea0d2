package org.lfedge.eve.tasks.core.image;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.Registries;

/** Registries in memory, which remember what they were asked for. */
final class FakeRegistries implements Registries {

  private final Map<String, String> tags = new TreeMap<>();
  private final Map<String, byte[]> blobs = new TreeMap<>();
  private final Map<String, List<Descriptor>> referrers = new TreeMap<>();
  private final List<String> asked = new ArrayList<>();
  private UnaryOperator<byte[]> spoil = UnaryOperator.identity();
  private Optional<String> unreachable = Optional.empty();

  /** Takes the blobs of an image, and gives the image a tag. */
  FakeRegistries add(TestImages made, String repository, String tag, Descriptor target) {
    blobs.putAll(made.blobs());
    tags.put(repository + ":" + tag, target.digest());
    return this;
  }

  void refer(String digest, Descriptor manifest) {
    referrers.computeIfAbsent(digest, key -> new ArrayList<>()).add(manifest);
  }

  /** Alters all blobs on their way; not documents. */
  void spoil(UnaryOperator<byte[]> change) {
    spoil = change;
  }

  /** Has a blob fail as a registry that is gone. */
  void unreachable(Optional<String> digest) {
    unreachable = digest;
  }

  /** Digests and tags, in order; forgets them. */
  synchronized List<String> asked() {
    List<String> result = List.copyOf(asked);
    asked.clear();
    return result;
  }

  private synchronized void ask(String what) {
    asked.add(what);
  }

  @Override
  public Repository repository(String name) {
    return new Repository() {

      @Override
      public Optional<Document> document(String reference) {
        ask(reference);
        String digest =
            Digests.isDigest(reference) ? reference : tags.getOrDefault(name + ":" + reference, "");
        return Optional.ofNullable(blobs.get(digest))
            .map(
                bytes ->
                    new Document(
                        new Descriptor(
                            Manifests.object(bytes, "it", name).path("mediaType").asText(),
                            digest,
                            bytes.length),
                        bytes));
      }

      @Override
      public InputStream open(Descriptor blob, long offset) {
        ask(blob.digest());
        if (unreachable.equals(Optional.of(blob.digest()))) {
          throw TaskException.failed(Problem.host("REGISTRY_UNREACHABLE", "gone"));
        }
        byte[] bytes = spoil.apply(blobs.getOrDefault(blob.digest(), new byte[0]));
        return new ByteArrayInputStream(bytes, (int) offset, bytes.length - (int) offset);
      }

      @Override
      public List<Descriptor> referrers(String digest) {
        return referrers.getOrDefault(digest, List.of());
      }
    };
  }
}
