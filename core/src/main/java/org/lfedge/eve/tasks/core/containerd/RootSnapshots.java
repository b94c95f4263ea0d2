package org.lfedge.eve.tasks.core.containerd;

import io.grpc.Status;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.Info;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.ListSnapshotsRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.MountsRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.PrepareSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.PrepareSnapshotResponse;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.RemoveSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.SnapshotsGrpc;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.StatSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.types.Mount;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.RootFilesystem;

/**
 * The root file systems of containers. A writable layer is an active snapshot whose key is the
 * container's id, kept from containerd's collector by a label until it is removed here.
 */
final class RootSnapshots {

  static final String OURS = "org.lfedge.eve.tasks.root";
  static final String KEEP = "containerd.io/gc.root";
  private static final String OVERLAYFS = "overlayfs";

  private final ContainerdClient client;

  /**
   * What containerd answered when it made a snapshot, by id, until a task takes it: a start from
   * the beginning does not have to ask again.
   */
  private final Map<String, List<Mount>> fresh = new ConcurrentHashMap<>();

  RootSnapshots(ContainerdClient client) {
    this.client = client;
  }

  /** The key of a container's snapshot, if its root has one. */
  static Optional<String> key(String id, RootFilesystem root) {
    return parent(root).map(parent -> id);
  }

  /** The snapshot below the writable layer: empty text for none, no value for no such layer. */
  private static Optional<String> parent(RootFilesystem root) {
    if (root instanceof RootFilesystem.Limited limited) {
      return parent(limited.below());
    }
    if (root instanceof RootFilesystem.Layers layers) {
      return Optional.of(layers.chainId());
    }
    return root instanceof RootFilesystem.LayeredDirectory ? Optional.of("") : Optional.empty();
  }

  void prepare(String id, RootFilesystem root) {
    parent(root).ifPresent(parent -> prepare(id, root, parent));
  }

  private void prepare(String id, RootFilesystem root, String parent) {
    if (!(root instanceof RootFilesystem.Layers) && !client.snapshotter().equals(OVERLAYFS)) {
      throw TaskException.failed(
          Problem.host(
              "OVERLAYFS_MISSING",
              "cannot put a writable layer over a directory, or limit one, for "
                  + id
                  + ": containerd's overlayfs snapshotter does not work on this node; use the"
                  + " directory itself as a writable root, or give no limit"));
    }
    PrepareSnapshotRequest request =
        PrepareSnapshotRequest.newBuilder()
            .setSnapshotter(client.snapshotter())
            .setKey(id)
            .setParent(parent)
            .putLabels(OURS, "container")
            .putLabels(KEEP, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
            .build();
    Optional<PrepareSnapshotResponse> made;
    try {
      made =
          client.callUnless(
              Status.Code.ALREADY_EXISTS,
              "make the writable layer of " + id,
              () -> client.quick(SnapshotsGrpc::newBlockingStub).prepare(request));
    } catch (TaskException e) {
      throw e.outcome() == TaskException.Outcome.NOT_FOUND ? layersNotFound(id, parent) : e;
    }
    made.ifPresent(answer -> fresh.put(id, answer.getMountsList()));
    if (made.isEmpty() && !find(id).map(Info::getParent).equals(Optional.of(parent))) {
      throw TaskException.refused(
          Problem.user(
              "ROOT_DIFFERS", id + " has a writable layer over another root; remove that first"));
    }
  }

  private static TaskException layersNotFound(String id, String parent) {
    return TaskException.notFound(
        Problem.user(
            "LAYERS_NOT_FOUND",
            "cannot make the writable layer of "
                + id
                + ": the layers "
                + parent
                + " are not unpacked; unpack the image again"));
  }

  /** What containerd mounts as the root, in order. */
  List<Mount> mounts(String id, RootFilesystem root) {
    if (root instanceof RootFilesystem.Layers) {
      return snapshotMounts(id);
    }
    if (root instanceof RootFilesystem.LayeredDirectory directory) {
      return List.of(overlay(id, directory.path()));
    }
    if (root instanceof RootFilesystem.Limited limited) {
      return mounts(id, limited.below()).stream()
          .map(mount -> elsewhere(mount, limited.writable()))
          .toList();
    }
    if (root instanceof RootFilesystem.Directory directory) {
      return List.of(bind(directory.path(), "rw"));
    }
    if (root instanceof RootFilesystem.Host) {
      return List.of(bind("/"));
    }
    throw new IllegalArgumentException("unknown kind of root: " + root);
  }

  /**
   * Mounts below the directory come with it, and what the node mounts or unmounts there later too;
   * nothing goes the other way, or taking the task's root apart would unmount them on the node.
   */
  private static Mount bind(String source, String... options) {
    return Mount.newBuilder()
        .setType("bind")
        .setSource(source)
        .addAllOptions(List.of(options))
        .addOptions("rbind")
        .addOptions("rslave")
        .build();
  }

  /**
   * An overlay in the snapshot's own directories. For a snapshot without a parent the snapshotter
   * gives a bind of its {@code fs} directory; {@code work} lies beside it.
   */
  private Mount overlay(String id, String lower) {
    Path upper = Path.of(snapshotMounts(id).get(0).getSource());
    if (!upper.endsWith("fs")) {
      throw TaskException.failed(
          Problem.internal(
              "UNEXPECTED_SNAPSHOT", "the writable layer of " + id + " lies at " + upper));
    }
    return Mount.newBuilder()
        .setType("overlay")
        .setSource("overlay")
        .addOptions("lowerdir=" + overlayOption(lower))
        .addOptions("upperdir=" + overlayOption(upper.toString()))
        .addOptions("workdir=" + overlayOption(upper.resolveSibling("work").toString()))
        .build();
  }

  /** The same overlay, with what is written to it in another place. */
  private static Mount elsewhere(Mount mount, String writable) {
    List<String> options = new ArrayList<>();
    for (String option : mount.getOptionsList()) {
      if (option.startsWith("upperdir=")) {
        options.add("upperdir=" + overlayOption(writable + "/fs"));
      } else if (option.startsWith("workdir=")) {
        options.add("workdir=" + overlayOption(writable + "/work"));
      } else {
        options.add(option);
      }
    }
    return mount.toBuilder().clearOptions().addAllOptions(options).build();
  }

  /** The kernel splits at these characters unless a backslash precedes them. */
  private static String overlayOption(String path) {
    return path.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:");
  }

  private List<Mount> snapshotMounts(String id) {
    List<Mount> known = fresh.remove(id);
    return known == null ? requestMounts(id) : known;
  }

  private List<Mount> requestMounts(String id) {
    MountsRequest request =
        MountsRequest.newBuilder().setSnapshotter(client.snapshotter()).setKey(id).build();
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "find the writable layer of " + id,
            () -> client.quick(SnapshotsGrpc::newBlockingStub).mounts(request))
        .orElseThrow(
            () ->
                TaskException.refused(
                    Problem.internal(
                        "ROOT_NOT_PREPARED", "the writable layer of " + id + " is not there")))
        .getMountsList();
  }

  boolean exists(String id) {
    return fresh.containsKey(id) || find(id).isPresent();
  }

  private Optional<Info> find(String id) {
    StatSnapshotRequest request =
        StatSnapshotRequest.newBuilder().setSnapshotter(client.snapshotter()).setKey(id).build();
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "find the writable layer of " + id,
            () -> client.quick(SnapshotsGrpc::newBlockingStub).stat(request))
        .map(response -> response.getInfo());
  }

  void remove(String id) {
    fresh.remove(id);
    RemoveSnapshotRequest request =
        RemoveSnapshotRequest.newBuilder().setSnapshotter(client.snapshotter()).setKey(id).build();
    client.callUnless(
        Status.Code.NOT_FOUND,
        "remove the writable layer of " + id,
        () -> client.quick(SnapshotsGrpc::newBlockingStub).remove(request));
  }

  /** The ids of all containers that have a writable layer. */
  List<String> list() {
    ListSnapshotsRequest request =
        ListSnapshotsRequest.newBuilder()
            .setSnapshotter(client.snapshotter())
            .addFilters("labels.\"" + OURS + "\"==container")
            .build();
    return client.call(
        "list the writable layers",
        () -> {
          List<String> ids = new ArrayList<>();
          client
              .quick(SnapshotsGrpc::newBlockingStub)
              .list(request)
              .forEachRemaining(
                  page -> page.getInfoList().forEach(snapshot -> ids.add(snapshot.getName())));
          return ids.stream().sorted().toList();
        });
  }
}
