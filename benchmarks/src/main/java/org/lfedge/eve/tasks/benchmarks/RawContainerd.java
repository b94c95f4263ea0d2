package org.lfedge.eve.tasks.benchmarks;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.containerd.api.containers.Container;
import org.lfedge.eve.tasks.core.containerd.api.containers.ContainersGrpc;
import org.lfedge.eve.tasks.core.containerd.api.containers.CreateContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.DeleteContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.Runtime;
import org.lfedge.eve.tasks.core.containerd.api.runc.Options;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.Info;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.Kind;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.ListSnapshotsRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.PrepareSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.RemoveSnapshotRequest;
import org.lfedge.eve.tasks.core.containerd.api.snapshots.SnapshotsGrpc;
import org.lfedge.eve.tasks.core.containerd.api.tasks.CreateTaskRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.DeleteTaskRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.KillRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.StartRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.TasksGrpc;
import org.lfedge.eve.tasks.core.containerd.api.tasks.WaitRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.WaitResponse;
import org.lfedge.eve.tasks.core.containerd.api.types.Mount;

/**
 * The calls to containerd that start and end a task, and nothing else: no record, no check, no
 * network namespace that stays, no cleaning up. What containerd itself costs.
 */
final class RawContainerd implements AutoCloseable {

  private static final int SIGKILL = 9;
  private static final String SNAPSHOTTER = "overlayfs";
  private static final long DEADLINE_SECONDS = 60;

  private final Path socket;
  private final EventLoopGroup eventLoop;
  private final ManagedChannel connection;
  private final Channel channel;
  private final ConcurrentHashMap<String, ListenableFuture<WaitResponse>> ends =
      new ConcurrentHashMap<>();

  RawContainerd(Path socket, String namespace) {
    this.socket = socket;
    eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    connection =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(eventLoop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .build();
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("containerd-namespace", Metadata.ASCII_STRING_MARSHALLER), namespace);
    channel =
        ClientInterceptors.intercept(
            connection, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** The uppermost layer of the only image in the namespace. */
  String topLayer() {
    List<Info> layers = new ArrayList<>();
    SnapshotsGrpc.newBlockingStub(channel)
        .list(ListSnapshotsRequest.newBuilder().setSnapshotter(SNAPSHOTTER).build())
        .forEachRemaining(page -> layers.addAll(page.getInfoList()));
    return layers.stream()
        .filter(layer -> layer.getKind() == Kind.COMMITTED)
        .map(Info::getName)
        .filter(name -> layers.stream().noneMatch(other -> other.getParent().equals(name)))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Starts a task.
   *
   * @param layer what its root begins with
   * @param output a file for each of its streams
   */
  void start(String id, String layer, String spec, Path output) {
    List<Mount> root =
        SnapshotsGrpc.newBlockingStub(channel)
            .prepare(
                PrepareSnapshotRequest.newBuilder()
                    .setSnapshotter(SNAPSHOTTER)
                    .setKey(id)
                    .setParent(layer)
                    .putLabels(
                        "containerd.io/gc.root",
                        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                    .build())
            .getMountsList();
    ContainersGrpc.newBlockingStub(channel)
        .create(CreateContainerRequest.newBuilder().setContainer(container(id, spec)).build());
    TasksGrpc.TasksBlockingStub tasks = TasksGrpc.newBlockingStub(channel);
    tasks.create(
        CreateTaskRequest.newBuilder()
            .setContainerId(id)
            .addAllRootfs(root)
            .setStdout(output.toString())
            .setStderr(output.toString())
            .build());
    ends.put(
        id,
        TasksGrpc.newFutureStub(channel).wait(WaitRequest.newBuilder().setContainerId(id).build()));
    tasks.start(StartRequest.newBuilder().setContainerId(id).build());
  }

  private Container container(String id, String spec) {
    Options options =
        Options.newBuilder().setRoot(socket.resolveSibling("runc").toString()).build();
    return Container.newBuilder()
        .setId(id)
        .setRuntime(
            Runtime.newBuilder()
                .setName("io.containerd.runc.v2")
                .setOptions(any("containerd.runc.v1.Options", options.toByteString())))
        .setSpec(
            any(
                "types.containerd.io/opencontainers/runtime-spec/1/Spec",
                ByteString.copyFromUtf8(spec)))
        .setSnapshotter(SNAPSHOTTER)
        .setSnapshotKey(id)
        .build();
  }

  private static Any any(String type, ByteString value) {
    return Any.newBuilder().setTypeUrl(type).setValue(value).build();
  }

  /** Ends a task and removes what was made for it. */
  void remove(String id) throws Exception {
    TasksGrpc.TasksBlockingStub tasks = TasksGrpc.newBlockingStub(channel);
    tasks.kill(KillRequest.newBuilder().setContainerId(id).setSignal(SIGKILL).setAll(true).build());
    ListenableFuture<WaitResponse> end = ends.remove(id);
    if (end == null) {
      throw new IllegalStateException(id + " was not started here");
    }
    end.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    tasks.delete(DeleteTaskRequest.newBuilder().setContainerId(id).build());
    ContainersGrpc.newBlockingStub(channel)
        .delete(DeleteContainerRequest.newBuilder().setId(id).build());
    SnapshotsGrpc.newBlockingStub(channel)
        .remove(RemoveSnapshotRequest.newBuilder().setSnapshotter(SNAPSHOTTER).setKey(id).build());
  }

  @Override
  public void close() {
    connection.shutdownNow();
    eventLoop
        .shutdownGracefully(0, 1, TimeUnit.SECONDS)
        .awaitUninterruptibly(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }
}
