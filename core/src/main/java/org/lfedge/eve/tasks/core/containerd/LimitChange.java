package org.lfedge.eve.tasks.core.containerd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.lfedge.eve.tasks.core.containerd.api.containers.Container;
import org.lfedge.eve.tasks.core.containerd.api.containers.ContainersGrpc;
import org.lfedge.eve.tasks.core.containerd.api.containers.UpdateContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.TasksGrpc;
import org.lfedge.eve.tasks.core.containerd.api.tasks.UpdateTaskRequest;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Changes the limits of a container, and those of its cgroup while there are processes in it. That
 * may fail half way: runc 1.1 sets the CPUs before the memory, and does not set them back when the
 * kernel refuses the memory limit. So what was there before is applied again.
 */
final class LimitChange {

  static final String IN_USE = "MEMORY_IN_USE";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPE =
      "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";

  /** What can change while processes run; the rules for devices, for one, cannot. */
  private static final List<String> LIVE = List.of("memory", "cpu", "pids");

  private final ContainerdClient client;
  private final LiveCgroups cgroups;

  LimitChange(ContainerdClient client, LiveCgroups cgroups) {
    this.client = client;
    this.cgroups = cgroups;
  }

  /**
   * Changes the limits on record and, while there are processes, those of the cgroup; a failure
   * leaves both as they were.
   *
   * @param live whether there are processes
   * @throws TaskException refused with MEMORY_IN_USE
   */
  void change(Container container, Any spec, BooleanSupplier live) {
    boolean applied = live.getAsBoolean() && apply(container, spec, live);
    try {
      client.call(
          "record the limits of " + container.getId(),
          () ->
              client
                  .quick(ContainersGrpc::newBlockingStub)
                  .update(
                      UpdateContainerRequest.newBuilder()
                          .setContainer(container.toBuilder().setSpec(spec))
                          .setUpdateMask(FieldMask.newBuilder().addPaths("spec"))
                          .build()));
    } catch (TaskException e) {
      if (applied) {
        restore(container, e);
      }
      throw e;
    }
  }

  /** Whether they were applied: there is nothing to do once the processes have ended. */
  private boolean apply(Container container, Any spec, BooleanSupplier live) {
    try {
      apply(container.getId(), spec);
      return true;
    } catch (TaskException e) {
      if (!live.getAsBoolean()) {
        return false;
      }
      restore(container, e);
      throw e;
    }
  }

  private void restore(Container container, TaskException cause) {
    try {
      apply(container.getId(), container.getSpec());
    } catch (TaskException e) {
      cause.addSuppressed(e);
    }
  }

  private void apply(String id, Any specJson) {
    JsonNode spec = parse(specJson.getValue().toStringUtf8());
    refuseToKill(id, spec);
    Any resources =
        Any.newBuilder()
            .setTypeUrl(TYPE)
            .setValue(ByteString.copyFromUtf8(resources(spec).toString()))
            .build();
    try {
      client.call(
          "change the limits of " + id,
          () ->
              client
                  .within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub)
                  .update(
                      UpdateTaskRequest.newBuilder()
                          .setContainerId(id)
                          .setResources(resources)
                          .build()));
    } catch (TaskException e) {
      throw e.first().code().equals(IN_USE) ? TaskException.refused(e.first()) : e;
    }
  }

  /**
   * The limits of a spec as the update takes them. It leaves a set of CPUs that is not given as it
   * is, so that of the parent stands for all CPUs.
   */
  private ObjectNode resources(JsonNode spec) {
    ObjectNode resources = JSON.createObjectNode();
    for (String name : LIVE) {
      JsonNode limits = spec.at("/linux/resources").path(name);
      if (limits.isObject()) {
        resources.set(name, limits.deepCopy());
      }
    }
    ObjectNode cpu = resources.withObject("/cpu");
    if (!cpu.has("cpus")) {
      cgroups.cpusOfParent(cgroup(spec)).ifPresent(cpus -> cpu.put("cpus", cpus));
    }
    return resources;
  }

  /**
   * On cgroup v1 the kernel refuses a limit below what cannot be given back. On v2 it takes the
   * limit and kills processes until the rest fits, so that is found out beforehand. What is
   * allocated between this look and the change is not seen.
   */
  private void refuseToKill(String id, JsonNode spec) {
    long limit = spec.at("/linux/resources/memory/limit").asLong();
    OptionalLong used = cgroups.unreclaimable(cgroup(spec));
    if (limit > 0 && used.isPresent() && used.getAsLong() > limit) {
      throw TaskException.refused(inUse(id, used.getAsLong(), limit));
    }
  }

  static Problem inUse(String id, long used, long limit) {
    return Problem.user(
        IN_USE,
        id
            + " uses "
            + used
            + " bytes of memory that it cannot give back, and the new limit would be "
            + limit
            + " bytes; nothing was changed; give it more, or stop it first");
  }

  private static Path cgroup(JsonNode spec) {
    return Path.of("/").relativize(Path.of("/", spec.at("/linux/cgroupsPath").asText()));
  }

  private static JsonNode parse(String specJson) {
    try {
      return JSON.readTree(specJson);
    } catch (JsonProcessingException e) {
      throw TaskException.failed(
          Problem.internal("SPEC_INVALID", "the new spec is not JSON: " + e.getOriginalMessage()),
          e);
    }
  }
}
