package org.lfedge.eve.tasks.core.containerd;

import com.google.protobuf.Empty;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.lfedge.eve.tasks.core.containerd.api.introspection.IntrospectionGrpc;
import org.lfedge.eve.tasks.core.containerd.api.introspection.Plugin;
import org.lfedge.eve.tasks.core.containerd.api.introspection.PluginsRequest;
import org.lfedge.eve.tasks.core.containerd.api.namespaces.CreateNamespaceRequest;
import org.lfedge.eve.tasks.core.containerd.api.namespaces.Namespace;
import org.lfedge.eve.tasks.core.containerd.api.namespaces.NamespacesGrpc;
import org.lfedge.eve.tasks.core.containerd.api.version.VersionGrpc;

/**
 * A connection to one containerd, in one of its namespaces. Every call has a deadline, and its
 * failures leave this package as {@link org.lfedge.eve.tasks.core.error.TaskException}. When
 * containerd is restarted, the next call connects again.
 */
public final class ContainerdClient implements AutoCloseable {

  /** For calls that touch containerd's database alone. */
  static final Duration QUICK = Duration.ofSeconds(15);

  /** For calls that start or end processes, or that collect garbage, on a slow or loaded node. */
  static final Duration SLOW = Duration.ofMinutes(2);

  /** For calls that read or write the whole of a large layer. */
  static final Duration BULK = Duration.ofHours(1);

  /** containerd reads blobs in pieces of 1 MiB; gRPC's limit of 4 MiB is too near to long lists. */
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private static final Metadata.Key<String> NAMESPACE_HEADER =
      Metadata.Key.of("containerd-namespace", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * gRPC sets a TCP option on every socket, and Netty warns each time that a unix socket does not
   * have it. Held here because the logging package would forget an unused logger's level.
   */
  private static final Logger NETTY_BOOTSTRAP = Logger.getLogger("io.netty.bootstrap");

  static {
    NETTY_BOOTSTRAP.setLevel(Level.SEVERE);
  }

  private final Path socket;
  private final String namespace;
  private final EventLoopGroup eventLoop;
  private final ExecutorService callbacks;
  private final ManagedChannel connection;
  private final Channel channel;
  private final String version;
  private final String snapshotter;

  private ContainerdClient(Path socket, String namespace) {
    this.socket = socket;
    this.namespace = namespace;
    eventLoop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("containerd-io", true), NioIoHandler.newFactory());
    callbacks = oneThreadWhileNeeded();
    connection =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .eventLoopGroup(eventLoop)
            // Pools of direct memory cost some 7 MiB and gain nothing on a local socket.
            .withOption(ChannelOption.ALLOCATOR, new UnpooledByteBufAllocator(false, true))
            .executor(callbacks)
            .offloadExecutor(callbacks)
            .overrideAuthority("localhost")
            // Never given up for being idle: its end tells at once that containerd ended.
            .idleTimeout(Long.MAX_VALUE, TimeUnit.DAYS)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .usePlaintext()
            .build();
    Metadata headers = new Metadata();
    headers.put(NAMESPACE_HEADER, namespace);
    channel =
        ClientInterceptors.intercept(
            connection,
            new ImmediateReconnect(connection),
            new Independence(),
            MetadataUtils.newAttachHeadersInterceptor(headers));
    try {
      version =
          call(
                  "ask containerd for its version",
                  () -> quick(VersionGrpc::newBlockingStub).version(Empty.getDefaultInstance()))
              .getVersion();
      ensureNamespace(namespace);
      snapshotter = chooseSnapshotter();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Connects, makes the namespace if it is missing, and finds out what this containerd offers.
   *
   * @param socket of containerd's gRPC API
   * @param namespace that keeps our containers and images apart from those of others
   * @throws org.lfedge.eve.tasks.core.error.TaskException CONTAINERD_UNAVAILABLE if nothing answers
   */
  public static ContainerdClient connect(Path socket, String namespace) {
    return new ContainerdClient(socket, namespace);
  }

  /** containerd's version, such as {@code 1.6.20}, as it says itself. */
  public String version() {
    return version;
  }

  /** What makes writable layers: {@code overlayfs}, or {@code native} where that does not work. */
  public String snapshotter() {
    return snapshotter;
  }

  /**
   * Has an action run when the connection breaks, and each time that making a new one fails.
   *
   * @param action runs on a thread of the connection; must be short
   */
  void onBroken(Runnable action) {
    watch(connection.getState(true), action);
  }

  private void watch(ConnectivityState seen, Runnable action) {
    connection.notifyWhenStateChanged(
        seen,
        () -> {
          ConnectivityState now = connection.getState(false);
          if (now == ConnectivityState.IDLE || now == ConnectivityState.TRANSIENT_FAILURE) {
            action.run();
          }
          if (now != ConnectivityState.SHUTDOWN) {
            watch(now, action);
          }
        });
  }

  /** Connects now, without waiting for a call or for the end of a pause between tries. */
  void reconnect() {
    if (connection.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      connection.enterIdle();
    }
    ConnectivityState unused = connection.getState(true);
  }

  /** Ends the connection. Tasks go on; waits for their ends complete exceptionally. */
  @Override
  public void close() {
    connection.shutdownNow();
    try {
      connection.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    callbacks.shutdown();
  }

  Channel channel() {
    return channel;
  }

  /** Where containerd serves its API. */
  public Path socket() {
    return socket;
  }

  /** Where answers to asynchronous calls are worked on; nothing there may wait. */
  Executor callbacks() {
    return callbacks;
  }

  String namespace() {
    return namespace;
  }

  /** A stub with the deadline of a quick call. */
  <S extends AbstractStub<S>> S quick(Function<Channel, S> stub) {
    return within(QUICK, stub);
  }

  /** A stub whose calls end by a deadline that starts now. */
  <S extends AbstractStub<S>> S within(Duration limit, Function<Channel, S> stub) {
    return stub.apply(channel).withDeadlineAfter(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Makes a call and translates its failure.
   *
   * @param what completes the sentence "cannot ..."
   */
  <T> T call(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      throw ContainerdFailure.of(socket, what, e);
    }
  }

  /** As {@link #call}, but a failure with the expected code gives nothing. */
  <T> Optional<T> callUnless(Status.Code expected, String what, Supplier<T> call) {
    try {
      return Optional.of(call.get());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == expected) {
        return Optional.empty();
      }
      throw ContainerdFailure.of(socket, what, e);
    }
  }

  private void ensureNamespace(String namespace) {
    callUnless(
        Status.Code.ALREADY_EXISTS,
        "make containerd's namespace " + namespace,
        () ->
            quick(NamespacesGrpc::newBlockingStub)
                .create(
                    CreateNamespaceRequest.newBuilder()
                        .setNamespace(Namespace.newBuilder().setName(namespace))
                        .build()));
  }

  private String chooseSnapshotter() {
    PluginsRequest request =
        PluginsRequest.newBuilder().addFilters("type==io.containerd.snapshotter.v1").build();
    boolean overlayfs =
        call(
                "ask containerd for its snapshotters",
                () -> quick(IntrospectionGrpc::newBlockingStub).plugins(request))
            .getPluginsList()
            .stream()
            .anyMatch(ContainerdClient::isWorkingOverlayfs);
    return overlayfs ? "overlayfs" : "native";
  }

  private static boolean isWorkingOverlayfs(Plugin plugin) {
    return plugin.getId().equals("overlayfs") && !plugin.hasInitErr();
  }

  /** Answers to asynchronous calls are rare and short: one thread, and none while idle. */
  private static ExecutorService oneThreadWhileNeeded() {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new DefaultThreadFactory("containerd-callback", true));
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /**
   * gRPC cancels the calls that are made on behalf of a call of its server when that one ends. What
   * a client of ours has asked for is done all the same when it leaves; above all, what cleans up
   * after it.
   */
  private record Independence() implements ClientInterceptor {
    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      Context caller = Context.ROOT.attach();
      try {
        return next.newCall(method, options);
      } finally {
        Context.ROOT.detach(caller);
      }
    }
  }

  /**
   * gRPC waits longer and longer between tries to connect, up to two minutes, which suits a network
   * but not a local daemon that was just restarted: a call after a failure starts afresh.
   */
  private record ImmediateReconnect(ManagedChannel connection) implements ClientInterceptor {
    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      if (connection.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
        connection.enterIdle();
      }
      return next.newCall(method, options);
    }
  }
}
