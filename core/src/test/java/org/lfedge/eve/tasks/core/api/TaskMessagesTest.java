package org.lfedge.eve.tasks.core.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.api.v1.ImageTrust;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;

class TaskMessagesTest {

  @Test
  void whatAnEndCountsAsIsToldInTheWordsOfTheApi() {
    List<String> words = new ArrayList<>();
    for (Outcome outcome : Outcome.values()) {
      words.add(
          TaskMessages.outcome(
              new ExitStatus(
                  OptionalInt.of(0),
                  Instant.EPOCH,
                  false,
                  Optional.of(outcome),
                  Optional.empty())));
    }
    assertEquals(List.of("success", "failure", "crash", "reboot", "out-of-memory"), words);
    assertEquals("", TaskMessages.outcome(ExitStatus.unknown(Instant.EPOCH)));
  }

  @Test
  void aVerdictIsToldWithWhatItHas() {
    assertEquals(
        ImageTrust.newBuilder()
            .setRequirement("signature")
            .setRule("*")
            .setDigest("sha256:1")
            .setKey("vendor.pub SHA256:k")
            .build(),
        TaskMessages.trust(
            new TrustVerdict(
                "signature", Optional.of("*"), "sha256:1", Optional.of("vendor.pub SHA256:k"))));
    assertEquals(
        ImageTrust.newBuilder().setRequirement("accept").setDigest("sha256:1").build(),
        TaskMessages.trust(
            new TrustVerdict("accept", Optional.empty(), "sha256:1", Optional.empty())));
  }
}
