package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Timestamp;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.ApiProblems;
import org.lfedge.eve.tasks.core.api.v1.Controller;
import org.lfedge.eve.tasks.core.api.v1.ControllerApp;

/** What {@code node} shows of the controller and its apps. */
final class ControllerText {

  private ControllerText() {}

  /** For people: titles, and what stands behind them. */
  static Map<String, String> lines(Controller controller) {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("Controller", controller.getSource());
    lines.put("Known there as", controller.getDevice());
    if (controller.hasLastConfig()) {
      lines.put("Config received", TaskJson.instant(controller.getLastConfig()));
    }
    if (controller.hasLastContact()) {
      lines.put("Last answer", TaskJson.instant(controller.getLastContact()));
    }
    if (controller.hasProblem()) {
      lines.put("Controller problem", ApiProblems.value(controller.getProblem()).toString());
    }
    if (controller.getWaiting() > 0) {
      lines.put("Messages to send", String.valueOf(controller.getWaiting()));
    }
    for (ControllerApp app : controller.getAppsList()) {
      String problems =
          app.getProblemsList().stream()
              .map(problem -> "; " + ApiProblems.value(problem))
              .collect(Collectors.joining());
      String name = app.getName().isEmpty() ? "" : " (" + app.getName() + ")";
      lines.put("App " + app.getId(), app.getState() + name + problems);
    }
    return lines;
  }

  static ObjectNode json(Controller controller) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("source", controller.getSource());
    json.put("device", controller.getDevice().isEmpty() ? null : controller.getDevice());
    json.put("lastConfig", time(controller.hasLastConfig(), controller.getLastConfig()));
    json.put("lastContact", time(controller.hasLastContact(), controller.getLastContact()));
    json.set(
        "problem",
        controller.hasProblem()
            ? TaskJson.problem(ApiProblems.value(controller.getProblem()))
            : null);
    json.put("waiting", controller.getWaiting());
    ArrayNode apps = json.putArray("apps");
    for (ControllerApp app : controller.getAppsList()) {
      ObjectNode item = apps.addObject();
      item.put("id", app.getId());
      item.put("name", app.getName());
      item.put("task", app.getTask().isEmpty() ? null : app.getTask());
      item.put("state", app.getState());
      ArrayNode problems = item.putArray("problems");
      app.getProblemsList()
          .forEach(problem -> problems.add(TaskJson.problem(ApiProblems.value(problem))));
    }
    return json;
  }

  private static @Nullable String time(boolean known, Timestamp time) {
    return known ? TaskJson.instant(time) : null;
  }
}
