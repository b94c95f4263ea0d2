package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;

/** Whether a program of the node has a port, found by taking it for a moment. */
final class NodePort {

  private NodePort() {}

  /** Why a port cannot be had; empty if it can. */
  static Optional<String> whyTaken(PublishedPort port) {
    Optional<InetAddress> address = port.hostAddress().flatMap(Cidr::parseAddress);
    InetSocketAddress socket =
        address
            .map(host -> new InetSocketAddress(host, port.hostPort()))
            .orElseGet(() -> new InetSocketAddress(port.hostPort()));
    try {
      take(socket, port.protocol());
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static void take(InetSocketAddress address, Protocol protocol) throws IOException {
    if (protocol == Protocol.UDP) {
      try (DatagramSocket socket = new DatagramSocket(null)) {
        socket.bind(address);
      }
    } else {
      try (ServerSocket socket = new ServerSocket()) {
        // Connections that have ended and are being waited out do not count.
        socket.setReuseAddress(true);
        socket.bind(address);
      }
    }
  }
}
