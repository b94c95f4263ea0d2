package org.lfedge.eve.tasks.dist.cli;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.ApiProblems;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc.TaskmanagerBlockingStub;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc.TaskmanagerStub;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** A connection to the daemon. Failures come out as the daemon's own {@link TaskException}. */
final class Connection implements AutoCloseable {

  /** The code of the problem that no daemon answers. */
  static final String NOT_THERE = "DAEMON_NOT_THERE";

  /** The longest path that the kernel takes for a socket; see unix(7). */
  private static final int MAX_SOCKET_PATH_BYTES = 107;

  /** Listings and specs of a node full of tasks: some KiB each. */
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private final Path socket;
  private final EventLoopGroup eventLoop;
  private final ManagedChannel channel;

  private Connection(Path socket, EventLoopGroup eventLoop, ManagedChannel channel) {
    this.socket = socket;
    this.eventLoop = eventLoop;
    this.channel = channel;
  }

  static Connection to(Path socket) {
    if (socket.toString().getBytes(StandardCharsets.UTF_8).length > MAX_SOCKET_PATH_BYTES) {
      throw TaskException.failed(
          Problem.user(
              "SOCKET_PATH_TOO_LONG",
              "the path of a socket can have "
                  + MAX_SOCKET_PATH_BYTES
                  + " bytes and this one has more: "
                  + socket));
    }
    EventLoopGroup eventLoop =
        new MultiThreadIoEventLoopGroup(
            1,
            work -> {
              Thread thread = new Thread(work, "connection");
              thread.setDaemon(true);
              return thread;
            },
            NioIoHandler.newFactory());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(eventLoop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .maxInboundMetadataSize(ApiProblems.MAX_TRAILER_BYTES)
            .directExecutor()
            .build();
    return new Connection(socket, eventLoop, channel);
  }

  /**
   * Calls the daemon and waits for its answer.
   *
   * @throws TaskException if it refuses, fails, or is not there
   */
  <T> T call(Function<TaskmanagerBlockingStub, T> method) {
    try {
      return method.apply(TaskmanagerGrpc.newBlockingStub(channel));
    } catch (StatusRuntimeException e) {
      throw explain(e);
    }
  }

  /**
   * Takes what a streaming call sends, one message after the other.
   *
   * @throws TaskException if it fails
   */
  <T> void drain(Iterator<T> messages, Consumer<T> consumer) {
    try {
      messages.forEachRemaining(consumer);
    } catch (StatusRuntimeException e) {
      throw explain(e);
    }
  }

  /** Opens a call in which both sides send. */
  <Q, A> Duplex<Q, A> duplex(BiConsumer<TaskmanagerStub, StreamObserver<A>> method) {
    Duplex<Q, A> call =
        new Duplex<>(
            failure ->
                explain(Status.fromThrowable(failure).asRuntimeException(trailers(failure))));
    method.accept(TaskmanagerGrpc.newStub(channel), call);
    return call;
  }

  private static @Nullable Metadata trailers(Throwable failure) {
    return Status.trailersFromThrowable(failure);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
  }

  private TaskException explain(StatusRuntimeException failure) {
    return ApiProblems.fromStatus(failure)
        .orElseGet(() -> TaskException.failed(transport(failure.getStatus()), failure));
  }

  private Problem transport(Status status) {
    if (status.getCode() == Status.Code.UNAVAILABLE) {
      return Problem.host(
          NOT_THERE,
          "taskd does not answer at "
              + socket
              + ": start it with 'systemctl start taskd' or 'taskd --config FILE', or name its"
              + " socket with --socket");
    }
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      return Problem.host(
          "DAEMON_TOO_OLD", "the taskd at " + socket + " does not know this command; update it");
    }
    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
      return Problem.user("TOO_LARGE", "taskd does not take that much: " + status.getDescription());
    }
    return Problem.internal("CALL_FAILED", "the call to taskd failed: " + status);
  }
}
