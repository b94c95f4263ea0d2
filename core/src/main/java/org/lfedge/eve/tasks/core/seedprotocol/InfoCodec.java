package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.Root;

/** What an executor says of itself, as JSON. */
final class InfoCodec {

  private InfoCodec() {}

  static ObjectNode toJson(ExecutorInfo info) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", info.name()).put("summary", info.summary());
    json.set("rootKinds", SeedCodec.texts(info.rootKinds().stream().map(SeedCodec::name).toList()));
    ArrayNode options = json.putArray("options");
    info.options().forEach(option -> options.add(option(option)));
    // Left out where it is not: an earlier version can read such an answer.
    if (info.userNamespace()) {
      json.put("userNamespace", true);
    }
    return json;
  }

  static ExecutorInfo fromJson(JsonReader json) {
    json.requireObject("name", "summary", "rootKinds", "options", "userNamespace");
    ExecutorInfo.Builder info =
        ExecutorInfo.builder(json.required("name").text(), json.required("summary").text());
    json.required("rootKinds").list(kind -> kind.oneOf(Root.Kind.class)).forEach(info::root);
    json.listOrNone("options", InfoCodec::readOption).forEach(info::option);
    if (json.optional("userNamespace").map(JsonReader::bool).orElse(false)) {
      info.userNamespace();
    }
    return json.check(info::build);
  }

  private static ObjectNode option(Option option) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", option.name())
        .put("type", SeedCodec.name(option.type()))
        .put("doc", option.doc())
        .put("required", option.required());
    if (!option.choices().isEmpty()) {
      json.set("choices", SeedCodec.texts(option.choices()));
    }
    return json;
  }

  /** An option with choices is a string that may be left out: the SPI has no other with them. */
  private static Option readOption(JsonReader json) {
    json.requireObject("name", "type", "doc", "required", "choices");
    String name = json.required("name").text();
    Option.Type type = json.required("type").oneOf(Option.Type.class);
    String doc = json.required("doc").text();
    boolean required = json.optional("required").map(JsonReader::bool).orElse(false);
    List<String> choices = json.listOrNone("choices", JsonReader::text);
    if (choices.isEmpty()) {
      return json.check(
          () -> required ? Option.required(name, type, doc) : Option.optional(name, type, doc));
    }
    if (required || type != Option.Type.STRING) {
      throw json.invalid("has choices, so it must be a string that is not required");
    }
    return json.check(() -> Option.oneOf(name, doc, choices));
  }
}
