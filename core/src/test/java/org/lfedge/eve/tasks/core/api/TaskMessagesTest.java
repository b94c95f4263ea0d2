package org.lfedge.eve.tasks.core.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.api.v1.ImageTrust;
import org.lfedge.eve.tasks.core.port.TrustVerdict;

class TaskMessagesTest {

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
