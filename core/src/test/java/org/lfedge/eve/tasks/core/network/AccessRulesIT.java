package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Assertions;
import org.lfedge.eve.tasks.core.network.AccessRules.Guard;
import org.lfedge.eve.tasks.core.network.GuestRules.Guarded;

/** That nft takes every text that is written for it. */
class AccessRulesIT {

  private static final String CHECK =
      "rules=$1; shift; while [ $# -gt 0 ]; do"
          + " ip link add name \"$1\" type veth peer name \"$2\" || exit; shift 2; done;"
          + " nft -c -f \"$rules\"";

  @Provide
  Arbitrary<List<Guard>> guards() {
    return NetworkArbitraries.guards().list().ofMinSize(1).ofMaxSize(4);
  }

  @Property(tries = 40)
  void nftTakesEveryText(@ForAll("guards") List<Guard> guards)
      throws IOException, InterruptedException {
    assertTaken(List.of(), AccessRules.write(guards));
  }

  @Property(tries = 20)
  void nftTakesEveryTextForGuests(@ForAll("guards") List<Guard> guards)
      throws IOException, InterruptedException {
    List<Guarded> taps = new ArrayList<>();
    for (Guard guard : guards) {
      if (taps.stream()
          .noneMatch(one -> one.guard().interfaceName().equals(guard.interfaceName()))) {
        Optional<String> guests = Optional.of("guests").filter(name -> !taps.isEmpty());
        taps.add(new Guarded("=" + taps.size(), "br" + taps.size(), guests, guard));
      }
    }
    List<String> links =
        taps.stream().flatMap(one -> Stream.of(one.guard().interfaceName(), one.tap())).toList();
    assertTaken(links, GuestRules.write(GuestRules.Hook.INET, taps));
  }

  /**
   * Has nft check a text.
   *
   * @param links that are there, in pairs
   */
  private static void assertTaken(List<String> links, String text)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile("rules", "");
    try {
      Files.writeString(file, text);
      List<String> command =
          new ArrayList<>(List.of("unshare", "--net", "sh", "-c", CHECK, "sh", file.toString()));
      command.addAll(links);
      Process nft = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(nft.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Assertions.assertEquals(0, nft.waitFor(), said);
    } finally {
      Files.delete(file);
    }
  }
}
