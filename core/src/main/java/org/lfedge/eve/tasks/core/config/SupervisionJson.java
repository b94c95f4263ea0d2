package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lfedge.eve.tasks.core.lifecycle.Dependency;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck.Probe;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;

/** The canonical form of what {@link SupervisionReader} reads. */
final class SupervisionJson {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private SupervisionJson() {}

  static ObjectNode restart(RestartPolicy restart) {
    ObjectNode json =
        JSON.objectNode()
            .put("policy", SupervisionReader.word(restart.mode()))
            .put("backoff", Durations.format(restart.backoff()))
            .put("maxBackoff", Durations.format(restart.maxBackoff()));
    if (!restart.bootDelay().isZero()) {
      json.put("bootDelay", Durations.format(restart.bootDelay()));
    }
    return json;
  }

  static ObjectNode health(HealthCheck health) {
    ObjectNode json = JSON.objectNode();
    if (health.probe() instanceof Probe.Exec exec) {
      exec.args().forEach(json.putArray("exec")::add);
    } else if (health.probe() instanceof Probe.Http http) {
      json.put("http", http.url());
    } else if (health.probe() instanceof Probe.Tcp tcp) {
      json.put("tcp", tcp.port());
    }
    return json.put("interval", Durations.format(health.interval()))
        .put("timeout", Durations.format(health.timeout()))
        .put("retries", health.retries())
        .put("start", Durations.format(health.start()));
  }

  static ArrayNode after(List<Dependency> after) {
    ArrayNode json = JSON.arrayNode();
    for (Dependency dependency : after) {
      json.addObject()
          .put("task", dependency.task())
          .put("on", SupervisionReader.word(dependency.on()));
    }
    return json;
  }
}
