import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;

/**
 * Stands in for a containerd while the archives of classes are made, since neither root nor
 * containerd is needed to build: it answers every call with an empty message, which is a message of
 * any type.
 */
final class SilentContainerd {

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          return new byte[0];
        }
      };

  public static void main(String[] args) throws Exception {
    var eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(args[0]))
        .channelType(NioServerDomainSocketChannel.class)
        .bossEventLoopGroup(eventLoop)
        .workerEventLoopGroup(eventLoop)
        .fallbackHandlerRegistry(
            new HandlerRegistry() {
              @Override
              public ServerMethodDefinition<?, ?> lookupMethod(String name, String authority) {
                return ServerMethodDefinition.create(
                    MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
                        .setFullMethodName(name)
                        .setType(MethodType.UNARY)
                        .build(),
                    ServerCalls.asyncUnaryCall(
                        (request, client) -> {
                          client.onNext(new byte[0]);
                          client.onCompleted();
                        }));
              }
            })
        .build()
        .start()
        .awaitTermination();
  }
}
