package org.lfedge.eve.tasks.core.containerd;

import io.grpc.Status;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
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
import org.lfedge.eve.tasks.core.port.ContentStore;

/** Blobs, image names and unpacked layers in containerd. */
public final class ContainerdContent implements ContentStore {

  private final ContainerdClient client;

  /** Works in the client's namespace. */
  public ContainerdContent(ContainerdClient client) {
    this.client = client;
  }

  @Override
  public Lease lease(String purpose) {
    return ContainerdLease.start(client, purpose);
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
