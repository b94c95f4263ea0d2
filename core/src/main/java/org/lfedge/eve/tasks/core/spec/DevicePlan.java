package org.lfedge.eve.tasks.core.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.LexicalPath;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.DeviceRule;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Linux;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Program;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Resources;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Rlimit;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.User;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;

/**
 * The devices of a task in its spec: those of its document, all of which its seed must take, and
 * device nodes that the seed asks for besides, as far as they are granted. A rule of the cgroup
 * allows each of them, after the one that denies all devices.
 */
public final class DevicePlan {

  /** What every task has of its own below /dev; nothing of the node takes its place. */
  private static final SortedSet<String> OWN =
      new TreeSet<>(
          List.of(
              "/dev/console",
              "/dev/core",
              "/dev/fd",
              "/dev/full",
              "/dev/null",
              "/dev/ptmx",
              "/dev/random",
              "/dev/stderr",
              "/dev/stdin",
              "/dev/stdout",
              "/dev/tty",
              "/dev/urandom",
              "/dev/zero"));

  /** RLIM_INFINITY. */
  private static final BigInteger NO_LIMIT = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

  private static final String LOCKED_MEMORY = "RLIMIT_MEMLOCK";

  private static final List<String> OWN_TREES =
      List.of(
          "/dev/mqueue", "/dev/pts", "/dev/shm", MountPlan.INIT_TARGET, OwnUsers.FORMATS_TARGET);

  private final String task;
  private final DeviceEdits edits;
  private final boolean locksMemory;
  private final Map<String, DeviceNode> nodes = new LinkedHashMap<>();

  private DevicePlan(String task, DeviceInputs devices) {
    this.task = task;
    this.edits = devices.edits();
    this.locksMemory =
        devices.asked().stream().anyMatch(device -> device instanceof DeviceRequest.Pci);
  }

  /** Whether a task has something of its own at a path below {@code /dev}. */
  public static boolean isOwn(String path) {
    return OWN.contains(path)
        || OWN_TREES.stream().anyMatch(tree -> LexicalPath.isWithin(path, tree));
  }

  /**
   * Plans the devices of a spec.
   *
   * @throws TaskException with code {@code DEVICE_NOT_TAKEN} if the seed leaves out a device of the
   *     task, or {@code DEVICE_CONFLICT} if two have one path
   */
  static DevicePlan of(Seed seed, SpecInputs inputs, Grants grants, WithheldList withheld) {
    DeviceInputs devices = inputs.devices();
    requireAll(seed, inputs);
    DevicePlan plan = new DevicePlan(inputs.name(), devices);
    for (DeviceNode node : devices.edits().nodes()) {
      if (isOwn(node.path())) {
        withheld.add("device " + node.path(), WithheldList.CORE_SETS_IT);
      } else {
        plan.add(node);
      }
    }
    for (DeviceRequest asked : seed.devices()) {
      if (devices.asked().contains(asked) || !(asked instanceof DeviceRequest.Node node)) {
        continue;
      }
      DeviceNode further = devices.further().get(node.path());
      if (!grants.allowsDevice(node.path())) {
        withheld.notGranted("device " + node.path(), grants, "devices");
      } else if (further == null || isOwn(node.path())) {
        withheld.add("device " + node.path(), WithheldList.CORE_SETS_IT);
      } else {
        plan.add(further);
      }
    }
    return plan;
  }

  private static void requireAll(Seed seed, SpecInputs inputs) {
    List<Problem> problems = new ArrayList<>();
    List<DeviceRequest> asked = inputs.devices().asked();
    for (DeviceRequest device : asked) {
      if (!seed.devices().contains(device)) {
        problems.add(inputs.defect("DEVICE_NOT_TAKEN", "does not take " + device));
      }
    }
    for (DeviceRequest device : seed.devices()) {
      if (!asked.contains(device) && !(device instanceof DeviceRequest.Node)) {
        problems.add(
            inputs.defect(
                "DEVICE_NOT_TAKEN", "takes " + device + ", which the task does not have"));
      }
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  /** Two CDI devices of one vendor often share a node. */
  private void add(DeviceNode node) {
    DeviceNode before = nodes.get(node.path());
    if (before != null && !before.isSameDevice(node)) {
      throw TaskException.failed(
          Problem.user(
              "DEVICE_CONFLICT",
              "two devices of task "
                  + task
                  + " are to be "
                  + node.path()
                  + "; leave out one of them"));
    }
    nodes.put(node.path(), before == null ? node : before.allowing(node.access()));
  }

  /** The program, with the variables and groups that devices bring. */
  Program in(Program program) {
    User user = Objects.requireNonNull(program.user());
    List<Long> groups = new ArrayList<>(user.additionalGids());
    edits.additionalGids().stream()
        .map(Integer::longValue)
        .filter(group -> !groups.contains(group))
        .forEach(groups::add);
    return new Program(
        program.terminal(),
        new User(user.uid(), user.gid(), user.umask(), groups, user.other()),
        program.args(),
        env(program.env()),
        program.cwd(),
        program.capabilities(),
        rlimits(program.rlimits()),
        program.noNewPrivileges(),
        program.oomScoreAdj(),
        program.other());
  }

  /**
   * The kernel holds all memory of a guest that has a PCI device, for the sake of the device, and
   * counts it as locked by the anchor. The cgroup of the task limits it.
   */
  private List<Rlimit> rlimits(List<Rlimit> own) {
    if (!locksMemory) {
      return own;
    }
    List<Rlimit> rlimits = new ArrayList<>(own);
    rlimits.removeIf(limit -> LOCKED_MEMORY.equals(limit.type()));
    rlimits.add(new Rlimit(LOCKED_MEMORY, NO_LIMIT, NO_LIMIT, Map.of()));
    return rlimits;
  }

  private List<String> env(List<String> own) {
    Map<String, String> brought = new LinkedHashMap<>();
    edits.env().forEach(variable -> brought.put(key(variable), variable));
    List<String> env = new ArrayList<>(own);
    env.removeIf(variable -> brought.containsKey(key(variable)));
    env.addAll(brought.values());
    return env;
  }

  private static String key(String variable) {
    return variable.substring(0, Math.max(0, variable.indexOf('=')));
  }

  /** What is particular to Linux, with the nodes, and the rules that allow them. */
  Linux in(Linux linux, Program program) {
    if (nodes.isEmpty()) {
      return linux;
    }
    Resources resources = Objects.requireNonNull(linux.resources());
    List<DeviceRule> rules = new ArrayList<>(resources.devices());
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (DeviceNode node : nodes.values()) {
      list.add(json(node, Objects.requireNonNull(program.user())));
      if (node.type() != DeviceNode.Type.FIFO) {
        rules.add(
            new DeviceRule(
                true,
                node.type().letter(),
                (long) node.major(),
                (long) node.minor(),
                node.access(),
                Map.of()));
      }
    }
    Map<String, JsonNode> other = new TreeMap<>(linux.other());
    other.put("devices", list);
    return new Linux(
        linux.uidMappings(),
        linux.gidMappings(),
        linux.sysctl(),
        new Resources(
            rules, resources.memory(), resources.cpu(), resources.pids(), resources.other()),
        linux.cgroupsPath(),
        linux.namespaces(),
        linux.seccomp(),
        linux.maskedPaths(),
        linux.readonlyPaths(),
        other);
  }

  private static ObjectNode json(DeviceNode node, User user) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("path", node.path())
            .put("type", node.type().letter());
    if (node.type() != DeviceNode.Type.FIFO) {
      json.put("major", node.major()).put("minor", node.minor());
    }
    return json.put("fileMode", node.mode())
        .put("uid", node.uid().orElse((int) user.uid()))
        .put("gid", node.gid().orElse((int) user.gid()));
  }

  /** The fields of the whole spec that devices bring: hooks, if there are any. */
  Map<String, JsonNode> top() {
    if (edits.hooks().isEmpty()) {
      return Map.of();
    }
    ObjectNode hooks = JsonNodeFactory.instance.objectNode();
    for (DeviceEdits.Hook hook : edits.hooks()) {
      ObjectNode json = hooks.withArray(hook.when()).addObject().put("path", hook.path());
      texts(json, "args", hook.args());
      texts(json, "env", hook.env());
      hook.timeout().ifPresent(seconds -> json.put("timeout", seconds));
    }
    return Map.of("hooks", hooks);
  }

  private static void texts(ObjectNode json, String key, List<String> texts) {
    if (!texts.isEmpty()) {
      ArrayNode list = json.putArray(key);
      texts.forEach(list::add);
    }
  }
}
