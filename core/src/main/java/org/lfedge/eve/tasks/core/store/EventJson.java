package org.lfedge.eve.tasks.core.store;

import static org.lfedge.eve.tasks.core.store.RecordJson.optional;
import static org.lfedge.eve.tasks.core.store.RecordJson.required;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;

/** The JSON form of events and of their parts, in records and in the log of events. */
final class EventJson {

  private EventJson() {}

  static ObjectNode write(TaskEvent event) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", event.type().name()).put("time", event.time().toString());
    event.anchor().ifPresent(anchor -> json.set("anchor", write(anchor)));
    event.exit().ifPresent(exit -> json.set("exit", write(exit)));
    event.failure().ifPresent(failure -> json.set("failure", write(failure)));
    event.nextStart().ifPresent(at -> json.put("nextStart", at.toString()));
    event.count().ifPresent(count -> json.put("count", count));
    event.reason().ifPresent(reason -> json.put("reason", reason));
    return json;
  }

  static TaskEvent read(JsonNode json) {
    Optional<Long> count = optional(json, "count", JsonNode::asLong);
    return new TaskEvent(
        TaskEvent.Type.valueOf(required(json, "type").asText()),
        instant(required(json, "time")),
        optional(json, "anchor", EventJson::anchor),
        optional(json, "exit", EventJson::exit),
        optional(json, "failure", EventJson::failure),
        optional(json, "nextStart", EventJson::instant),
        count.map(OptionalLong::of).orElse(OptionalLong.empty()),
        optional(json, "reason", JsonNode::asText));
  }

  static ObjectNode write(Anchor anchor) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("pid", anchor.pid())
        .put("startTime", anchor.startTime())
        .put("bootId", anchor.bootId());
  }

  static Anchor anchor(JsonNode json) {
    return new Anchor(
        required(json, "pid").asInt(),
        required(json, "startTime").asLong(),
        required(json, "bootId").asText().intern());
  }

  static ObjectNode write(ExitStatus exit) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    exit.code().ifPresent(code -> json.put("code", code));
    json.put("at", exit.at().toString()).put("oomKilled", exit.oomKilled());
    exit.outcome().ifPresent(outcome -> json.put("outcome", outcome.name()));
    exit.meaning().ifPresent(meaning -> json.put("meaning", meaning));
    return json;
  }

  static ExitStatus exit(JsonNode json) {
    return new ExitStatus(
        json.has("code") ? OptionalInt.of(json.get("code").asInt()) : OptionalInt.empty(),
        instant(required(json, "at")),
        required(json, "oomKilled").asBoolean(),
        optional(json, "outcome", outcome -> Outcome.valueOf(outcome.asText())),
        optional(json, "meaning", JsonNode::asText));
  }

  static ObjectNode write(Failure failure) {
    Problem problem = failure.problem();
    return JsonNodeFactory.instance
        .objectNode()
        .put("code", problem.code())
        .put("kind", problem.kind().name())
        .put("path", problem.path())
        .put("value", problem.value())
        .put("message", problem.message())
        .put("step", failure.step())
        .put("at", failure.at().toString());
  }

  static Failure failure(JsonNode json) {
    Problem problem =
        new Problem(
            required(json, "code").asText(),
            Problem.Kind.valueOf(required(json, "kind").asText()),
            required(json, "path").asText(),
            required(json, "value").asText(),
            required(json, "message").asText());
    return new Failure(problem, required(json, "step").asText(), instant(required(json, "at")));
  }

  static Instant instant(JsonNode json) {
    return Instant.parse(json.asText());
  }
}
