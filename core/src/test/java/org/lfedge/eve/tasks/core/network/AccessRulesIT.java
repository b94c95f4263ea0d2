package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Assertions;
import org.lfedge.eve.tasks.core.network.AccessRules.Guard;

/** That nft takes every text that is written for it. */
class AccessRulesIT {

  @Provide
  Arbitrary<List<Guard>> guards() {
    return NetworkArbitraries.guards().list().ofMinSize(1).ofMaxSize(4);
  }

  @Property(tries = 40)
  void nftTakesEveryText(@ForAll("guards") List<Guard> guards)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile("rules", "");
    try {
      Files.writeString(file, AccessRules.write(guards));
      Process nft =
          new ProcessBuilder("unshare", "--net", "nft", "-c", "-f", file.toString())
              .redirectErrorStream(true)
              .start();
      String said =
          new String(nft.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      Assertions.assertEquals(0, nft.waitFor(), said);
    } finally {
      Files.delete(file);
    }
  }
}
