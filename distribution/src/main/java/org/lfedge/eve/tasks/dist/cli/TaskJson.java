package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.ApiProblems;
import org.lfedge.eve.tasks.core.api.v1.Change;
import org.lfedge.eve.tasks.core.api.v1.Dependency;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.ExecutorEntry;
import org.lfedge.eve.tasks.core.api.v1.ExecutorOption;
import org.lfedge.eve.tasks.core.api.v1.Failure;
import org.lfedge.eve.tasks.core.api.v1.FieldChange;
import org.lfedge.eve.tasks.core.api.v1.Hypervisor;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.ImageTrust;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.Memory;
import org.lfedge.eve.tasks.core.api.v1.NodeResponse;
import org.lfedge.eve.tasks.core.api.v1.RejectedPlugin;
import org.lfedge.eve.tasks.core.api.v1.RenderResponse;
import org.lfedge.eve.tasks.core.api.v1.RootFile;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaxPart;
import org.lfedge.eve.tasks.core.error.Problem;

/**
 * The daemon's answers as the JSON that {@code -o json} promises. A key whose value is not known is
 * there, and null.
 */
final class TaskJson {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private TaskJson() {}

  /** An element of {@code list}. */
  static ObjectNode task(Task task) {
    ObjectNode json = NODES.objectNode();
    json.put("name", task.getName());
    json.put("displayName", orNull(task.getDisplayName()));
    json.put("executor", task.getExecutor());
    json.put("state", task.getState());
    json.put("desired", task.getDesired());
    json.put("pid", task.hasPid() ? task.getPid() : null);
    json.put("pidStartTime", task.hasPidStartTime() ? task.getPidStartTime() : null);
    json.put("exitCode", task.hasExitCode() ? task.getExitCode() : null);
    json.put("exitSignal", task.hasExitSignal() ? task.getExitSignal() : null);
    json.put("exitOutcome", orNull(task.getExitOutcome()));
    json.put("exitMeaning", orNull(task.getExitMeaning()));
    json.put("oomKilled", task.getOomKilled());
    json.set("failure", task.hasFailure() ? failure(task.getFailure()) : null);
    json.put("restarts", task.getRestarts());
    json.put("nextStart", task.hasNextStart() ? instant(task.getNextStart()) : null);
    json.put("restartReason", orNull(task.getRestartReason()));
    json.set("health", health(task));
    ArrayNode waitingFor = json.putArray("waitingFor");
    for (Dependency dependency : task.getWaitingForList()) {
      waitingFor.addObject().put("task", dependency.getTask()).put("on", dependency.getOn());
    }
    json.set("stop", stop(task));
    json.put("stopBoundMillis", task.getStopBoundMillis());
    json.put("createdAt", instant(task.getCreatedAt()));
    json.put("startedAt", task.hasStartedAt() ? instant(task.getStartedAt()) : null);
    json.put("exitedAt", task.hasExitedAt() ? instant(task.getExitedAt()) : null);
    json.set("memory", memory(task.getMemory()));
    ArrayNode interfaces = json.putArray("interfaces");
    task.getInterfacesList().forEach(one -> interfaces.add(NetworksCommand.json(one)));
    return json;
  }

  /** What {@code inspect} shows. */
  static ObjectNode detail(InspectResponse detail) {
    ObjectNode json = task(detail.getTask());
    json.set("config", Session.parse(detail.getConfigJson()));
    json.put("executorVersion", orNull(detail.getExecutorVersion()));
    json.put("executorDigest", orNull(detail.getExecutorDigest()));
    json.put("toolsDigest", orNull(detail.getToolsDigest()));
    json.set("toolsTrust", detail.hasToolsTrust() ? imageTrust(detail.getToolsTrust()) : null);
    json.put("imageDigest", orNull(detail.getImageDigest()));
    json.set("imageTrust", detail.hasImageTrust() ? imageTrust(detail.getImageTrust()) : null);
    json.set("rootFile", detail.hasRootFile() ? rootFile(detail.getRootFile()) : null);
    json.put("trust", orNull(detail.getTrust()));
    json.set(
        "seed",
        detail.getSeedJson().isEmpty() ? NODES.nullNode() : Session.parse(detail.getSeedJson()));
    json.set(
        "spec",
        detail.getSpecJson().isEmpty() ? NODES.nullNode() : Session.parse(detail.getSpecJson()));
    json.put("cgroup", orNull(detail.getCgroup()));
    ObjectNode limits = json.putObject("limits");
    new TreeMap<>(detail.getLimitsMap()).forEach(limits::put);
    ObjectNode logs = json.putObject("logs");
    logs.put("stdout", detail.getStdoutPath());
    logs.put("stderr", detail.getStderrPath());
    ArrayNode tax = json.putArray("tax");
    for (TaxPart part : detail.getTaxList()) {
      ObjectNode item = tax.addObject();
      item.put("name", part.getName());
      item.put("pool", part.getPool());
      item.put("bytes", part.getBytes());
      item.put("why", part.getWhy());
    }
    return json;
  }

  private static ObjectNode rootFile(RootFile file) {
    ObjectNode json = NODES.objectNode();
    json.put("digest", file.getDigest());
    json.put("source", file.getSource());
    json.put("artifactDigest", orNull(file.getArtifactDigest()));
    return json;
  }

  /** An element of what {@code apply} shows. */
  static ObjectNode change(Change change) {
    ObjectNode json = NODES.objectNode();
    json.put("task", change.getTask());
    json.put("action", change.getAction());
    ArrayNode fields = json.putArray("fields");
    for (FieldChange field : change.getFieldsList()) {
      fields
          .addObject()
          .put("path", field.getPath())
          .put("before", orNull(field.getBefore()))
          .put("after", orNull(field.getAfter()));
    }
    ArrayNode problems = json.putArray("problems");
    change.getProblemsList().forEach(problem -> problems.add(problem(ApiProblems.value(problem))));
    return json;
  }

  /** One event: what every event has, and what belongs to its type. */
  static ObjectNode event(Event event) {
    ObjectNode json = NODES.objectNode();
    json.put("seq", event.getSeq());
    json.put("time", instant(event.getTime()));
    json.put("task", event.getTask());
    json.put("type", event.getType());
    if (event.hasPid()) {
      json.put("pid", event.getPid()).put("pidStartTime", event.getPidStartTime());
    }
    if (event.hasOomKilled()) {
      json.put("exitCode", event.hasExitCode() ? event.getExitCode() : null);
      json.put("exitSignal", event.hasExitSignal() ? event.getExitSignal() : null);
      json.put("exitOutcome", orNull(event.getExitOutcome()));
      json.put("exitMeaning", orNull(event.getExitMeaning()));
      json.put("oomKilled", event.getOomKilled());
    }
    if (event.hasFailure()) {
      json.set("failure", failure(event.getFailure()));
    }
    if (event.hasNextStart()) {
      json.put("nextStart", instant(event.getNextStart()));
    }
    if (event.hasCount()) {
      json.put("count", event.getCount());
    }
    if (!event.getReason().isEmpty()) {
      json.put("reason", event.getReason());
    }
    return json;
  }

  /** What {@code render --explain} shows. */
  static ObjectNode rendering(RenderResponse rendering) {
    ObjectNode json = NODES.objectNode();
    json.put("executor", rendering.getExecutor());
    json.set("spec", Session.parse(rendering.getSpecJson()));
    ArrayNode withheld = json.putArray("withheld");
    rendering
        .getWithheldList()
        .forEach(
            item -> withheld.addObject().put("what", item.getWhat()).put("why", item.getWhy()));
    ArrayNode atCreate = json.putArray("atCreate");
    rendering.getAtCreateList().forEach(atCreate::add);
    return json;
  }

  /** What {@code node} shows. */
  static ObjectNode node(NodeResponse node) {
    ObjectNode json = NODES.objectNode();
    json.put("version", node.getVersion());
    json.put("architecture", node.getArchitecture());
    json.put("kernel", node.getKernel());
    json.put("cgroupVersion", node.getCgroupVersion());
    json.put("cpus", node.getCpus());
    json.put("memoryBytes", node.getMemoryBytes());
    ObjectNode accelerators = json.putObject("accelerators");
    new TreeMap<>(node.getAcceleratorsMap()).forEach(accelerators::put);
    json.set("hypervisor", node.hasHypervisor() ? hypervisor(node.getHypervisor()) : null);
    json.put("binaryFormats", node.getBinaryFormats());
    ObjectNode containerd = json.putObject("containerd");
    containerd.put("version", node.getContainerdVersion());
    containerd.put("socket", node.getContainerdSocket());
    containerd.put("snapshotter", node.getSnapshotter());
    json.put("pluginsDirectory", node.getPluginsDirectory());
    json.put("stateDirectory", node.getStateDirectory());
    ArrayNode networks = json.putArray("networks");
    node.getNetworksList().forEach(network -> networks.add(NetworksCommand.json(network)));
    json.set("controller", node.hasController() ? ControllerText.json(node.getController()) : null);
    return json;
  }

  private static ObjectNode hypervisor(Hypervisor hypervisor) {
    ObjectNode json = NODES.objectNode();
    json.put("name", hypervisor.getName());
    json.put("version", hypervisor.getVersion());
    hypervisor.getCapabilitiesList().forEach(json.putArray("capabilities")::add);
    json.put("memoryBytes", hypervisor.hasMemoryBytes() ? hypervisor.getMemoryBytes() : null);
    json.put("freeBytes", hypervisor.hasFreeBytes() ? hypervisor.getFreeBytes() : null);
    json.put("problem", orNull(hypervisor.getProblem()));
    return json;
  }

  /** An element of {@code executors list}. */
  static ObjectNode executor(ExecutorEntry executor) {
    ObjectNode json = NODES.objectNode();
    json.put("name", executor.getName());
    json.put("summary", executor.getSummary());
    json.put("version", executor.getVersion());
    json.put("digest", executor.getDigest());
    json.put("trust", executor.getTrust());
    json.put("file", executor.getFile());
    json.putNull("rejected");
    return json;
  }

  /**
   * The answer of {@code executors inspect}.
   *
   * @param others files that have the executor too
   */
  static ObjectNode executor(ExecutorEntry executor, List<RejectedPlugin> others) {
    ObjectNode json = executor(executor);
    json.remove("rejected");
    executor.getRootKindsList().forEach(json.putArray("roots")::add);
    ArrayNode options = json.putArray("options");
    for (ExecutorOption option : executor.getOptionsList()) {
      ObjectNode node = options.addObject();
      node.put("name", option.getName());
      node.put("type", option.getType());
      node.put("required", option.getRequired());
      option.getChoicesList().forEach(node.putArray("choices")::add);
      node.put("doc", option.getDoc());
    }
    ArrayNode files = json.putArray("others");
    for (RejectedPlugin plugin : others) {
      files
          .addObject()
          .put("file", plugin.getFile())
          .put("version", plugin.getVersion())
          .put("digest", plugin.getDigest())
          .put("code", plugin.getCode())
          .put("reason", plugin.getReason());
    }
    return json;
  }

  /** An element of {@code executors list} for a file that could not be used. */
  static ObjectNode rejected(RejectedPlugin plugin) {
    ObjectNode json = NODES.objectNode();
    json.put("name", plugin.getFile());
    json.putNull("summary");
    json.put("version", orNull(plugin.getVersion()));
    json.put("digest", orNull(plugin.getDigest()));
    json.putNull("trust");
    json.put("file", plugin.getFile());
    json.putObject("rejected").put("code", plugin.getCode()).put("reason", plugin.getReason());
    return json;
  }

  /** An element of {@code images list}. */
  static ObjectNode image(ImageEntry image) {
    ObjectNode json = NODES.objectNode();
    json.put("name", image.getName());
    json.put("digest", image.getDigest());
    json.put("sizeBytes", image.getSizeBytes());
    image.getPlatformsList().forEach(json.putArray("platforms")::add);
    return json;
  }

  static ObjectNode problem(Problem problem) {
    ObjectNode json = NODES.objectNode();
    json.put("code", problem.code());
    json.put("kind", ApiProblems.kind(problem));
    json.put("path", problem.path());
    json.put("value", problem.value());
    json.put("message", problem.message());
    return json;
  }

  private static ObjectNode failure(Failure failure) {
    ObjectNode json = problem(ApiProblems.value(failure.getProblem()));
    json.put("step", failure.getStep());
    json.put("at", instant(failure.getAt()));
    return json;
  }

  private static ObjectNode imageTrust(ImageTrust trust) {
    ObjectNode json = NODES.objectNode();
    json.put("requirement", trust.getRequirement());
    json.put("rule", orNull(trust.getRule()));
    json.put("digest", trust.getDigest());
    json.put("key", orNull(trust.getKey()));
    return json;
  }

  private static @Nullable ObjectNode health(Task task) {
    if (!task.hasHealth()) {
      return null;
    }
    return NODES
        .objectNode()
        .put("status", task.getHealth().getStatus())
        .put("failures", task.getHealth().getFailures())
        .put("reason", orNull(task.getHealth().getReason()));
  }

  private static @Nullable ObjectNode stop(Task task) {
    if (!task.hasStop()) {
      return null;
    }
    return NODES
        .objectNode()
        .put("step", task.getStop().getStep())
        .put("steps", task.getStop().getSteps())
        .put("action", task.getStop().getAction())
        .put("until", instant(task.getStop().getUntil()));
  }

  static ObjectNode memory(Memory memory) {
    ObjectNode json = NODES.objectNode();
    json.put("askedBytes", memory.getAskedBytes());
    json.put("taxBytes", memory.getTaxBytes());
    json.put("limitBytes", memory.getLimitBytes());
    json.put("hypervisorBytes", memory.getHypervisorBytes());
    json.put("usageBytes", memory.hasUsageBytes() ? memory.getUsageBytes() : null);
    json.put(
        "taxObservedBytes", memory.hasTaxObservedBytes() ? memory.getTaxObservedBytes() : null);
    json.put("taxAdvice", orNull(memory.getTaxAdvice()));
    return json;
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  static String instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).toString();
  }
}
