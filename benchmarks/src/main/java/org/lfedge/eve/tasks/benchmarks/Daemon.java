package org.lfedge.eve.tasks.benchmarks;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc.TaskmanagerBlockingStub;

/** A daemon of the package, with a connection to it. */
final class Daemon implements AutoCloseable {

  private static final long DEADLINE_SECONDS = 60;
  private static final Duration POLL = Duration.ofMillis(1);

  /** gRPC sets a TCP option on every socket, and Netty warns each time that a unix one has none. */
  private static final Logger NETTY_BOOTSTRAP = Logger.getLogger("io.netty.bootstrap");

  static {
    NETTY_BOOTSTRAP.setLevel(Level.SEVERE);
  }

  private final Process process;
  private final EventLoopGroup eventLoop;
  private final ManagedChannel channel;

  private Daemon(Process process, EventLoopGroup eventLoop, ManagedChannel channel) {
    this.process = process;
    this.eventLoop = eventLoop;
    this.channel = channel;
  }

  /**
   * Starts one and waits until it has answered a call.
   *
   * @param log gets what it writes
   */
  static Daemon start(Path program, Path config, Path socket, Path log)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(program.toString(), "--config", config.toString())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectErrorStream(true)
            .start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!accepts(socket)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new IOException("the daemon did not start; see " + log);
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(eventLoop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .build();
    Daemon daemon = new Daemon(process, eventLoop, channel);
    daemon.awaitAnswer(deadline);
    return daemon;
  }

  private void awaitAnswer(long deadline) {
    while (true) {
      try {
        api().list(ListRequest.getDefaultInstance());
        return;
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || System.nanoTime() > deadline) {
          throw e;
        }
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
  }

  private static boolean accepts(Path socket) {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  TaskmanagerBlockingStub api() {
    return TaskmanagerGrpc.newBlockingStub(channel);
  }

  /**
   * A line of {@code /proc/PID/smaps_rollup}.
   *
   * @param name such as {@code Rss} or {@code Pss}
   * @return MiB
   */
  double memory(String name) throws IOException {
    return memory(process.pid(), name);
  }

  /** The same of any process. */
  static double memory(long pid, String name) throws IOException {
    return mebibytes(file(pid, "smaps_rollup"), name);
  }

  /** The most resident memory since {@link #forgetPeakMemory}, in MiB. */
  double peakMemory() throws IOException {
    return mebibytes(file(pid(), "status"), "VmHWM");
  }

  /** From now on the most is what it has now. */
  void forgetPeakMemory() throws IOException {
    Files.writeString(file(pid(), "clear_refs"), "5");
  }

  private static double mebibytes(Path file, String name) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(name + ":")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
      }
    }
    throw new IOException("the kernel does not tell " + name);
  }

  private static Path file(long pid, String name) {
    return Path.of("/proc", Long.toString(pid), name);
  }

  long pid() {
    return process.pid();
  }

  /** Ends the daemon alone; its containerd and tasks go on. */
  @Override
  public void close() throws IOException {
    channel.shutdownNow();
    eventLoop
        .shutdownGracefully(0, 1, TimeUnit.SECONDS)
        .awaitUninterruptibly(DEADLINE_SECONDS, TimeUnit.SECONDS);
    process.destroy();
    try {
      process.onExit().get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      process.destroyForcibly();
      throw new IOException("the daemon did not end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
