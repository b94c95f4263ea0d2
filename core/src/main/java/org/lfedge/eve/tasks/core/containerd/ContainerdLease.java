package org.lfedge.eve.tasks.core.containerd;

import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.containerd.api.content.ContentGrpc;
import org.lfedge.eve.tasks.core.containerd.api.content.Info;
import org.lfedge.eve.tasks.core.containerd.api.content.UpdateRequest;
import org.lfedge.eve.tasks.core.containerd.api.diff.ApplyRequest;
import org.lfedge.eve.tasks.core.containerd.api.diff.DiffGrpc;
import org.lfedge.eve.tasks.core.containerd.api.images.CreateImageRequest;
import org.lfedge.eve.tasks.core.containerd.api.images.ImagesGrpc;
import org.lfedge.eve.tasks.core.containerd.api.images.UpdateImageRequest;
import org.lfedge.eve.tasks.core.containerd.api.leases.AddResourceRequest;
import org.lfedge.eve.tasks.core.containerd.api.leases.CreateRequest;
import org.lfedge.eve.tasks.core.containerd.api.leases.DeleteRequest;
import org.lfedge.eve.tasks.core.containerd.api.leases.Lease;
import org.lfedge.eve.tasks.core.containerd.api.leases.LeasesGrpc;
import org.lfedge.eve.tasks.core.containerd.api.leases.ListRequest;
import org.lfedge.eve.tasks.core.containerd.api.leases.ListResourcesRequest;
import org.lfedge.eve.tasks.core.containerd.api.leases.Resource;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.CommitSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.PrepareSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.RemoveSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.SnapshotsGrpc;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease of containerd. Calls carry its id in a header, by which containerd adds to it whatever
 * they make.
 */
final class ContainerdLease implements ContentStore.Lease {

  private static final Logger LOG = LoggerFactory.getLogger(ContainerdLease.class);

  /** After this time containerd may collect what a program that died has left. */
  private static final Duration EXPIRY = Duration.ofDays(1);

  private static final String PREFIX = "taskmanager-";

  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of("containerd-lease", Metadata.ASCII_STRING_MARSHALLER);

  /** Label of a lease that another may go on with; its value is the key of both. */
  private static final String RESUMABLE = "org.lfedge.eve.tasks.resumable";

  private final ContainerdClient client;
  private final String id;
  private final boolean resumable;

  private ContainerdLease(ContainerdClient client, String id, boolean resumable) {
    this.client = client;
    this.id = id;
    this.resumable = resumable;
  }

  static ContainerdLease start(ContainerdClient client, String purpose) {
    return start(client, purpose, new TreeMap<>());
  }

  private static ContainerdLease start(
      ContainerdClient client, String purpose, SortedMap<String, String> labels) {
    String id = PREFIX + UUID.randomUUID();
    Instant expiry = Instant.now().plus(EXPIRY).truncatedTo(ChronoUnit.SECONDS);
    CreateRequest request =
        CreateRequest.newBuilder()
            .setId(id)
            .putLabels("containerd.io/gc.expire", expiry.toString())
            .putLabels("org.lfedge.eve.tasks.purpose", purpose)
            .putAllLabels(labels)
            .build();
    client.call(
        "take a lease to " + purpose,
        () -> client.quick(LeasesGrpc::newBlockingStub).create(request));
    return new ContainerdLease(client, id, !labels.isEmpty());
  }

  /**
   * A new lease that holds what earlier ones of the same key hold. Not one of those, since the time
   * at which a lease expires cannot be changed.
   */
  static ContainerdLease resume(ContainerdClient client, String key, String purpose) {
    List<Lease> earlier =
        list(client).stream()
            .filter(lease -> key.equals(lease.getLabelsMap().get(RESUMABLE)))
            .toList();
    ContainerdLease lease = start(client, purpose, new TreeMap<>(Map.of(RESUMABLE, key)));
    for (Lease other : earlier) {
      client
          .call(
              "see what an interrupted try has left",
              () ->
                  client
                      .quick(LeasesGrpc::newBlockingStub)
                      .listResources(
                          ListResourcesRequest.newBuilder().setId(other.getId()).build()))
          .getResourcesList()
          .forEach(lease::hold);
      new ContainerdLease(client, other.getId(), true).close();
    }
    return lease;
  }

  private static List<Lease> list(ContainerdClient client) {
    return client
        .call(
            "list the leases",
            () -> client.quick(LeasesGrpc::newBlockingStub).list(ListRequest.getDefaultInstance()))
        .getLeasesList()
        .stream()
        .filter(lease -> lease.getId().startsWith(PREFIX))
        .toList();
  }

  /** Ends the leases of a program that died, so that what it left is collected now. */
  static void endAll(ContainerdClient client) {
    list(client).stream()
        .filter(lease -> !lease.containsLabels(RESUMABLE))
        .forEach(lease -> new ContainerdLease(client, lease.getId(), false).close());
  }

  static void dropUnfinished(ContainerdClient client, SortedSet<String> keysInUse) {
    list(client).stream()
        .filter(lease -> lease.containsLabels(RESUMABLE))
        .filter(lease -> !keysInUse.contains(lease.getLabelsOrThrow(RESUMABLE)))
        .forEach(lease -> new ContainerdLease(client, lease.getId(), true).close());
  }

  /** A stub whose calls are made under this lease. */
  <S extends AbstractStub<S>> S within(Duration limit, Function<Channel, S> stub) {
    Metadata headers = new Metadata();
    headers.put(HEADER, id);
    return client
        .within(limit, stub)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  @Override
  public void writeBlob(
      ContentStore.Descriptor blob,
      ContentStore.BlobSource source,
      SortedMap<String, String> labels) {
    // A later lease finds an unfinished blob by its ref, so that must not be this lease's alone.
    String ref = (resumable ? PREFIX + "resumable" : id) + "/" + blob.digest();
    boolean written = new BlobWriter(client, this, ref, resumable).write(blob, source, labels);
    if (!written && !labels.isEmpty()) {
      labelBlob(blob.digest(), labels);
    }
  }

  @Override
  public void labelBlob(String digest, SortedMap<String, String> labels) {
    UpdateRequest.Builder request =
        UpdateRequest.newBuilder()
            .setInfo(Info.newBuilder().setDigest(digest).putAllLabels(labels));
    labels.keySet().forEach(key -> request.getUpdateMaskBuilder().addPaths("labels." + key));
    client.call(
        "label the blob " + digest,
        () -> within(ContainerdClient.QUICK, ContentGrpc::newBlockingStub).update(request.build()));
  }

  @Override
  public void keepLayers(String digest, String chainId) {
    labelBlob(
        digest,
        new TreeMap<>(Map.of("containerd.io/gc.ref.snapshot." + client.snapshotter(), chainId)));
  }

  @Override
  public boolean applyLayer(
      Optional<String> parentChainId,
      String chainId,
      ContentStore.Descriptor layer,
      String diffId) {
    if (holdLayers(chainId)) {
      return false;
    }
    String key = "unpack-" + UUID.randomUUID() + "-" + chainId;
    String what = "unpack the layer " + layer.digest();
    PrepareSnapshotRequest prepare =
        PrepareSnapshotRequest.newBuilder()
            .setSnapshotter(client.snapshotter())
            .setKey(key)
            .setParent(parentChainId.orElse(""))
            .build();
    var prepared =
        client.call(
            what,
            () -> within(ContainerdClient.QUICK, SnapshotsGrpc::newBlockingStub).prepare(prepare));
    try {
      ApplyRequest apply =
          ApplyRequest.newBuilder()
              .setDiff(BlobWriter.message(layer))
              .addAllMounts(prepared.getMountsList())
              .build();
      String applied =
          client
              .call(
                  what, () -> within(ContainerdClient.BULK, DiffGrpc::newBlockingStub).apply(apply))
              .getApplied()
              .getDigest();
      if (!applied.equals(diffId)) {
        throw TaskException.failed(
            Problem.user(
                "DIFF_ID_MISMATCH",
                "cannot "
                    + what
                    + ": unpacked it has the digest "
                    + applied
                    + ", and the image's config says "
                    + diffId
                    + "; build the image again: its config does not belong to its layers"));
      }
      commit(key, chainId, what);
      return true;
    } finally {
      // After a commit there is none of that key.
      remove(key);
    }
  }

  private void commit(String key, String chainId, String what) {
    CommitSnapshotRequest request =
        CommitSnapshotRequest.newBuilder()
            .setSnapshotter(client.snapshotter())
            .setName(chainId)
            .setKey(key)
            .build();
    boolean committed =
        client
            .callUnless(
                Status.Code.ALREADY_EXISTS,
                what,
                () ->
                    within(ContainerdClient.QUICK, SnapshotsGrpc::newBlockingStub).commit(request))
            .isPresent();
    if (!committed && !holdLayers(chainId)) {
      throw TaskException.failed(
          Problem.host(
              "LAYER_LOST", "cannot " + what + ": another client removed it meanwhile; try again"));
    }
  }

  private void remove(String key) {
    try {
      client.callUnless(
          Status.Code.NOT_FOUND,
          "remove an unfinished layer",
          () ->
              client
                  .quick(SnapshotsGrpc::newBlockingStub)
                  .remove(
                      RemoveSnapshotRequest.newBuilder()
                          .setSnapshotter(client.snapshotter())
                          .setKey(key)
                          .build()));
    } catch (TaskException e) {
      LOG.warn("{}; it goes when its lease expires", e.getMessage());
    }
  }

  /** Adds layers that are there to this lease. */
  private boolean holdLayers(String chainId) {
    hold(Resource.newBuilder().setId(chainId).setType("snapshots/" + client.snapshotter()).build());
    // Looked for when held, so that they cannot be collected in between.
    return new ContainerdContent(client).hasLayers(chainId);
  }

  private void hold(Resource resource) {
    AddResourceRequest hold =
        AddResourceRequest.newBuilder().setId(id).setResource(resource).build();
    client.call(
        "hold " + resource.getType() + " " + resource.getId(),
        () -> client.quick(LeasesGrpc::newBlockingStub).addResource(hold));
  }

  @Override
  public void putImage(ContentStore.Image image, SortedMap<String, String> labels) {
    org.lfedge.eve.tasks.core.containerd.api.images.Image message =
        org.lfedge.eve.tasks.core.containerd.api.images.Image.newBuilder()
            .setName(image.name())
            .setTarget(BlobWriter.message(image.target()))
            .putAllLabels(labels)
            .build();
    String what = "name the image " + image.name();
    boolean created =
        client
            .callUnless(
                Status.Code.ALREADY_EXISTS,
                what,
                () ->
                    within(ContainerdClient.QUICK, ImagesGrpc::newBlockingStub)
                        .create(CreateImageRequest.newBuilder().setImage(message).build()))
            .isPresent();
    if (!created) {
      client.call(
          what,
          () ->
              within(ContainerdClient.QUICK, ImagesGrpc::newBlockingStub)
                  .update(UpdateImageRequest.newBuilder().setImage(message).build()));
    }
  }

  @Override
  public void close() {
    try {
      client.callUnless(
          Status.Code.NOT_FOUND,
          "end a lease",
          () ->
              client
                  .within(ContainerdClient.SLOW, LeasesGrpc::newBlockingStub)
                  .delete(DeleteRequest.newBuilder().setId(id).setSync(true).build()));
    } catch (TaskException e) {
      LOG.warn("{}; it expires within a day", e.getMessage());
    }
  }
}
