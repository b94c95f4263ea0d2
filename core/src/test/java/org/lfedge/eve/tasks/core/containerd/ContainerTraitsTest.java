package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.containerd.api.containers.Container;

class ContainerTraitsTest {

  private static ContainerTraits of(String spec, String snapshotKey) {
    return ContainerTraits.of(
        Container.newBuilder()
            .setSpec(ContainerRecords.spec(spec))
            .setSnapshotKey(snapshotKey)
            .build());
  }

  @Test
  void theyAreReadFromTheSpecAndTheRecord() {
    String spec =
        "{\"process\": {\"terminal\": true}, \"linux\": {\"cgroupsPath\": \"/tasks/web\"}}";
    assertEquals(new ContainerTraits(true, "/tasks/web", true), of(spec, "web"));
  }

  @Test
  void aSpecThatOthersWroteMayHaveNone() {
    assertEquals(new ContainerTraits(false, "", false), of("{}", ""));
    assertEquals(new ContainerTraits(false, "", false), of("no JSON", ""));
    assertEquals(new ContainerTraits(false, "", false), of("", ""));
  }
}
