package org.lfedge.eve.tasks.core.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.error.TaskException.Outcome;

class ApiServerTest {

  @TempDir private Path directory;

  private static ApiServer start(Path socket) {
    return ApiServer.start(socket, new TaskmanagerGrpc.TaskmanagerImplBase() {});
  }

  private static <T> T call(Path socket, Function<ManagedChannel, T> call) {
    EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(eventLoop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .build();
    try {
      return call.apply(channel);
    } finally {
      channel.shutdownNow();
      eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }

  private static ServingStatus health(Path socket) {
    return call(
        socket,
        channel ->
            HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus());
  }

  @Test
  void onlyItsOwnerCanOpenTheSocketAndNothingElseIsLeftBesideIt() throws IOException {
    Path parent = directory.resolve("made/for/it");
    Path socket = parent.resolve("api.sock");
    ApiServer server = start(socket);
    try (server;
        Stream<Path> files = Files.list(parent)) {
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
      assertEquals(ServingStatus.SERVING, health(socket));
      assertEquals(List.of(socket), files.toList());
    }
    assertFalse(Files.exists(socket));
  }

  @Test
  void reflectionNamesTheService() {
    Path socket = directory.resolve("api.sock");
    ApiServer server = start(socket);
    try (server) {
      CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
      ServerReflectionResponse response =
          call(
              socket,
              channel -> {
                ServerReflectionGrpc.newStub(channel)
                    .serverReflectionInfo(firstOf(answer))
                    .onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
                return answer.orTimeout(20, TimeUnit.SECONDS).join();
              });
      assertTrue(
          response.getListServicesResponse().getServiceList().stream()
              .anyMatch(service -> service.getName().equals("org.lfedge.eve.tasks.v1.Taskmanager")),
          response.toString());
    }
  }

  private static <T> StreamObserver<T> firstOf(CompletableFuture<T> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T value) {
        answer.complete(value);
      }

      @Override
      public void onError(Throwable failure) {
        answer.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {}
    };
  }

  @Test
  void aSocketThatNothingServesIsReplaced() throws IOException {
    Path socket = directory.resolve("api.sock");
    ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    dead.bind(UnixDomainSocketAddress.of(socket));
    dead.close();
    assertTrue(Files.exists(socket), "closing a socket leaves its file, as a crash does");
    ApiServer server = start(socket);
    try (server) {
      assertEquals(ServingStatus.SERVING, health(socket));
    }
  }

  @Test
  void aSocketThatADaemonServesIsLeftToIt() {
    Path socket = directory.resolve("api.sock");
    ApiServer server = start(socket);
    try (server) {
      TaskException failure = assertThrows(TaskException.class, () -> start(socket));
      assertEquals(Outcome.REFUSED, failure.outcome());
      assertEquals("ALREADY_SERVED", failure.first().code());
      assertEquals(ServingStatus.SERVING, health(socket));
    }
  }

  @Test
  void aServerThatEndsLeavesTheSocketOfItsSuccessorAlone() throws IOException {
    Path socket = directory.resolve("api.sock");
    ApiServer first = start(socket);
    Files.delete(socket);
    ApiServer successor = start(socket);
    try (successor) {
      first.close();
      assertEquals(ServingStatus.SERVING, health(socket));
    }
  }

  @Test
  void aPathThatIsTooLongForASocketIsRefusedWithItsLength() {
    Path parent = directory.resolve("d".repeat(107));
    TaskException failure =
        assertThrows(TaskException.class, () -> start(parent.resolve("api.sock")));
    assertEquals("SOCKET_PATH_TOO_LONG", failure.first().code());
    assertTrue(failure.first().message().contains("107 bytes"), failure.first().message());
    assertFalse(Files.exists(parent));
  }

  @Test
  void aDirectoryThatCannotBeMadeIsAFailureThatNamesTheSocket() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    TaskException failure =
        assertThrows(TaskException.class, () -> start(file.resolve("api.sock")));
    assertEquals("CANNOT_SERVE", failure.first().code());
    assertTrue(failure.first().message().contains(file.toString()), failure.first().message());
  }
}
