package org.lfedge.eve.tasks.core.image;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * A content store in memory that behaves as containerd does: it checks digests and diff IDs, wants
 * parents before children, and collects at the end of each lease and after each removal of a name
 * whatever no lease and no name leads to by labels.
 */
public final class FakeContentStore implements ContentStore {

  private static final String CONTENT_REFERENCE = "containerd.io/gc.ref.content.";
  private static final String LAYERS_REFERENCE = "containerd.io/gc.ref.snapshot.fake";

  private final SortedMap<String, Blob> blobs = new TreeMap<>();
  private final SortedMap<String, Optional<String>> parents = new TreeMap<>();
  private final SortedMap<String, Image> images = new TreeMap<>();
  private final Map<String, SortedMap<String, String>> imageLabels = new HashMap<>();
  private final Set<FakeLease> leases = new HashSet<>();
  private int applied;

  private static final class Blob {

    private final byte[] content;
    private final SortedMap<String, String> labels = new TreeMap<>();

    Blob(byte[] content) {
      this.content = content;
    }
  }

  /** Digests of all blobs. */
  public SortedSet<String> blobs() {
    return SortedCopies.setOf(blobs.keySet());
  }

  /** Chain IDs of all unpacked layers. */
  public SortedSet<String> layers() {
    return SortedCopies.setOf(parents.keySet());
  }

  /** All that is kept, to compare with another time. */
  public String state() {
    SortedMap<String, SortedMap<String, String>> labels = new TreeMap<>();
    blobs.forEach((digest, blob) -> labels.put(digest, SortedCopies.mapOf(blob.labels)));
    return labels + " " + parents + " " + images + " " + leases.size();
  }

  /** How many layers were applied. */
  public int applied() {
    return applied;
  }

  @Override
  public synchronized Lease lease(String purpose) {
    FakeLease lease = new FakeLease("");
    leases.add(lease);
    return lease;
  }

  @Override
  public synchronized Lease resumableLease(String key, String purpose) {
    FakeLease lease = new FakeLease(key);
    List<FakeLease> earlier = leases.stream().filter(other -> other.key.equals(key)).toList();
    earlier.forEach(other -> lease.held.addAll(other.held));
    leases.removeAll(earlier);
    leases.add(lease);
    return lease;
  }

  @Override
  public synchronized void dropUnfinished(SortedSet<String> keysInUse) {
    leases.removeIf(lease -> !lease.key.isEmpty() && !keysInUse.contains(lease.key));
    collect();
  }

  @Override
  public synchronized Optional<Long> blobSize(String digest) {
    return Optional.ofNullable(blobs.get(digest)).map(blob -> (long) blob.content.length);
  }

  @Override
  public InputStream openBlob(String digest) {
    return new ByteArrayInputStream(blob(digest).content);
  }

  @Override
  public synchronized SortedMap<String, String> blobLabels(String digest) {
    Blob blob = blobs.get(digest);
    return blob == null ? Collections.emptySortedMap() : SortedCopies.mapOf(blob.labels);
  }

  @Override
  public synchronized boolean hasLayers(String chainId) {
    return parents.containsKey(chainId);
  }

  @Override
  public OptionalLong layersBytes(List<String> chainIds) {
    return chainIds.stream().allMatch(this::hasLayers)
        ? OptionalLong.of(chainIds.size())
        : OptionalLong.empty();
  }

  @Override
  public List<Image> images() {
    return List.copyOf(images.values());
  }

  @Override
  public List<String> imagesLabelled(String key, String value) {
    return images.keySet().stream()
        .filter(name -> value.equals(imageLabels.getOrDefault(name, new TreeMap<>()).get(key)))
        .toList();
  }

  @Override
  public synchronized void deleteImage(String name) {
    images.remove(name);
    collect();
  }

  private synchronized Blob blob(String digest) {
    Blob blob = blobs.get(digest);
    if (blob == null) {
      throw refused("there is no blob " + digest);
    }
    return blob;
  }

  private synchronized void collect() {
    Set<String> reached = new HashSet<>();
    Deque<String> ahead = new ArrayDeque<>();
    images.values().forEach(image -> ahead.add(image.target().digest()));
    leases.forEach(lease -> ahead.addAll(lease.held));
    while (!ahead.isEmpty()) {
      String next = ahead.pop();
      if (!reached.add(next)) {
        continue;
      }
      Blob blob = blobs.get(next);
      if (blob != null) {
        blob.labels.forEach(
            (key, value) -> {
              if (key.startsWith(CONTENT_REFERENCE)) {
                ahead.add(value);
              } else if (key.equals(LAYERS_REFERENCE)) {
                ahead.add(layers(value));
              }
            });
      }
      if (next.startsWith("layers ")) {
        parents
            .getOrDefault(next.substring(7), Optional.empty())
            .map(FakeContentStore::layers)
            .ifPresent(ahead::add);
      }
    }
    blobs.keySet().removeIf(digest -> !reached.contains(digest));
    parents.keySet().removeIf(chainId -> !reached.contains(layers(chainId)));
  }

  private synchronized void put(String digest, byte[] bytes) {
    blobs.put(digest, new Blob(bytes));
  }

  private static String layers(String chainId) {
    return "layers " + chainId;
  }

  private static TaskException refused(String message) {
    return TaskException.failed(Problem.host("FAKE_STORE_REFUSED", message));
  }

  private final class FakeLease implements Lease {

    private final SortedSet<String> held = new TreeSet<>();
    private final String key;

    FakeLease(String key) {
      this.key = key;
    }

    @Override
    public void writeBlob(Descriptor blob, BlobSource source, SortedMap<String, String> labels) {
      hold(blob.digest());
      if (blobSize(blob.digest()).isEmpty()) {
        try (InputStream bytes = source.open(0)) {
          byte[] content = bytes.readAllBytes();
          if (content.length != blob.size() || !Digests.of(content).equals(blob.digest())) {
            throw refused("the bytes are not those of " + blob);
          }
          put(blob.digest(), content);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      labelBlob(blob.digest(), labels);
    }

    private void hold(String digest) {
      synchronized (FakeContentStore.this) {
        held.add(digest);
      }
    }

    @Override
    public void labelBlob(String digest, SortedMap<String, String> labels) {
      synchronized (FakeContentStore.this) {
        blob(digest).labels.putAll(labels);
      }
    }

    @Override
    public boolean applyLayer(
        Optional<String> parentChainId, String chainId, Descriptor layer, String diffId) {
      if (parentChainId.isPresent() && !hasLayers(parentChainId.get())) {
        throw refused("the layers below are not unpacked");
      }
      held.add(layers(chainId));
      if (hasLayers(chainId)) {
        return false;
      }
      try (BufferedInputStream in = Decompression.buffered(openBlob(layer.digest()))) {
        byte[] tar = Decompression.of(in).open(in).readAllBytes();
        if (!Digests.of(tar).equals(diffId)) {
          throw TaskException.failed(
              Problem.user("DIFF_ID_MISMATCH", "the layer is not " + diffId));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      parents.put(chainId, parentChainId);
      applied++;
      return true;
    }

    @Override
    public void keepLayers(String digest, String chainId) {
      if (!hasLayers(chainId)) {
        throw refused("there are no layers " + chainId);
      }
      blob(digest).labels.put(LAYERS_REFERENCE, chainId);
    }

    @Override
    public void putImage(Image image, SortedMap<String, String> labels) {
      blob(image.target().digest());
      images.put(image.name(), image);
      imageLabels.put(image.name(), SortedCopies.mapOf(labels));
    }

    @Override
    public void close() {
      leases.remove(this);
      collect();
    }
  }
}
