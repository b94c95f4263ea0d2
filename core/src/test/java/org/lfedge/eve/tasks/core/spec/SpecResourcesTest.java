package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.TaskException;

class SpecResourcesTest {

  private static final String SPEC =
      """
      {"ociVersion": "1.0.2", "process": {"args": ["x"], "strange": 1}, "linux": {
       "resources": {"memory": {"limit": 5, "swap": 5}, "cpu": {"quota": 10, "period": 100},
        "pids": {"limit": 7}, "devices": [{"allow": false}], "unified": {"memory.high": "1"}},
       "cgroupsPath": "/a"}}
      """;

  @Test
  void aSetOfCpusIsTheOnlyThingThatChanges() {
    String pinned = SpecResources.withCpus(SPEC, Optional.of("0-3,6"));
    assertEquals(Optional.of("0-3,6"), SpecResources.cpus(pinned));
    assertEquals(RuntimeSpec.parse(SPEC).json(), pinned.replace(",\"cpus\":\"0-3,6\"", ""));
    assertEquals(
        SpecResources.withCpus(SPEC, Optional.of("1")),
        SpecResources.withCpus(pinned, Optional.of("1")));
  }

  @Test
  void aSetOfCpusCanBeTakenAway() {
    String pinned = SpecResources.withCpus(SPEC, Optional.of("0"));
    String free = SpecResources.withCpus(pinned, Optional.empty());
    assertEquals(RuntimeSpec.parse(SPEC).json(), free);
    assertEquals(Optional.empty(), SpecResources.cpus(free));
  }

  @Test
  void aSpecWithoutLimitsGetsASetOfCpusAllTheSame() {
    String pinned = SpecResources.withCpus("{}", Optional.of("2"));
    assertEquals("{\"linux\":{\"resources\":{\"cpu\":{\"cpus\":\"2\"}}}}", pinned);
  }

  @Test
  void limitsOfMemoryCpuAndPidsMayDifferUnderARunningTaskAndNothingElse() {
    assertTrue(SpecResources.differOnlyInResources(SPEC, SPEC));
    for (String change :
        new String[] {
          "\"limit\": 5, \"swap\": 5|\"limit\": 6, \"swap\": 6",
          "\"quota\": 10|\"quota\": 20, \"cpus\": \"1\"",
          "\"limit\": 7|\"limit\": 8",
          "\"memory\": {\"limit\": 5, \"swap\": 5}, |"
        }) {
      String[] parts = change.split("\\|", -1);
      assertTrue(
          SpecResources.differOnlyInResources(SPEC, SPEC.replace(parts[0], parts[1])), change);
    }
    for (String change :
        new String[] {
          "\"strange\": 1|\"strange\": 2",
          "\"allow\": false|\"allow\": true",
          "\"memory.high\": \"1\"|\"memory.high\": \"2\"",
          "/a|/b"
        }) {
      String[] parts = change.split("\\|", -1);
      assertFalse(
          SpecResources.differOnlyInResources(SPEC, SPEC.replace(parts[0], parts[1])), change);
    }
  }

  @Test
  void whatIsNoSpecIsRefused() {
    TaskException refusal =
        assertThrows(TaskException.class, () -> SpecResources.withCpus("[]", Optional.empty()));
    assertEquals("SPEC_INVALID", refusal.first().code());
  }
}
