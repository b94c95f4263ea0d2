package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.VmConfig;
import org.lfedge.eve.tasks.core.eve.api.VmMode;

/** The task document of an app in the making: what all of EVE's formats say of an app alike. */
final class AppDocument {

  private static final int MAX_DISPLAY_NAME = 256;

  private final ObjectNode json = JsonNodeFactory.instance.objectNode();
  private final String displayName;
  private final Findings findings;

  /**
   * One of an app that is active: it is to run, whatever its program thinks of that.
   *
   * @param name of people, of which the first line is shown
   */
  AppDocument(String id, String name, Findings findings) {
    this.findings = findings;
    String line = name.lines().findFirst().orElse("").strip();
    displayName = line.substring(0, Math.min(line.length(), MAX_DISPLAY_NAME));
    json.put("name", id);
    if (!displayName.isEmpty()) {
      json.put("displayName", displayName);
    }
    json.putObject("restart").put("policy", "always");
  }

  /** What is shown to people; may be empty. */
  String displayName() {
    return displayName;
  }

  /** For what is said in one format alone. */
  ObjectNode json() {
    return json;
  }

  /** Takes the executor that this node has for a mode, if it has one. */
  Optional<String> executor(NodeRules rules, VmMode mode, String path) {
    Optional<String> executor = Optional.ofNullable(rules.executors().get(mode));
    executor.ifPresentOrElse(
        found -> json.put("executor", found),
        () -> findings.unsupported(path, mode, "this node has no executor for this mode"));
    return executor;
  }

  /** Memory and CPUs; EVE's numbers have no sign. */
  void resources(VmConfig machine, List<Integer> pinned) {
    ObjectNode resources = json.putObject("resources");
    resources.put("memory", Integer.toUnsignedString(machine.getMemory()) + "KiB");
    resources.put("cpus", Math.max(1, Integer.toUnsignedLong(machine.getVcpus())));
    pinned.forEach(resources.withArray("pin")::add);
    if (machine.getVmmMaxmem() != 0) {
      resources
          .putObject("tax")
          .put("memory", Integer.toUnsignedString(machine.getVmmMaxmem()) + "KiB");
    }
  }

  /** The document, unless something was found to be wrong with it, or is now. */
  Optional<TaskDocument> checked() {
    if (!findings.none()) {
      return Optional.empty();
    }
    try {
      return Optional.of(TaskDocuments.fromJson(json));
    } catch (TaskException e) {
      findings.addAll(e.problems());
      return Optional.empty();
    }
  }
}
