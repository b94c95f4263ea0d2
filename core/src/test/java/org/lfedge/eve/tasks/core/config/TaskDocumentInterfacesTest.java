package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.MINIMAL;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.code;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.only;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.parseOne;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.problems;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.error.Problem;

/** Interfaces of task documents. */
class TaskDocumentInterfacesTest {

  private static List<String> codes(String text) {
    return problems(MINIMAL + text).stream().map(DocumentTexts::code).toList();
  }

  @Test
  void theNetworkOfTheNodeAndNoneStandAlone() {
    TaskDocument host = parseOne(MINIMAL + "interfaces: [{network: host}]");
    assertTrue(host.hostNetwork());
    assertEquals(List.of(), host.interfaces());
    assertEquals(host, TaskDocuments.fromJson(TaskDocuments.toJson(host)));
    assertEquals(parseOne(MINIMAL), parseOne(MINIMAL + "interfaces: [{network: none}]"));
    for (String both :
        List.of(
            "[{network: host}, {network: bn1}]",
            "[{network: bn1}, {network: none}]",
            "[{network: host}, {network: host}]")) {
      assertEquals(List.of("CONFLICT interfaces[1]"), codes("interfaces: " + both), both);
    }
    assertEquals(
        List.of("CONFLICT interfaces[0].name", "CONFLICT interfaces[0].ports"),
        codes("interfaces: [{network: host, name: eth0, ports: [\"80:80\"]}]"));
  }

  @Test
  void interfacesAreReadInFull() {
    TaskDocument task =
        parseOne(
            MINIMAL
                + """
                interfaces:
                  - network: bn1
                    mac: 02-16-3E-00-00-0A
                    addresses: ["2001:DB8:0::5/64", 10.1.0.5/24]
                    mtu: 1500
                    dns: ["FD00:0::1", 10.1.0.1]
                    ports: ["8080:80", "127.0.0.1:53:5353/udp", "[::1]:80:80/tcp"]
                    allow:
                      - {direction: egress, cidr: 10.0.0.0/8, port: 443, protocol: tcp}
                      - {direction: ingress}
                  - {network: bn2, allow: []}
                  - {name: wan, network: bn1}
                """);
    assertEquals(
        List.of(
            new InterfaceConfig(
                "eth0",
                "bn1",
                Optional.of("02:16:3e:00:00:0a"),
                List.of("2001:db8::5/64", "10.1.0.5/24"),
                OptionalInt.of(1500),
                List.of("fd00::1", "10.1.0.1"),
                List.of(
                    new PublishedPort(Optional.empty(), 8080, 80, Protocol.TCP),
                    new PublishedPort(Optional.of("127.0.0.1"), 53, 5353, Protocol.UDP),
                    new PublishedPort(Optional.of("::1"), 80, 80, Protocol.TCP)),
                Optional.of(
                    List.of(
                        new AllowRule(
                            Direction.EGRESS,
                            Optional.of("10.0.0.0/8"),
                            OptionalInt.of(443),
                            Optional.of(Protocol.TCP)),
                        new AllowRule(
                            Direction.INGRESS,
                            Optional.empty(),
                            OptionalInt.empty(),
                            Optional.empty())))),
            bare("eth1", "bn2", Optional.of(List.of())),
            bare("wan", "bn1", Optional.empty())),
        task.interfaces());
    assertEquals(
        "[8080:80/tcp, 127.0.0.1:53:5353/udp, [::1]:80:80/tcp]",
        task.interfaces().get(0).ports().toString());
  }

  private static InterfaceConfig bare(
      String name, String network, Optional<List<AllowRule>> allow) {
    return new InterfaceConfig(
        name,
        network,
        Optional.empty(),
        List.of(),
        OptionalInt.empty(),
        List.of(),
        List.of(),
        allow);
  }

  @Test
  void namesAndMacsOfInterfacesAreDistinct() {
    assertEquals(
        List.of(
            "CONFLICT interfaces[1].mac", "CONFLICT interfaces[1]", "CONFLICT interfaces[2].name"),
        codes(
                """
            interfaces:
              - {name: eth1, network: a, mac: "02:00:00:00:00:0a"}
              - {network: a, mac: 02-00-00-00-00-0A}
              - {name: eth1, network: a}
            """)
            .stream()
            .sorted((a, b) -> Boolean.compare(b.endsWith("mac"), a.endsWith("mac")))
            .toList());
  }

  @ParameterizedTest
  @CsvSource({
    "80:80, 80:81, true",
    "80:80, 127.0.0.1:80:80, true",
    "0.0.0.0:80:80, 127.0.0.1:80:80, true",
    "0.0.0.0:80:80, 80:80, true",
    "[::]:80:80, [::1]:80:80, true",
    "[::1]:80:80, [0:0::1]:80:80, true",
    "80:80, 80:80/udp, false",
    "80:80, 81:80, false",
    "0.0.0.0:80:80, [::]:80:80, false",
    "127.0.0.1:80:80, 127.0.0.2:80:80, false"
  })
  void aPortOfTheNodeLeadsToOnePlace(String one, String other, boolean overlap) {
    String text =
        "interfaces: [{network: a, ports: [\""
            + one
            + "\"]}, {network: a, ports: [\""
            + other
            + "\"]}]";
    if (overlap) {
      Problem problem = only(MINIMAL + text);
      assertEquals("CONFLICT interfaces[1].ports[0]", code(problem));
      assertTrue(problem.message().contains("interfaces[0].ports[0]"), problem.message());
    } else {
      assertEquals(2, parseOne(MINIMAL + text).interfaces().size());
    }
  }

  @Test
  void whatAnInterfaceCannotHaveIsRefused() {
    assertEquals(
        List.of(
            "BAD_VALUE interfaces[0].addresses[0]",
            "BAD_VALUE interfaces[0].addresses[1]",
            "BAD_VALUE interfaces[0].addresses[2]",
            "CONFLICT interfaces[1].addresses[1]",
            "CONFLICT interfaces[2].mtu",
            "OUT_OF_RANGE interfaces[2].ports[0]",
            "BAD_VALUE interfaces[2].ports[1]",
            "BAD_VALUE interfaces[3].allow[0].cidr"),
        codes(
            """
            interfaces:
              - {network: a, addresses: [127.0.0.1/8, "ff02::1/64", 0.0.0.0/0]}
              - {network: a, addresses: [10.0.0.1/8, 10.1.0.1/8]}
              - {network: a, addresses: ["fd00::1/64"], mtu: 1279,
                 ports: ["65536:80", "[127.0.0.1]:80:80"]}
              - {network: a, allow: [{direction: egress, cidr: 10.0.0.1/8}]}
            """));
    Problem problem =
        only(
            MINIMAL + "interfaces: [{network: a, allow: [{direction: egress, cidr: 10.0.0.1/8}]}]");
    assertTrue(problem.message().contains("did you mean 10.0.0.0/8?"), problem.message());
  }
}
