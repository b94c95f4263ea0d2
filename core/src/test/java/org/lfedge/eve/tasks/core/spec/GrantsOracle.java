package org.lfedge.eve.tasks.core.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * Says in what a spec goes beyond what is granted. Written against the text of the spec and without
 * any code of the core's assembly, so that the two can be wrong only in different ways.
 */
final class GrantsOracle {

  private static final Map<String, Set<String>> KEYS =
      Map.of(
          "",
          Set.of("ociVersion", "process", "root", "hostname", "mounts", "annotations", "linux"),
          "/process",
          Set.of(
              "terminal",
              "user",
              "args",
              "env",
              "cwd",
              "capabilities",
              "rlimits",
              "noNewPrivileges",
              "oomScoreAdj"),
          "/process/user",
          Set.of("uid", "gid", "umask", "additionalGids"),
          "/process/capabilities",
          Set.of("bounding", "effective", "inheritable", "permitted", "ambient"),
          "/root",
          Set.of("path", "readonly"),
          "/linux",
          Set.of(
              "sysctl",
              "resources",
              "cgroupsPath",
              "namespaces",
              "seccomp",
              "maskedPaths",
              "readonlyPaths"),
          "/linux/resources",
          Set.of("devices", "memory", "cpu", "pids"));

  private static final List<String> DEVICES =
      List.of("1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:2", "136:*");

  private static final Set<String> KERNEL_CALLS =
      Set.of(
          "mount",
          "umount2",
          "setns",
          "unshare",
          "bpf",
          "init_module",
          "kexec_load",
          "keyctl",
          "add_key",
          "open_by_handle_at",
          "io_uring_setup",
          "userfaultfd",
          "socketcall",
          "reboot",
          "swapon",
          "clone3",
          "clone",
          "socket",
          "personality");

  private static final Pattern SAFE_SYSCTL =
      Pattern.compile(
          "kernel\\.shm_rmid_forced|net\\.ipv4\\.(ip_local_(port_range|reserved_ports)"
              + "|ip_unprivileged_port_start|ping_group_range|tcp_[a-z_]+)");

  private final JsonNode spec;
  private final Seed seed;
  private final SpecInputs inputs;
  private final Grants grants;
  private final List<String> excesses = new ArrayList<>();

  private GrantsOracle(JsonNode spec, Seed seed, SpecInputs inputs, Grants grants) {
    this.spec = spec;
    this.seed = seed;
    this.inputs = inputs;
    this.grants = grants;
  }

  static List<String> excesses(String json, Seed seed, SpecInputs inputs, Grants grants) {
    try {
      GrantsOracle oracle =
          new GrantsOracle(new ObjectMapper().readTree(json), seed, inputs, grants);
      oracle.checkKeys();
      oracle.checkProcess();
      oracle.checkCoreValues();
      oracle.checkNamespaces();
      oracle.checkMounts();
      oracle.checkDevices();
      oracle.checkSeccomp();
      return oracle.excesses;
    } catch (JsonProcessingException e) {
      return List.of(e.getMessage());
    }
  }

  private void require(boolean holds, String what) {
    if (!holds) {
      excesses.add(what);
    }
  }

  private void checkKeys() {
    KEYS.forEach(
        (pointer, keys) ->
            spec.at(pointer)
                .fieldNames()
                .forEachRemaining(
                    key -> require(keys.contains(key), "key " + pointer + "/" + key)));
    spec.path("annotations")
        .fieldNames()
        .forEachRemaining(
            key ->
                require(
                    key.equals("maintainer")
                        || key.startsWith("org.opencontainers.image.")
                        || key.startsWith("org.lfedge.eve."),
                    "annotation " + key));
    spec.at("/linux/sysctl")
        .fieldNames()
        .forEachRemaining(key -> require(SAFE_SYSCTL.matcher(key).matches(), "sysctl " + key));
  }

  private void checkProcess() {
    JsonNode process = spec.path("process");
    require(process.path("noNewPrivileges").asBoolean(false), "new privileges");
    require(
        process.path("terminal").asBoolean(!inputs.terminal()) == inputs.terminal(), "terminal");
    require(process.path("oomScoreAdj").asInt(-1) >= 0, "oomScoreAdj");
    require(process.at("/user/uid").asInt(-1) == seed.process().user().uid(), "uid");
    require(process.at("/user/gid").asInt(-1) == seed.process().user().gid(), "gid");
    for (JsonNode set : process.path("capabilities")) {
      for (JsonNode name : set) {
        boolean named =
            seed.process().capabilities().map(some -> some.contains(name.asText())).orElse(true);
        require(
            named && grants.capabilities().contains(name.asText()), "capability " + name.asText());
      }
    }
    for (JsonNode limit : process.path("rlimits")) {
      require(limit.path("hard").canConvertToLong(), "rlimit without end " + limit);
      require(
          Set.of("RLIMIT_NOFILE", "RLIMIT_CORE").contains(limit.path("type").asText()),
          "rlimit " + limit);
    }
  }

  private void checkCoreValues() {
    require(spec.at("/root/path").asText().equals("rootfs"), "root.path");
    require(spec.at("/root/readonly").asBoolean() == seed.readOnly(), "root.readonly");
    require(spec.at("/linux/cgroupsPath").asText().equals(inputs.cgroupsPath()), "cgroupsPath");
    JsonNode resources = spec.at("/linux/resources");
    require(resources.at("/memory/limit").asLong() == inputs.memoryBytes(), "memory");
    require(resources.at("/memory/swap").asLong() == inputs.memoryBytes(), "swap");
    double cpus = resources.at("/cpu/quota").asDouble() / resources.at("/cpu/period").asDouble();
    require(cpus <= Math.max(0.01, inputs.milliCpus() / 1000.0), "CPUs " + cpus);
    long pids = resources.at("/pids/limit").asLong();
    require(pids >= 1 && pids <= 4096, "pids " + pids);
    require(resources.path("memory").size() == 2 && resources.path("cpu").size() == 3, "limits");
    requireAll(
        "/linux/maskedPaths",
        "/proc/kcore",
        "/proc/keys",
        "/proc/timer_list",
        "/proc/scsi",
        "/sys/firmware");
    requireAll(
        "/linux/readonlyPaths",
        "/proc/bus",
        "/proc/fs",
        "/proc/irq",
        "/proc/sys",
        "/proc/sysrq-trigger");
  }

  private void requireAll(String pointer, String... values) {
    Set<String> present = new HashSet<>();
    spec.at(pointer).forEach(value -> present.add(value.asText()));
    for (String value : values) {
      require(present.contains(value), pointer + " lacks " + value);
    }
  }

  private void checkNamespaces() {
    Set<String> own = new HashSet<>();
    for (JsonNode namespace : spec.at("/linux/namespaces")) {
      String type = namespace.path("type").asText();
      require(own.add(type), "namespace twice " + type);
      require(
          namespace
              .path("path")
              .asText("")
              .equals(type.equals("network") ? inputs.networkNamespace().toString() : ""),
          "namespace " + namespace);
    }
    require(own.remove("mount"), "mount namespace of the node");
    for (Namespace namespace : Namespace.values()) {
      boolean isOwn = own.remove(namespace.name().toLowerCase(Locale.ROOT));
      boolean mayShare =
          seed.shared().contains(namespace) && grants.namespaces().contains(namespace);
      require(isOwn || mayShare, namespace + " namespace of the node");
    }
    require(own.isEmpty(), "namespaces " + own);
    require(
        !spec.has("hostname")
            || !(seed.shared().contains(Namespace.UTS)
                && grants.namespaces().contains(Namespace.UTS)),
        "the node's host name is set");
  }

  private void checkMounts() {
    Set<String> targets = new HashSet<>();
    for (JsonNode mount : spec.path("mounts")) {
      String target = mount.path("destination").asText();
      require(targets.add(target), "two mounts at " + target);
      require(Path.of(target).normalize().toString().equals(target), target);
      Set<String> options = new HashSet<>();
      mount.path("options").forEach(option -> options.add(option.asText()));
      require(options.contains("nosuid"), "suid at " + target);
      boolean terminals =
          mount.path("source").asText().equals("/dev/pts")
              && options.contains("noexec")
              && grants.devices().contains("/dev/pts/*");
      require(
          options.contains("nodev") || terminals || target.matches("/dev(/pts)?"),
          "devices at " + target);
      require(!options.contains("suid") && !options.contains("dev"), "options at " + target);
      switch (mount.path("type").asText()) {
        case "proc" -> require(target.equals("/proc"), "proc at " + target);
        case "sysfs" -> require(target.equals("/sys") && options.contains("ro"), "sysfs");
        case "cgroup" ->
            require(target.equals("/sys/fs/cgroup") && options.contains("ro"), "cgroup");
        case "devpts" -> require(target.equals("/dev/pts"), "devpts at " + target);
        case "mqueue" -> require(target.equals("/dev/mqueue"), "mqueue at " + target);
        case "tmpfs" ->
            require(
                !target.equals("/")
                    && !target.startsWith("/proc/")
                    && !target.startsWith("/sys/")
                    && !(target + "/").startsWith("/run/secrets/"),
                "tmpfs at " + target);
        case "bind" -> checkBind(mount, target, options);
        default -> excesses.add("mount " + mount);
      }
    }
    requireTargets(targets);
  }

  private void requireTargets(Set<String> targets) {
    for (String target : List.of("/proc", "/dev", "/dev/pts", "/dev/shm", "/sys")) {
      require(targets.contains(target), "no mount at " + target);
    }
    require(targets.contains("/run/secrets") == inputs.secrets().isPresent(), "secrets");
    require(targets.contains("/dev/task-init") == seed.process().init(), "init");
  }

  private void checkBind(JsonNode mount, String target, Set<String> options) {
    String source = mount.path("source").asText();
    boolean isInit =
        source.equals(inputs.initProgram().toString()) && target.equals("/dev/task-init");
    boolean isSecrets =
        inputs.secrets().map(Object::toString).equals(Optional.of(source))
            && target.equals("/run/secrets");
    boolean isFile = inputs.seedFiles().stream().anyMatch(file -> file.toString().equals(source));
    boolean isGranted =
        grants.hostPaths().stream()
            .anyMatch(path -> (source + "/").startsWith(path.equals("/") ? "/" : path + "/"));
    boolean isCoreFile =
        inputs.files().values().stream().anyMatch(file -> file.toString().equals(source))
            || (target.matches("/etc/(resolv.conf|hosts|hostname)")
                && inputs.networkFiles().toString().contains("Optional[" + source + "]"));
    List<VolumePlace.OnNode> volumes =
        inputs.volumes().values().stream()
            .filter(VolumePlace.OnNode.class::isInstance)
            .map(VolumePlace.OnNode.class::cast)
            .filter(place -> place.path().toString().equals(source))
            .toList();
    boolean isRuntime =
        inputs.own().runtime().map(Object::toString).equals(Optional.of(source))
            && options.contains("noexec");
    boolean isOwn =
        isRuntime
            || inputs.own().states().values().stream()
                .anyMatch(state -> state.toString().equals(source));
    boolean isNamespace =
        inputs.own().namespaces().entrySet().stream()
            .filter(place -> grants.namespaces().contains(place.getKey()))
            .anyMatch(place -> place.getValue().toString().equals(source));
    boolean isWritableVolume = volumes.stream().anyMatch(place -> !place.readOnly());
    require(
        isInit
            || isSecrets
            || isFile
            || isCoreFile
            || isOwn
            || isNamespace
            || isGranted
            || !volumes.isEmpty(),
        "bind of " + source);
    require(
        isGranted || isOwn || isWritableVolume || options.contains("ro"),
        "writable bind of " + source);
    require(
        isInit
            || isSecrets
            || !target.matches("/|/(proc|sys|dev|dev/pts|run/secrets)(/.*)?")
            || target.matches("/dev/(shm(/.*)?|mqueue|null)"),
        "bind over " + target);
  }

  private void checkDevices() {
    JsonNode rules = spec.at("/linux/resources/devices");
    require(!rules.path(0).path("allow").asBoolean(true), "devices are not denied first");
    require(!rules.path(0).has("type") && !rules.path(0).has("major"), "deny rule is narrow");
    for (int i = 1; i < rules.size(); i++) {
      JsonNode rule = rules.get(i);
      String device = rule.path("major").asText() + ":" + rule.path("minor").asText("*");
      require(rule.path("type").asText().equals("c") && DEVICES.contains(device), "device " + rule);
    }
  }

  private void checkSeccomp() {
    JsonNode seccomp = spec.at("/linux/seccomp");
    require(seccomp.path("defaultAction").asText().equals("SCMP_ACT_ERRNO"), "seccomp default");
    boolean admin = spec.at("/process/capabilities/bounding").toString().contains("SYS_ADMIN");
    for (JsonNode rule : seccomp.path("syscalls")) {
      boolean allows = !rule.path("action").asText().equals("SCMP_ACT_ERRNO");
      boolean free = allows && rule.path("args").isEmpty();
      for (JsonNode name : rule.path("names")) {
        boolean known = KERNEL_CALLS.contains(name.asText());
        require(!free || !known || mayCall(name.asText(), admin), "system call " + name.asText());
      }
    }
  }

  private boolean mayCall(String name, boolean admin) {
    String bounding = spec.at("/process/capabilities/bounding").toString();
    return switch (name) {
      case "mount", "umount2", "setns", "unshare", "clone", "clone3" -> admin;
      case "bpf" -> admin || bounding.contains("CAP_BPF");
      case "init_module" -> bounding.contains("CAP_SYS_MODULE");
      default -> false;
    };
  }
}
