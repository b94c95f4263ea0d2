package org.lfedge.eve.tasks.core.spec;

import static org.lfedge.eve.tasks.core.spec.WithheldList.CORE_SETS_IT;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.LexicalPath;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Capabilities;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.DeviceRule;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.IdMapping;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Linux;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Program;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Resources;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Rlimit;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.User;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * Takes from a patched spec what a seed may have, and lists what it may not. Each method gives a
 * part of the final spec. Mounts are the matter of {@link MountPlan}.
 */
final class PatchReview {

  /**
   * Sysctls that belong to a namespace of the task and cannot harm others: those that Kubernetes
   * calls safe.
   */
  private static final SortedMap<String, Namespace> SYSCTLS =
      new TreeMap<>(
          Map.of(
              "kernel.shm_rmid_forced", Namespace.IPC,
              "net.ipv4.ip_local_port_range", Namespace.NETWORK,
              "net.ipv4.ip_local_reserved_ports", Namespace.NETWORK,
              "net.ipv4.ip_unprivileged_port_start", Namespace.NETWORK,
              "net.ipv4.ping_group_range", Namespace.NETWORK,
              "net.ipv4.tcp_fin_timeout", Namespace.NETWORK,
              "net.ipv4.tcp_keepalive_intvl", Namespace.NETWORK,
              "net.ipv4.tcp_keepalive_probes", Namespace.NETWORK,
              "net.ipv4.tcp_keepalive_time", Namespace.NETWORK,
              "net.ipv4.tcp_syncookies", Namespace.NETWORK));

  private static final Pattern SYSCTL_VALUE = Pattern.compile("[0-9][0-9 ,\t-]{0,63}");

  /**
   * The hard limits that Linux gives to its first process, where they are the same on every node.
   * Values up to these only ever lower a limit, which needs no capability on the node.
   */
  private static final Map<String, BigInteger> RLIMITS =
      Map.ofEntries(
          Map.entry("RLIMIT_AS", finite()),
          Map.entry("RLIMIT_CORE", finite()),
          Map.entry("RLIMIT_CPU", finite()),
          Map.entry("RLIMIT_DATA", finite()),
          Map.entry("RLIMIT_FSIZE", finite()),
          Map.entry("RLIMIT_MEMLOCK", BigInteger.valueOf(65_536)),
          Map.entry("RLIMIT_MSGQUEUE", BigInteger.valueOf(819_200)),
          Map.entry("RLIMIT_NOFILE", BigInteger.valueOf(4_096)),
          Map.entry("RLIMIT_RSS", finite()),
          Map.entry("RLIMIT_STACK", finite()));

  /**
   * Prefixes of annotations that describe an image or a task. Others may tell a runtime to do
   * something, as {@code org.systemd.property.*} does, or {@code bundle}, by which runc finds its
   * files.
   */
  private static final List<String> ANNOTATIONS =
      List.of("maintainer", "org.label-schema.", "org.lfedge.eve.", "org.opencontainers.image.");

  /** Paths that a patch may mask or make read-only on top of the core's. */
  private static final int MAX_EXTRA_PATHS = 256;

  private static final int MAX_UMASK = 0777;
  private static final int MAX_OOM_SCORE = 1000;

  /**
   * Always stated: a task would inherit what protects containerd (-999 for Debian's) or this
   * daemon, and the kernel would kill the node's own processes before it.
   */
  private static final int NO_OOM_SCORE = 0;

  private final Seed seed;
  private final SpecInputs inputs;
  private final Grants grants;
  private final WithheldList withheld;
  private final SortedSet<Namespace> shared;

  PatchReview(Seed seed, SpecInputs inputs, Grants grants, WithheldList withheld) {
    this.seed = seed;
    this.inputs = inputs;
    this.grants = grants;
    this.withheld = withheld;
    shared = new TreeSet<>(seed.shared());
    shared.retainAll(grants.namespaces());
  }

  private static BigInteger finite() {
    return BigInteger.valueOf(Long.MAX_VALUE);
  }

  /** Lists fields that are not in the final spec at all. */
  void checkTop(RuntimeSpec patched) {
    withheld.unknown("", patched.other());
    RuntimeSpec.Root root = patched.root();
    if (root != null) {
      withheld.unknown("root", root.other());
      if (root.path() != null && !root.path().equals(SecureDefaults.ROOT_PATH)) {
        withheld.add("root.path " + root.path(), CORE_SETS_IT);
      }
    }
  }

  /** A task that shares the node's host name must not set it. */
  @Nullable String hostname(@Nullable String patched) {
    if (patched != null && !patched.equals(inputs.name())) {
      withheld.add("hostname " + patched, "it is the name of the task");
    }
    return shared.contains(Namespace.UTS) ? null : inputs.name();
  }

  /** The seed's annotations over those of the patch, and the core's over both. */
  SortedMap<String, String> annotations(SortedMap<String, String> patched) {
    SortedMap<String, String> asked = new TreeMap<>(patched);
    asked.putAll(seed.annotations());
    SortedMap<String, String> kept = new TreeMap<>();
    asked.forEach(
        (key, value) -> {
          if (ANNOTATIONS.stream().anyMatch(key::startsWith)) {
            kept.put(key, value);
          } else {
            withheld.add(
                "annotation " + key,
                "a runtime might act on it; annotations start with one of "
                    + String.join(" ", ANNOTATIONS));
          }
        });
    kept.put("org.lfedge.eve.tasks.uuid", inputs.uuid().toString());
    return kept;
  }

  /** The seed's process, with what may be had of the patch. */
  Program process(@Nullable Program patched, List<String> args) {
    AnchorProcess asked = seed.process();
    if (patched == null) {
      withheld.add("process.noNewPrivileges", CORE_SETS_IT);
      return process(null, asked, args, List.of(), NO_OOM_SCORE, null);
    }
    withheld.unknown("process", patched.other());
    if (Boolean.TRUE.equals(patched.terminal()) && !inputs.terminal()) {
      withheld.add("process.terminal", "the task document decides, under terminal");
    }
    if (!Boolean.TRUE.equals(patched.noNewPrivileges())) {
      withheld.add("process.noNewPrivileges false", CORE_SETS_IT);
    }
    return process(
        patched.capabilities(),
        asked,
        args,
        rlimits(patched.rlimits()),
        oomScore(patched.oomScoreAdj()),
        umask(patched.user()));
  }

  private Program process(
      @Nullable Capabilities patched,
      AnchorProcess asked,
      List<String> args,
      List<Rlimit> rlimits,
      int oomScore,
      @Nullable Integer umask) {
    List<Long> groups = asked.user().additionalGids().stream().map(Integer::longValue).toList();
    return new Program(
        inputs.terminal(),
        new User(asked.user().uid(), asked.user().gid(), umask, groups, Map.of()),
        args,
        asked.env(),
        asked.workingDir(),
        asked
            .capabilities()
            .map(names -> named(names, asked.user().uid() != 0))
            .orElseGet(() -> reduced(patched)),
        rlimits,
        true,
        oomScore,
        Map.of());
  }

  /**
   * The capabilities that a seed names, as far as they are granted. A program that is not root
   * keeps capabilities over its start only if they are ambient as well.
   */
  private Capabilities named(Collection<String> names, boolean ambient) {
    List<String> granted = granted(names);
    List<String> kept = ambient ? granted : List.of();
    return new Capabilities(granted, granted, kept, granted, kept, Map.of());
  }

  /** The capabilities of the patch, as far as they are granted and the kernel would take them. */
  private Capabilities reduced(@Nullable Capabilities patched) {
    if (patched == null) {
      return named(List.of(), false);
    }
    withheld.unknown("process.capabilities", patched.other());
    Set<String> names = new TreeSet<>(patched.bounding());
    names.addAll(patched.effective());
    names.addAll(patched.inheritable());
    names.addAll(patched.permitted());
    names.addAll(patched.ambient());
    List<String> bounding = both(granted(names), patched.bounding());
    List<String> permitted = both(bounding, patched.permitted());
    List<String> inheritable = both(permitted, patched.inheritable());
    return new Capabilities(
        bounding,
        both(permitted, patched.effective()),
        inheritable,
        permitted,
        both(inheritable, patched.ambient()),
        Map.of());
  }

  private List<String> granted(Collection<String> names) {
    List<String> granted = new ArrayList<>();
    for (String name : names) {
      if (grants.capabilities().contains(name)) {
        granted.add(name);
      } else {
        withheld.notGranted("capability " + name, grants, "capabilities");
      }
    }
    return granted;
  }

  private static List<String> both(List<String> names, List<String> others) {
    return names.stream().filter(others::contains).toList();
  }

  private List<Rlimit> rlimits(List<Rlimit> patched) {
    Map<String, Rlimit> kept = new TreeMap<>();
    for (Rlimit limit : patched) {
      BigInteger most = limit.type() == null ? null : RLIMITS.get(limit.type());
      BigInteger hard = limit.hard();
      BigInteger soft = limit.soft();
      if (limit.type() == null || most == null || hard == null || soft == null) {
        withheld.add("rlimit " + limit.type(), "it is left as the node has it");
      } else if (soft.signum() < 0 || soft.compareTo(hard) > 0 || hard.compareTo(most) > 0) {
        withheld.add(
            "rlimit " + limit.type() + " " + hard, "limits may be lowered, not raised or lifted");
      } else if (kept.putIfAbsent(limit.type(), limit(limit.type(), hard, soft)) != null) {
        withheld.add("rlimit " + limit.type() + " again", "the first one counts");
      }
    }
    return List.copyOf(kept.values());
  }

  private static Rlimit limit(String type, BigInteger hard, BigInteger soft) {
    return new Rlimit(type, hard, soft, Map.of());
  }

  private int oomScore(@Nullable Integer patched) {
    if (patched == null) {
      return NO_OOM_SCORE;
    }
    if (patched >= 0 && patched <= MAX_OOM_SCORE) {
      return patched;
    }
    withheld.add(
        "process.oomScoreAdj " + patched, "a task must not outlive others when memory is short");
    return NO_OOM_SCORE;
  }

  private @Nullable Integer umask(@Nullable User patched) {
    if (patched == null) {
      return null;
    }
    withheld.unknown("process.user", patched.other());
    Integer umask = patched.umask();
    if (umask == null || (umask >= 0 && umask <= MAX_UMASK)) {
      return umask;
    }
    withheld.add("process.user.umask " + umask, "it is not within 0 and 0777");
    return null;
  }

  /** What is particular to Linux: the core's but for a few harmless fields of the patch. */
  Linux linux(@Nullable Linux asked, RuntimeSpec defaults, Program process) {
    Linux own = Objects.requireNonNull(defaults.linux());
    Linux patched =
        asked != null
            ? asked
            : new Linux(
                List.of(),
                List.of(),
                new TreeMap<>(),
                null,
                null,
                List.of(),
                null,
                List.of(),
                List.of(),
                Map.of());
    withheld.unknown("linux", patched.other());
    if (patched.cgroupsPath() != null) {
      withheld.add("linux.cgroupsPath " + patched.cgroupsPath(), CORE_SETS_IT);
    }
    if (!Objects.equals(patched.seccomp(), own.seccomp())) {
      withheld.add("linux.seccomp", CORE_SETS_IT);
    }
    if (!patched.uidMappings().isEmpty() || !patched.gidMappings().isEmpty()) {
      withheld.add("linux.uidMappings and linux.gidMappings", CORE_SETS_IT);
    }
    checkNamespaces(patched.namespaces());
    List<String> bounding = Objects.requireNonNull(process.capabilities()).bounding();
    List<IdMapping> mappings = inputs.users().isPresent() ? IdMapping.SAME : List.of();
    return new Linux(
        mappings,
        mappings,
        sysctls(patched.sysctl()),
        SecureDefaults.resources(inputs, pids(patched.resources())),
        inputs.cgroupsPath(),
        SecureDefaults.namespaces(inputs, shared),
        SeccompProfile.of(inputs.architecture(), new TreeSet<>(bounding)),
        paths("linux.maskedPaths", own.maskedPaths(), patched.maskedPaths()),
        paths("linux.readonlyPaths", own.readonlyPaths(), patched.readonlyPaths()),
        Map.of());
  }

  private void checkNamespaces(List<RuntimeSpec.Namespace> patched) {
    for (Namespace namespace : seed.shared()) {
      if (!shared.contains(namespace)) {
        withheld.notGranted("the node's namespace " + namespace, grants, "namespaces");
      }
    }
    List<String> missing = new ArrayList<>(SecureDefaults.NAMESPACES);
    for (RuntimeSpec.Namespace namespace : patched) {
      withheld.unknown("namespace " + namespace.type(), namespace.other());
      missing.remove(namespace.type());
      if (namespace.path() != null) {
        withheld.add(
            "namespace " + namespace.type() + " at " + namespace.path(),
            "a task joins no namespace but its own");
      } else if (!SecureDefaults.NAMESPACES.contains(String.valueOf(namespace.type()))) {
        withheld.add("namespace " + namespace.type(), CORE_SETS_IT);
      }
    }
    for (String type : missing) {
      Namespace shareable = SecureDefaults.SHAREABLE.get(type);
      if (shareable == null || !shared.contains(shareable)) {
        withheld.add(
            "the node's namespace " + type,
            "the OCI patch leaves it out; to share it, a seed names it and policy grants it");
      }
    }
  }

  private SortedMap<String, String> sysctls(SortedMap<String, String> patched) {
    SortedMap<String, String> kept = new TreeMap<>();
    patched.forEach(
        (key, value) -> {
          Optional<Namespace> owner = Optional.ofNullable(SYSCTLS.get(key));
          if (owner.isEmpty() || !SYSCTL_VALUE.matcher(value).matches()) {
            withheld.add("sysctl " + key, "it is not among those that touch the task alone");
          } else if (shared.contains(owner.get())) {
            withheld.add("sysctl " + key, "the task shares that namespace of the node");
          } else {
            kept.put(key, value);
          }
        });
    return kept;
  }

  /** Lists what a patch says of resources, and gives the limit of PIDs, which it may lower. */
  private long pids(@Nullable Resources patched) {
    if (patched == null) {
      return SecureDefaults.PIDS_LIMIT;
    }
    withheld.unknown("linux.resources", patched.other());
    if (patched.memory() != null) {
      withheld.add("linux.resources.memory", "the task document decides, under resources.memory");
    }
    if (patched.cpu() != null) {
      withheld.add("linux.resources.cpu", "the task document decides, under resources.cpus");
    }
    for (DeviceRule rule : patched.devices()) {
      if (!SecureDefaults.DEVICE_RULES.contains(rule) && !deniesAll(rule)) {
        withheld.add(
            "device rule %s %s %s:%s %s"
                .formatted(
                    rule.allow() ? "allow" : "deny",
                    rule.type(),
                    rule.major(),
                    rule.minor(),
                    rule.access()),
            CORE_SETS_IT);
      }
    }
    if (patched.pids() == null || patched.pids().limit() == null) {
      return SecureDefaults.PIDS_LIMIT;
    }
    long limit = patched.pids().limit();
    if (limit < 1 || limit > SecureDefaults.PIDS_LIMIT) {
      withheld.add(
          "linux.resources.pids.limit " + limit,
          "a task has at most " + SecureDefaults.PIDS_LIMIT + " processes and threads");
      return SecureDefaults.PIDS_LIMIT;
    }
    return limit;
  }

  private static boolean deniesAll(DeviceRule rule) {
    boolean anyType = rule.type() == null || rule.type().equals("a");
    return !rule.allow() && anyType && rule.major() == null && rule.minor() == null;
  }

  /** The core's paths, and those that the patch adds. */
  private List<String> paths(String field, List<String> own, List<String> patched) {
    List<String> missing = own.stream().filter(path -> !patched.contains(path)).toList();
    if (!missing.isEmpty()) {
      withheld.add(field + " without " + String.join(", ", missing), CORE_SETS_IT);
    }
    List<String> all = new ArrayList<>(own);
    for (String path : patched) {
      if (!LexicalPath.isSound(path) || all.size() >= own.size() + MAX_EXTRA_PATHS) {
        withheld.add(field + " " + path, "it is not an absolute path, or one too many");
      } else if (!all.contains(path)) {
        all.add(path);
      }
    }
    return all;
  }
}
