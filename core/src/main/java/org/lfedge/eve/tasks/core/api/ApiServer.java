package org.lfedge.eve.tasks.core.api;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Serves the API on a unix domain socket that its owner alone can open. Health checks and
 * reflection (v1) are served beside it.
 */
public final class ApiServer implements AutoCloseable {

  /** The longest path that the kernel takes for a socket; see unix(7). */
  private static final int MAX_SOCKET_PATH_BYTES = 107;

  /** Documents have at most 1 MiB; the rest of a request is small. */
  private static final int MAX_MESSAGE_BYTES = 2 << 20;

  private static final int MAX_CALLS_PER_CONNECTION = 64;
  private static final int HANDLER_THREADS = 4;
  private static final long GRACE_SECONDS = 2;

  private final Path socket;
  private final Object fileKey;
  private final Server server;
  private final EventLoopGroup eventLoop;
  private final ThreadPoolExecutor handlers;
  private final HealthStatusManager health;

  private ApiServer(
      Path socket,
      Object fileKey,
      Server server,
      EventLoopGroup eventLoop,
      ThreadPoolExecutor handlers,
      HealthStatusManager health) {
    this.socket = socket;
    this.fileKey = fileKey;
    this.server = server;
    this.eventLoop = eventLoop;
    this.handlers = handlers;
    this.health = health;
  }

  /**
   * Starts to serve. A socket file that nothing serves any more is replaced.
   *
   * @param socket its directory is made if it is missing
   * @throws TaskException if the path cannot be one of a socket, or another daemon answers there
   */
  public static ApiServer start(Path socket, BindableService service) {
    // Bound in a directory that nobody else can enter, and moved when its mode is set: there is no
    // moment at which others could open it, nor one without a socket.
    Path nursery = socket.resolveSibling(".new");
    Path newborn = nursery.resolve("s");
    checkLength(socket);
    checkLength(newborn);
    refuseServed(socket);
    EventLoopGroup eventLoop =
        new MultiThreadIoEventLoopGroup(1, daemonThreads("api-io"), NioIoHandler.newFactory());
    ThreadPoolExecutor handlers =
        new ThreadPoolExecutor(
            HANDLER_THREADS,
            HANDLER_THREADS,
            30,
            TimeUnit.SECONDS,
            // Not bounded: the number of calls is, for each connection.
            new LinkedBlockingQueue<>(),
            daemonThreads("api"));
    handlers.allowCoreThreadTimeOut(true);
    HealthStatusManager health = new HealthStatusManager();
    try {
      Files.createDirectories(Objects.requireNonNull(nursery.getParent()));
      Files.deleteIfExists(newborn);
      Files.deleteIfExists(nursery);
      Files.createDirectory(
          nursery,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Server server =
          NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(newborn))
              .channelType(NioServerDomainSocketChannel.class)
              .bossEventLoopGroup(eventLoop)
              .workerEventLoopGroup(eventLoop)
              .executor(handlers)
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
              .intercept(new TraceInterceptor())
              .addService(service)
              .addService(health.getHealthService())
              .addService(ProtoReflectionServiceV1.newInstance())
              .build()
              .start();
      Files.setPosixFilePermissions(
          newborn, EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
      Object key = Objects.requireNonNull(fileKey(newborn));
      Files.move(newborn, socket, StandardCopyOption.ATOMIC_MOVE);
      Files.delete(nursery);
      return new ApiServer(socket, key, server, eventLoop, handlers, health);
    } catch (IOException e) {
      end(eventLoop);
      handlers.shutdown();
      throw TaskException.failed(
          Problem.host("CANNOT_SERVE", "cannot serve the API at " + socket + ": " + e), e);
    }
  }

  /** Waits until the server has ended. */
  public void awaitEnd() throws InterruptedException {
    server.awaitTermination();
  }

  /**
   * Takes no more calls, gives those under way {@value #GRACE_SECONDS} s to end and removes the
   * socket, unless another daemon has put its own there.
   */
  @Override
  public void close() {
    if (server.isShutdown()) {
      return;
    }
    health.enterTerminalState();
    try {
      if (fileKey.equals(fileKey(socket))) {
        Files.delete(socket);
      }
      server.shutdown();
      if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (IOException e) {
      // The next daemon replaces a socket that nothing serves.
      server.shutdownNow();
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    handlers.shutdown();
    end(eventLoop);
  }

  private static void end(EventLoopGroup eventLoop) {
    eventLoop
        .shutdownGracefully(0, GRACE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(GRACE_SECONDS, TimeUnit.SECONDS);
  }

  private static void checkLength(Path path) {
    int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_SOCKET_PATH_BYTES) {
      throw TaskException.failed(
          Problem.user(
              "SOCKET_PATH_TOO_LONG",
              "the path of a socket can have "
                  + MAX_SOCKET_PATH_BYTES
                  + " bytes and this one has "
                  + length
                  + ": "
                  + path
                  + "; choose a shorter one"));
    }
  }

  private static void refuseServed(Path socket) {
    if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      // Nothing answers: it is a leftover.
      return;
    }
    throw TaskException.refused(
        Problem.host("ALREADY_SERVED", "another daemon answers at " + socket + " already"));
  }

  private static @Nullable Object fileKey(Path file) throws IOException {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        ? Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey()
        : null;
  }

  private static ThreadFactory daemonThreads(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
