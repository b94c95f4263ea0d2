package org.lfedge.eve.tasks.core.containerd;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.containerd.api.containers.Container;
import org.lfedge.eve.tasks.core.containerd.api.containers.ContainersGrpc;
import org.lfedge.eve.tasks.core.containerd.api.containers.CreateContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.DeleteContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.GetContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.GetContainerResponse;
import org.lfedge.eve.tasks.core.containerd.api.containers.ListContainersRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.Runtime;
import org.lfedge.eve.tasks.core.containerd.api.containers.UpdateContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.runc.Options;

/** What containerd has on record of containers: their specs and labels, whether they run or not. */
final class ContainerRecords {

  private static final String SHIM = "io.containerd.runc.v2";
  private static final String OPTIONS_TYPE = "containerd.runc.v1.Options";
  private static final String SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

  private final ContainerdClient client;

  /** Of containers that were put on record or looked at: a record has 12 KiB of spec. */
  private final Map<String, ContainerTraits> traits = new ConcurrentHashMap<>();

  ContainerRecords(ContainerdClient client) {
    this.client = client;
  }

  /**
   * A record, not made yet.
   *
   * @param snapshotKey of its writable layer; empty for none
   */
  Container describe(
      String id, String specJson, SortedMap<String, String> labels, String snapshotKey) {
    return Container.newBuilder()
        .setId(id)
        .putAllLabels(labels)
        .setRuntime(Runtime.newBuilder().setName(SHIM).setOptions(runcOptions()))
        .setSpec(spec(specJson))
        // Set even without a key: containerd lets nobody change it later.
        .setSnapshotter(client.snapshotter())
        .setSnapshotKey(snapshotKey)
        .build();
  }

  /**
   * Lets runc keep its state beside containerd's socket. For the node's own containerd that is
   * where it would be anyway; a private one that used that place as well could not run a task of
   * the same name, and would leave something there when all its processes were killed.
   */
  private Any runcOptions() {
    Options options =
        Options.newBuilder().setRoot(client.socket().resolveSibling("runc").toString()).build();
    return Any.newBuilder().setTypeUrl(OPTIONS_TYPE).setValue(options.toByteString()).build();
  }

  /** A spec as containerd keeps it. */
  static Any spec(String json) {
    return Any.newBuilder().setTypeUrl(SPEC_TYPE).setValue(ByteString.copyFromUtf8(json)).build();
  }

  /** Makes a record; false if there is one with this id. */
  boolean create(Container container) {
    CreateContainerRequest request =
        CreateContainerRequest.newBuilder().setContainer(container).build();
    boolean made =
        client
            .callUnless(
                Status.Code.ALREADY_EXISTS,
                "record the container " + container.getId(),
                () -> client.quick(ContainersGrpc::newBlockingStub).create(request))
            .isPresent();
    if (made) {
      traits.put(container.getId(), ContainerTraits.of(container));
    }
    return made;
  }

  void replace(Container container) {
    UpdateContainerRequest request =
        UpdateContainerRequest.newBuilder().setContainer(container).build();
    client.call(
        "record the container " + container.getId(),
        () -> client.quick(ContainersGrpc::newBlockingStub).update(request));
    traits.put(container.getId(), ContainerTraits.of(container));
  }

  /** The traits of a container, as far as it is on record. */
  Optional<ContainerTraits> traits(String id) {
    return Optional.ofNullable(traits.get(id)).or(() -> find(id).map(found -> know(id, found)));
  }

  /** As {@link #traits}, without a thread that waits. */
  CompletableFuture<Optional<ContainerTraits>> traitsLater(String id) {
    ContainerTraits known = traits.get(id);
    return known != null
        ? CompletableFuture.completedFuture(Optional.of(known))
        : findLater(id).thenApply(found -> found.map(container -> know(id, container)));
  }

  private ContainerTraits know(String id, Container container) {
    return traits.computeIfAbsent(id, unknown -> ContainerTraits.of(container));
  }

  Optional<Container> find(String id) {
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "look at the container " + id,
            () ->
                client
                    .quick(ContainersGrpc::newBlockingStub)
                    .get(GetContainerRequest.newBuilder().setId(id).build()))
        .map(GetContainerResponse::getContainer);
  }

  private CompletableFuture<Optional<Container>> findLater(String id) {
    AsyncCall<GetContainerResponse> get =
        new AsyncCall<>(client.socket(), "look at the container " + id);
    client
        .quick(ContainersGrpc::newStub)
        .get(GetContainerRequest.newBuilder().setId(id).build(), get);
    return get.answer().thenApply(answer -> answer.map(GetContainerResponse::getContainer));
  }

  /** Removes a record, if it is there. */
  void delete(String id) {
    traits.remove(id);
    client.callUnless(
        Status.Code.NOT_FOUND,
        "delete the container " + id,
        () ->
            client
                .quick(ContainersGrpc::newBlockingStub)
                .delete(DeleteContainerRequest.newBuilder().setId(id).build()));
  }

  /**
   * The ids of all of them but some, sorted. containerd sends no record without its spec, some 10
   * KiB: of a thousand known tasks it is not to send any.
   */
  List<String> idsBesides(SortedSet<String> known) {
    ListContainersRequest.Builder request = ListContainersRequest.newBuilder();
    if (!known.isEmpty()) {
      request.addFilters(
          known.stream().map(id -> "id!=\"" + id + "\"").collect(Collectors.joining(",")));
    }
    return client
        .call(
            "list the containers",
            () -> client.quick(ContainersGrpc::newBlockingStub).list(request.build()))
        .getContainersList()
        .stream()
        .map(Container::getId)
        .sorted()
        .toList();
  }
}
