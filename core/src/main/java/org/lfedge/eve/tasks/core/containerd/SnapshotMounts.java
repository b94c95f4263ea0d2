package org.lfedge.eve.tasks.core.containerd;

import io.grpc.Status;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.MountsRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.PrepareSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.RemoveSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.SnapshotsGrpc;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.ViewSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.types.Mount;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ImageMounts;

/**
 * Snapshots over the layers of images, kept from containerd's collector by a label until they are
 * removed here; another label tells them from the roots of containers.
 */
public final class SnapshotMounts implements ImageMounts {

  private static final String VOLUME = "volume";

  private final ContainerdClient client;

  /** Keeps snapshots in the client's namespace. */
  public SnapshotMounts(ContainerdClient client) {
    this.client = client;
  }

  @Override
  public ImageMount prepare(String key, String chainId, boolean readOnly) {
    try {
      List<Mount> mounts =
          (readOnly ? view(key, chainId) : active(key, chainId)).orElseGet(() -> mounts(key));
      if (mounts.size() != 1) {
        throw TaskException.failed(
            Problem.internal(
                "UNEXPECTED_SNAPSHOT",
                "the snapshot " + key + " has " + mounts.size() + " mounts"));
      }
      Mount mount = mounts.get(0);
      return new ImageMount(mount.getType(), mount.getSource(), mount.getOptionsList());
    } catch (TaskException e) {
      throw e.outcome() == TaskException.Outcome.NOT_FOUND ? layersNotFound(key, chainId) : e;
    }
  }

  private Optional<List<Mount>> active(String key, String chainId) {
    PrepareSnapshotRequest request =
        PrepareSnapshotRequest.newBuilder()
            .setSnapshotter(client.snapshotter())
            .setKey(key)
            .setParent(chainId)
            .putLabels(RootSnapshots.OURS, VOLUME)
            .putLabels(RootSnapshots.KEEP, now())
            .build();
    return client
        .callUnless(
            Status.Code.ALREADY_EXISTS,
            "make the writable layer of " + key,
            () -> client.quick(SnapshotsGrpc::newBlockingStub).prepare(request))
        .map(answer -> answer.getMountsList());
  }

  private Optional<List<Mount>> view(String key, String chainId) {
    ViewSnapshotRequest request =
        ViewSnapshotRequest.newBuilder()
            .setSnapshotter(client.snapshotter())
            .setKey(key)
            .setParent(chainId)
            .putLabels(RootSnapshots.OURS, VOLUME)
            .putLabels(RootSnapshots.KEEP, now())
            .build();
    return client
        .callUnless(
            Status.Code.ALREADY_EXISTS,
            "make a view of the layers for " + key,
            () -> client.quick(SnapshotsGrpc::newBlockingStub).view(request))
        .map(answer -> answer.getMountsList());
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private List<Mount> mounts(String key) {
    MountsRequest request =
        MountsRequest.newBuilder().setSnapshotter(client.snapshotter()).setKey(key).build();
    return client
        .call(
            "find the snapshot " + key,
            () -> client.quick(SnapshotsGrpc::newBlockingStub).mounts(request))
        .getMountsList();
  }

  private static TaskException layersNotFound(String key, String chainId) {
    return TaskException.notFound(
        Problem.user(
            "LAYERS_NOT_FOUND",
            "cannot make "
                + key
                + ": the layers "
                + chainId
                + " are not unpacked; pull the image again"));
  }

  @Override
  public void remove(String key) {
    RemoveSnapshotRequest request =
        RemoveSnapshotRequest.newBuilder().setSnapshotter(client.snapshotter()).setKey(key).build();
    client.callUnless(
        Status.Code.NOT_FOUND,
        "remove the snapshot " + key,
        () -> client.quick(SnapshotsGrpc::newBlockingStub).remove(request));
  }
}
