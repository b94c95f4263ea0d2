package org.lfedge.eve.tasks.core.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A proxy on a loopback port, for which every name stands for this node. */
public final class FixtureProxy implements AutoCloseable {

  private final ServerSocket server;
  private final Optional<String> login;
  private final List<String> heads = new CopyOnWriteArrayList<>();

  /**
   * Starts one.
   *
   * @param login {@code user:password} of those who may use it
   */
  public FixtureProxy(Optional<String> login) {
    this.login = login;
    try {
      this.server = new ServerSocket(0, 50, InetAddress.getByName("localhost"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  /** Where it is, with its port. */
  public String address() {
    return "localhost:" + server.getLocalPort();
  }

  /** What it was asked for: first lines and headers. */
  public List<String> heads() {
    return heads;
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // One of both sides went away.
              }
            },
            "fixture-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = server.accept();
      start(() -> serve(client));
    }
  }

  private void serve(Socket client) throws IOException {
    try (client) {
      String head = head(client.getInputStream());
      heads.add(head);
      if (login.isPresent()
          && !head.contains("Proxy-Authorization: " + FixtureAccess.basic(login.get()) + "\r\n")) {
        write(
            client,
            String.join(
                "\r\n",
                "HTTP/1.1 407 Who",
                "Proxy-Authenticate: Basic realm=\"proxy\"",
                "Content-Length: 0",
                "Connection: close",
                "",
                ""));
        return;
      }
      String target = head.split(" ")[1].replaceFirst("^http://", "").replaceFirst("/.*", "");
      int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
      try (Socket registry = new Socket("localhost", port)) {
        if (head.startsWith("CONNECT ")) {
          write(client, "HTTP/1.1 200 Connected\r\n\r\n");
        } else {
          write(registry, head.replaceAll("(?m)^Proxy-.*\r\n", ""));
        }
        start(() -> client.getInputStream().transferTo(registry.getOutputStream()));
        registry.getInputStream().transferTo(client.getOutputStream());
      }
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      head.write(next);
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  private static void write(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
