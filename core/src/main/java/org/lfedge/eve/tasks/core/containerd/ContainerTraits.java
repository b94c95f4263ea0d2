package org.lfedge.eve.tasks.core.containerd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.lfedge.eve.tasks.core.containerd.api.containers.Container;

/**
 * What of a container stays as it is for as long as its record is there.
 *
 * @param terminal whether its anchor has a terminal
 * @param cgroup the path of its cgroup; empty if its spec does not say
 * @param snapshot whether its root is a snapshot
 */
record ContainerTraits(boolean terminal, String cgroup, boolean snapshot) {

  private static final ObjectMapper JSON = new ObjectMapper();

  static ContainerTraits of(Container container) {
    JsonNode spec = spec(container);
    return new ContainerTraits(
        spec.path("process").path("terminal").asBoolean(),
        spec.path("linux").path("cgroupsPath").asText(""),
        !container.getSnapshotKey().isEmpty());
  }

  /** One that cannot be read, which others than us wrote, has no traits. */
  private static JsonNode spec(Container container) {
    try {
      return JSON.readTree(container.getSpec().getValue().toStringUtf8());
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }
}
