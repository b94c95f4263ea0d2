package org.lfedge.eve.tasks.core.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.Standing;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.TaskRecord.Emulation;
import org.lfedge.eve.tasks.core.port.TaskRecord.Fetched;
import org.lfedge.eve.tasks.core.port.TaskRecord.Journal;
import org.lfedge.eve.tasks.core.port.TaskRecord.Tools;
import org.lfedge.eve.tasks.core.port.TaskRecord.Unfinished;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.lfedge.eve.tasks.core.seedprotocol.SeedCodec;

/**
 * The JSON form of a record. The document and the seed stand in it in their own published forms.
 */
final class RecordJson {

  /** Raised when the form changes in a way that older versions cannot read. */
  private static final int FORMAT = 2;

  private RecordJson() {}

  static ObjectNode write(TaskRecord record) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("format", FORMAT);
    json.put("uuid", record.uuid().toString());
    json.set("document", TaskDocuments.toJson(record.document()));
    json.put("createdAt", record.createdAt().toString());
    json.put("desired", record.desired().name());
    record.blueprint().ifPresent(blueprint -> json.set("blueprint", write(blueprint)));
    json.set("standing", write(record.standing()));
    json.set("supervision", write(record.supervision()));
    record
        .unfinished()
        .replacement()
        .ifPresent(document -> json.set("replacement", TaskDocuments.toJson(document)));
    if (record.unfinished().limits()) {
      json.put("limitsUnfinished", true);
    }
    if (record.unfinished().purge()) {
      json.put("purge", true);
    }
    ObjectNode journal = json.putObject("journal").put("count", record.journal().count());
    ArrayNode latest = journal.putArray("latest");
    record.journal().latest().forEach(event -> latest.add(EventJson.write(event)));
    return json;
  }

  private static ObjectNode write(Standing standing) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("state", standing.state().name());
    standing.anchor().ifPresent(anchor -> json.set("anchor", EventJson.write(anchor)));
    standing.exit().ifPresent(exit -> json.set("exit", EventJson.write(exit)));
    standing.failure().ifPresent(failure -> json.set("failure", EventJson.write(failure)));
    standing.startedAt().ifPresent(at -> json.put("startedAt", at.toString()));
    json.put("oomKills", standing.oomKills());
    standing.cleanup().ifPresent(cleanup -> json.set("cleanup", write(cleanup)));
    return json;
  }

  private static ObjectNode write(Standing.Cleanup cleanup) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    cleanup.failure().ifPresent(failure -> json.set("failure", EventJson.write(failure)));
    return json;
  }

  private static ObjectNode write(Supervision supervision) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("restarts", supervision.restarts());
    json.put("quickEnds", supervision.quickEnds());
    supervision.nextStart().ifPresent(at -> json.put("nextStart", at.toString()));
    supervision.reason().ifPresent(reason -> json.put("reason", reason));
    json.put("once", supervision.once());
    supervision.ailment().ifPresent(ailment -> json.put("ailment", ailment));
    return json;
  }

  private static ObjectNode write(Blueprint blueprint) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("executor", blueprint.executor());
    json.put("executorVersion", blueprint.executorVersion());
    json.put("executorDigest", blueprint.executorDigest());
    json.put("origin", blueprint.origin().name());
    blueprint.imageDigest().ifPresent(digest -> json.put("imageDigest", digest));
    blueprint.trust().ifPresent(verdict -> json.set("trust", write(verdict)));
    json.set("root", write(blueprint.root()));
    blueprint.tools().ifPresent(tools -> json.set("tools", write(tools)));
    if (blueprint.userNamespace()) {
      json.put("userNamespace", true);
    }
    json.set("seed", SeedCodec.toJson(blueprint.seed()));
    // As text: these bytes, and no others, are what containerd was given.
    json.put("spec", blueprint.specJson());
    blueprint.userData().ifPresent(text -> json.put("userData", text.text()));
    blueprint.emulation().ifPresent(emulation -> json.set("emulation", write(emulation)));
    blueprint.fetched().ifPresent(fetched -> json.set("fetched", write(fetched)));
    return json;
  }

  private static ObjectNode write(Fetched fetched) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("digest", fetched.digest()).put("from", fetched.from());
    fetched.manifest().ifPresent(digest -> json.put("manifest", digest));
    return json;
  }

  private static ObjectNode write(Emulation emulation) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("option", emulation.option())
        .put("platform", emulation.platform());
  }

  private static ObjectNode write(Tools tools) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("digest", tools.digest());
    json.set("trust", write(tools.trust()));
    tools.beside().ifPresent(chainId -> json.put("beside", chainId));
    return json;
  }

  private static ObjectNode write(TrustVerdict verdict) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("requirement", verdict.requirement());
    verdict.rule().ifPresent(rule -> json.put("rule", rule));
    json.put("digest", verdict.digest());
    verdict.key().ifPresent(key -> json.put("key", key));
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
    if (root instanceof RootFilesystem.Limited limited) {
      json.put("writable", limited.writable());
      return json.set("limited", write(limited.below()));
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
        TaskDocuments.fromJson(required(json, "document")),
        EventJson.instant(required(json, "createdAt")),
        Desired.valueOf(required(json, "desired").asText()),
        optional(json, "blueprint", RecordJson::blueprint),
        standing(required(json, "standing")),
        supervision(required(json, "supervision")),
        new Unfinished(
            optional(json, "replacement", TaskDocuments::fromJson),
            json.path("limitsUnfinished").asBoolean(),
            json.path("purge").asBoolean()),
        journal(required(json, "journal")));
  }

  private static Standing standing(JsonNode json) {
    return new Standing(
        TaskState.valueOf(required(json, "state").asText()),
        optional(json, "anchor", EventJson::anchor),
        optional(json, "exit", EventJson::exit),
        optional(json, "failure", EventJson::failure),
        optional(json, "startedAt", EventJson::instant),
        json.path("oomKills").asLong(),
        optional(
            json,
            "cleanup",
            due -> new Standing.Cleanup(optional(due, "failure", EventJson::failure))));
  }

  private static Supervision supervision(JsonNode json) {
    return new Supervision(
        required(json, "restarts").asInt(),
        required(json, "quickEnds").asInt(),
        optional(json, "nextStart", EventJson::instant),
        optional(json, "reason", JsonNode::asText),
        required(json, "once").asBoolean(),
        optional(json, "ailment", JsonNode::asText));
  }

  private static Journal journal(JsonNode json) {
    List<TaskEvent> latest = new ArrayList<>();
    required(json, "latest").forEach(event -> latest.add(EventJson.read(event)));
    return new Journal(required(json, "count").asLong(), latest);
  }

  /** Paths in it are absolute already, so any base directory will do. */
  private static Blueprint blueprint(JsonNode json) {
    return new Blueprint(
        required(json, "executor").asText(),
        required(json, "executorVersion").asText(),
        required(json, "executorDigest").asText(),
        Origin.valueOf(required(json, "origin").asText()),
        optional(json, "imageDigest", JsonNode::asText),
        optional(json, "trust", RecordJson::trust),
        root(required(json, "root")),
        optional(json, "tools", RecordJson::tools),
        json.path("userNamespace").asBoolean(),
        SeedCodec.fromJson(required(json, "seed")),
        required(json, "spec").asText(),
        optional(json, "userData", text -> new UserData.Text(text.asText())),
        optional(
            json,
            "emulation",
            chosen ->
                new Emulation(
                    required(chosen, "option").asText(), required(chosen, "platform").asText())),
        optional(json, "fetched", RecordJson::fetched));
  }

  private static Fetched fetched(JsonNode json) {
    return new Fetched(
        required(json, "digest").asText(),
        required(json, "from").asText(),
        optional(json, "manifest", JsonNode::asText));
  }

  private static Tools tools(JsonNode json) {
    return new Tools(
        required(json, "digest").asText(),
        trust(required(json, "trust")),
        // As it was called while it was always the root.
        optional(json, "beside", JsonNode::asText)
            .or(() -> optional(json, "ownRoot", JsonNode::asText)));
  }

  private static TrustVerdict trust(JsonNode json) {
    return new TrustVerdict(
        required(json, "requirement").asText(),
        optional(json, "rule", JsonNode::asText),
        required(json, "digest").asText(),
        optional(json, "key", JsonNode::asText));
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
    if (json.has("limited")) {
      return new RootFilesystem.Limited(
          root(json.get("limited")), required(json, "writable").asText());
    }
    if (json.path("host").asBoolean()) {
      return new RootFilesystem.Host();
    }
    throw new IllegalArgumentException("unknown root " + json);
  }

  static JsonNode required(JsonNode json, String key) {
    JsonNode value = json.get(key);
    if (value == null) {
      throw new IllegalArgumentException("it has no " + key);
    }
    return value;
  }

  static <T> Optional<T> optional(JsonNode json, String key, Function<JsonNode, T> reader) {
    return Optional.ofNullable(json.get(key)).map(reader);
  }
}
