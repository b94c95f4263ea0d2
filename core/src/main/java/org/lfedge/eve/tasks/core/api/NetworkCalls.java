package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.StreamObserver;
import java.util.List;
import org.lfedge.eve.tasks.core.api.v1.InspectNetworkResponse;
import org.lfedge.eve.tasks.core.api.v1.ListNetworksResponse;
import org.lfedge.eve.tasks.core.api.v1.NetworkEntry;
import org.lfedge.eve.tasks.core.api.v1.NetworkInterface;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.Network;
import org.lfedge.eve.tasks.core.port.Networks;

/** The calls about networks, and their messages. */
final class NetworkCalls {

  private final Networks networks;

  NetworkCalls(Networks networks) {
    this.networks = networks;
  }

  void list(StreamObserver<ListNetworksResponse> client) {
    Answers.now(client, () -> ListNetworksResponse.newBuilder().addAllNetworks(entries()).build());
  }

  void inspect(String name, StreamObserver<InspectNetworkResponse> client) {
    Answers.now(
        client,
        () -> {
          Network found =
              networks.list().stream()
                  .filter(network -> network.name().equals(name))
                  .findFirst()
                  .orElseThrow(() -> notFound(name));
          InspectNetworkResponse.Builder response =
              InspectNetworkResponse.newBuilder().setNetwork(entry(found));
          for (String task : networks.tasks()) {
            for (AttachedInterface attached : networks.attached(task)) {
              if (attached.network().equals(name)) {
                response.addMembersBuilder().setTask(task).setInterface(message(attached));
              }
            }
          }
          return response.build();
        });
  }

  List<NetworkEntry> entries() {
    return networks.list().stream().map(NetworkCalls::entry).toList();
  }

  static NetworkInterface message(AttachedInterface attached) {
    return NetworkInterface.newBuilder()
        .setName(attached.name())
        .setNetwork(attached.network())
        .setMac(attached.mac())
        .setMtu(attached.mtu())
        .addAllAddresses(attached.addresses())
        .addAllGateways(attached.gateways())
        .addAllDns(attached.dns())
        .build();
  }

  private static TaskException notFound(String name) {
    return TaskException.notFound(
        Problem.user(
            "NETWORK_NOT_FOUND",
            "the node has no network " + name + "; see taskctl networks list for what there is"));
  }

  private static NetworkEntry entry(Network network) {
    return NetworkEntry.newBuilder()
        .setName(network.name())
        .setType(network.type())
        .addAllSubnets(network.subnets())
        .addAllPlugins(network.plugins())
        .setSource(network.source().orElse(""))
        .setProblem(network.problem().orElse(""))
        .build();
  }
}
