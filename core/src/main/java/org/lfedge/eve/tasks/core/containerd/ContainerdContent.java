package org.lfedge.eve.tasks.core.containerd;

import io.grpc.Status;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.containerd.api.content.ContentGrpc;
import org.lfedge.eve.tasks.core.containerd.api.content.Info;
import org.lfedge.eve.tasks.core.containerd.api.content.InfoRequest;
import org.lfedge.eve.tasks.core.containerd.api.content.InfoResponse;
import org.lfedge.eve.tasks.core.containerd.api.images.DeleteImageRequest;
import org.lfedge.eve.tasks.core.containerd.api.images.ImagesGrpc;
import org.lfedge.eve.tasks.core.containerd.api.images.ListImagesRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.Kind;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.SnapshotsGrpc;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.StatSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.UsageRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.UsageResponse;
import org.lfedge.eve.tasks.core.port.ContentStore;

/** Blobs, image names and unpacked layers in containerd. */
public final class ContainerdContent implements ContentStore {

  private final ContainerdClient client;

  /** Works in the client's namespace. */
  public ContainerdContent(ContainerdClient client) {
    this.client = client;
  }

  /**
   * Ends the leases that an earlier program of this namespace did not come to end; what it wrote
   * under them and did not name is collected, unless they are resumable. To be called before a
   * lease is taken.
   */
  public void endAbandonedLeases() {
    ContainerdLease.endAll(client);
  }

  @Override
  public Lease lease(String purpose) {
    return ContainerdLease.start(client, purpose);
  }

  @Override
  public Lease resumableLease(String key, String purpose) {
    return ContainerdLease.resume(client, key, purpose);
  }

  @Override
  public void dropUnfinished(SortedSet<String> keysInUse) {
    ContainerdLease.dropUnfinished(client, keysInUse);
  }

  @Override
  public Optional<Long> blobSize(String digest) {
    return info(digest).map(Info::getSize);
  }

  @Override
  public SortedMap<String, String> blobLabels(String digest) {
    return info(digest).map(info -> new TreeMap<>(info.getLabelsMap())).orElseGet(TreeMap::new);
  }

  @Override
  public InputStream openBlob(String digest) {
    return BlobReader.open(client, digest);
  }

  @Override
  public boolean hasLayers(String chainId) {
    StatSnapshotRequest request =
        StatSnapshotRequest.newBuilder()
            .setSnapshotter(client.snapshotter())
            .setKey(chainId)
            .build();
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "look for the layers " + chainId,
            () -> client.quick(SnapshotsGrpc::newBlockingStub).stat(request))
        .filter(found -> found.getInfo().getKind() == Kind.COMMITTED)
        .isPresent();
  }

  @Override
  public OptionalLong layersBytes(List<String> chainIds) {
    long bytes = 0;
    for (String chainId : chainIds) {
      Optional<UsageResponse> usage =
          client.callUnless(
              Status.Code.NOT_FOUND,
              "see how much the layers " + chainId + " take",
              () ->
                  client
                      .quick(SnapshotsGrpc::newBlockingStub)
                      .usage(
                          UsageRequest.newBuilder()
                              .setSnapshotter(client.snapshotter())
                              .setKey(chainId)
                              .build()));
      if (usage.isEmpty()) {
        return OptionalLong.empty();
      }
      bytes += usage.get().getSize();
    }
    return OptionalLong.of(bytes);
  }

  @Override
  public List<Image> images() {
    return client
        .call(
            "list the images",
            () ->
                client
                    .quick(ImagesGrpc::newBlockingStub)
                    .list(ListImagesRequest.getDefaultInstance()))
        .getImagesList()
        .stream()
        .map(
            image ->
                new Image(
                    image.getName(),
                    new Descriptor(
                        image.getTarget().getMediaType(),
                        image.getTarget().getDigest(),
                        image.getTarget().getSize())))
        .sorted(Comparator.comparing(Image::name))
        .toList();
  }

  @Override
  public List<String> imagesLabelled(String key, String value) {
    ListImagesRequest request =
        ListImagesRequest.newBuilder()
            .addFilters("labels.\"" + key + "\"==\"" + value + "\"")
            .build();
    return client
        .call("list images by label", () -> client.quick(ImagesGrpc::newBlockingStub).list(request))
        .getImagesList()
        .stream()
        .map(image -> image.getName())
        .sorted()
        .toList();
  }

  @Override
  public void deleteImage(String name) {
    client.callUnless(
        Status.Code.NOT_FOUND,
        "remove the image " + name,
        () ->
            client
                .within(ContainerdClient.SLOW, ImagesGrpc::newBlockingStub)
                .delete(DeleteImageRequest.newBuilder().setName(name).setSync(true).build()));
  }

  private Optional<Info> info(String digest) {
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "look for the blob " + digest,
            () ->
                client
                    .quick(ContentGrpc::newBlockingStub)
                    .info(InfoRequest.newBuilder().setDigest(digest).build()))
        .map(InfoResponse::getInfo);
  }
}
