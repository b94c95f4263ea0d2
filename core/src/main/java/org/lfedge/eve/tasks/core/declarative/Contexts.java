package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * What placeholders name, from what an executor is given: the request as it goes to an executable
 * executor, and beside the task its options with their defaults and what all kinds of root have.
 */
final class Contexts {

  private Contexts() {}

  /** For questions. */
  static ObjectNode of(TaskConfig task, Declaration declaration) {
    JsonNode call = new Call.Ask(task, List.of()).toJson(declaration.info().options());
    ObjectNode context = JsonNodeFactory.instance.objectNode();
    context.set("task", call.get("task"));
    return complete(context, declaration);
  }

  /**
   * For a seed.
   *
   * @param questions in the order of the declaration; two may have become the same
   */
  static ObjectNode of(SeedRequest request, Declaration declaration, List<FactQuery> questions) {
    List<FactQuery> asked = questions.stream().distinct().toList();
    ObjectNode context =
        (ObjectNode)
            new Call.MakeSeed(request, asked).toJson(declaration.info().options()).get("request");
    JsonNode answers = context.get("facts");
    ArrayNode facts = context.putArray("facts");
    questions.forEach(question -> facts.add(answers.get(asked.indexOf(question))));
    return complete(context, declaration);
  }

  private static ObjectNode complete(ObjectNode context, Declaration declaration) {
    JsonNode task = context.get("task");
    ObjectNode options = context.putObject("options");
    declaration.defaults().forEach(options::set);
    task.get("options").properties().forEach(o -> options.set(o.getKey(), o.getValue()));
    declaration.info().options().stream()
        .filter(option -> option.type() == Option.Type.STRING_LIST)
        .filter(option -> !options.has(option.name()))
        .forEach(option -> options.putArray(option.name()));
    String kind = task.get("root").fieldNames().next();
    boolean readOnly = task.get("root").get(kind).path("readOnly").asBoolean(false);
    context.putObject("root").put("kind", kind).put("readOnly", readOnly);
    return context;
  }
}
