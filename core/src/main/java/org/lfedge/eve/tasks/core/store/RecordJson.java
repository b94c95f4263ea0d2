package org.lfedge.eve.tasks.core.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;
import org.lfedge.eve.tasks.core.seedprotocol.SeedCodec;

/**
 * The JSON form of a record. The document and the seed stand in it in their own published forms.
 */
final class RecordJson {

  /** Raised when the form changes in a way that older versions cannot read. */
  private static final int FORMAT = 1;

  private RecordJson() {}

  static ObjectNode write(TaskRecord record) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("format", FORMAT);
    json.put("uuid", record.uuid().toString());
    json.set("document", TaskDocuments.toJson(record.document()));
    json.put("desired", record.desired().name());
    json.put("state", record.state().name());
    record.blueprint().ifPresent(blueprint -> json.set("blueprint", write(blueprint)));
    record
        .anchor()
        .ifPresent(
            anchor ->
                json.putObject("anchor")
                    .put("pid", anchor.pid())
                    .put("startTime", anchor.startTime()));
    record
        .exit()
        .ifPresent(
            exit -> {
              ObjectNode node = json.putObject("exit");
              exit.code().ifPresent(code -> node.put("code", code));
              node.put("at", exit.at().toString()).put("oomKilled", exit.oomKilled());
            });
    record
        .failure()
        .ifPresent(
            failure -> {
              Problem problem = failure.problem();
              json.putObject("failure")
                  .put("code", problem.code())
                  .put("kind", problem.kind().name())
                  .put("path", problem.path())
                  .put("value", problem.value())
                  .put("message", problem.message())
                  .put("step", failure.step())
                  .put("at", failure.at().toString());
            });
    json.put("createdAt", record.createdAt().toString());
    record.startedAt().ifPresent(at -> json.put("startedAt", at.toString()));
    return json;
  }

  private static ObjectNode write(Blueprint blueprint) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("executor", blueprint.executor());
    json.put("executorVersion", blueprint.executorVersion());
    json.put("executorDigest", blueprint.executorDigest());
    json.put("origin", blueprint.origin().name());
    blueprint.imageDigest().ifPresent(digest -> json.put("imageDigest", digest));
    json.set("root", write(blueprint.root()));
    json.set("seed", SeedCodec.toJson(blueprint.seed()));
    // As text: these bytes, and no others, are what containerd was given.
    json.put("spec", blueprint.specJson());
    return json;
  }

  private static ObjectNode write(RootFilesystem root) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (root instanceof RootFilesystem.Layers layers) {
      return json.put("layers", layers.chainId());
    }
    if (root instanceof RootFilesystem.Directory directory) {
      return json.put("directory", directory.path());
    }
    if (root instanceof RootFilesystem.LayeredDirectory directory) {
      return json.put("layeredDirectory", directory.path());
    }
    return json.put("host", true);
  }

  static TaskRecord read(JsonNode json) {
    if (required(json, "format").asInt() != FORMAT) {
      throw new IllegalArgumentException(
          "its format is " + json.path("format") + ", this version reads " + FORMAT);
    }
    return new TaskRecord(
        UUID.fromString(required(json, "uuid").asText()),
        document(required(json, "document")),
        Desired.valueOf(required(json, "desired").asText()),
        TaskState.valueOf(required(json, "state").asText()),
        optional(json, "blueprint", RecordJson::blueprint),
        optional(
            json,
            "anchor",
            anchor ->
                new Anchor(
                    required(anchor, "pid").asInt(), required(anchor, "startTime").asLong())),
        optional(json, "exit", RecordJson::exit),
        optional(json, "failure", RecordJson::failure),
        instant(required(json, "createdAt")),
        optional(json, "startedAt", RecordJson::instant));
  }

  /** Paths in it are absolute already, so any base directory will do. */
  private static TaskDocument document(JsonNode json) {
    List<TaskDocument> documents =
        TaskDocuments.parse(json.toString().getBytes(StandardCharsets.UTF_8), Path.of("/"));
    return documents.get(0);
  }

  private static Blueprint blueprint(JsonNode json) {
    return new Blueprint(
        required(json, "executor").asText(),
        required(json, "executorVersion").asText(),
        required(json, "executorDigest").asText(),
        Origin.valueOf(required(json, "origin").asText()),
        optional(json, "imageDigest", JsonNode::asText),
        root(required(json, "root")),
        SeedCodec.fromJson(required(json, "seed")),
        required(json, "spec").asText());
  }

  private static RootFilesystem root(JsonNode json) {
    if (json.has("layers")) {
      return new RootFilesystem.Layers(json.get("layers").asText());
    }
    if (json.has("directory")) {
      return new RootFilesystem.Directory(json.get("directory").asText());
    }
    if (json.has("layeredDirectory")) {
      return new RootFilesystem.LayeredDirectory(json.get("layeredDirectory").asText());
    }
    if (json.path("host").asBoolean()) {
      return new RootFilesystem.Host();
    }
    throw new IllegalArgumentException("unknown root " + json);
  }

  private static ExitStatus exit(JsonNode json) {
    return new ExitStatus(
        json.has("code") ? OptionalInt.of(json.get("code").asInt()) : OptionalInt.empty(),
        instant(required(json, "at")),
        required(json, "oomKilled").asBoolean());
  }

  private static Failure failure(JsonNode json) {
    Problem problem =
        new Problem(
            required(json, "code").asText(),
            Problem.Kind.valueOf(required(json, "kind").asText()),
            required(json, "path").asText(),
            required(json, "value").asText(),
            required(json, "message").asText());
    return new Failure(problem, required(json, "step").asText(), instant(required(json, "at")));
  }

  private static Instant instant(JsonNode json) {
    return Instant.parse(json.asText());
  }

  private static JsonNode required(JsonNode json, String key) {
    JsonNode value = json.get(key);
    if (value == null) {
      throw new IllegalArgumentException("it has no " + key);
    }
    return value;
  }

  private static <T> Optional<T> optional(JsonNode json, String key, Function<JsonNode, T> reader) {
    return Optional.ofNullable(json.get(key)).map(reader);
  }
}
