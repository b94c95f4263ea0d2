package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

class GuestDataTest {

  private static final UUID ID = UUID.fromString("00000000-0000-4000-8000-000000000001");

  private static AttachedInterface attached(
      String name, List<String> addresses, List<String> gateways, List<String> dns) {
    return new AttachedInterface(name, "net", "02:16:3e:00:00:01", 1400, addresses, gateways, dns);
  }

  @Test
  void aNetworkConfigSaysWhatIsKnownOfTheInterfaces() {
    String text =
        GuestData.network(
            List.of(
                attached(
                    "eth0",
                    List.of("10.1.0.5/24", "fd00::5/64"),
                    List.of("10.1.0.1", "fd00::1"),
                    List.of("10.1.0.1")),
                attached("eth1", List.of("10.2.0.5/24"), List.of("10.2.0.1"), List.of()),
                attached("lan", List.of(), List.of(), List.of())));
    assertEquals(
        """
        version: 2
        ethernets:
          "eth0":
            match: {macaddress: "02:16:3e:00:00:01"}
            mtu: 1400
            addresses: ["10.1.0.5/24", "fd00::5/64"]
            routes:
              - {to: "0.0.0.0/0", via: "10.1.0.1"}
              - {to: "::/0", via: "fd00::1"}
            nameservers: {addresses: ["10.1.0.1"]}
          "eth1":
            match: {macaddress: "02:16:3e:00:00:01"}
            mtu: 1400
            addresses: ["10.2.0.5/24"]
          "lan":
            match: {macaddress: "02:16:3e:00:00:01"}
            mtu: 1400
            dhcp4: true
        """,
        text);
  }

  private static CloudInit data(SortedMap<String, String> metaData, Optional<String> network) {
    return new CloudInit(new CloudInit.UserData.Text("a"), metaData, network);
  }

  @Test
  void whatTheDocumentSaysStands() {
    SortedMap<String, String> metaData = new TreeMap<>();
    metaData.put("instance-id", "mine");
    metaData.put("more", "x");
    List<AttachedInterface> interfaces = List.of(attached("eth0", List.of(), List.of(), List.of()));
    CloudInit own =
        GuestData.complete(data(metaData, Optional.of("own")), "a", ID, "web", interfaces);
    metaData.put("local-hostname", "web");
    assertEquals(metaData, own.metaData());
    assertEquals(Optional.of("own"), own.networkConfig());
    CloudInit none =
        GuestData.complete(data(metaData, Optional.empty()), "a", ID, "web", List.of());
    assertEquals(Optional.empty(), none.networkConfig());
  }

  @Test
  void otherUserDataAreThoseOfAnotherInstance() {
    assertEquals(ID + "-00000061", instance("a"));
    assertNotEquals(instance("a"), instance("b"));
  }

  private static String instance(String userData) {
    CloudInit data = data(new TreeMap<>(), Optional.empty());
    return String.valueOf(
        GuestData.complete(data, userData, ID, "web", List.of()).metaData().get("instance-id"));
  }
}
