package org.lfedge.eve.tasks.core.spec;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * The OCI runtime spec, version {@value #OCI_VERSION}: the fields that this software reads or
 * writes. All others are kept in {@code other}, so that reading a spec and writing it again loses
 * nothing. A component that is null, or a collection that is empty, stands for a field that is not
 * there. Names and meanings are those of the OCI runtime specification.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RuntimeSpec(
    @Nullable String ociVersion,
    @Nullable Program process,
    @Nullable Root root,
    @Nullable String hostname,
    List<Mount> mounts,
    SortedMap<String, String> annotations,
    @Nullable Linux linux,
    @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

  /** The newest version that runc 1.1 knows. */
  public static final String OCI_VERSION = "1.0.2";

  /** Keeps copies. */
  public RuntimeSpec {
    mounts = list(mounts);
    annotations = map(annotations);
    other = map(other);
  }

  /**
   * Reads a spec.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException with code {@code SPEC_INVALID} if the
   *     text is not JSON or a field that is modelled has the wrong type
   */
  public static RuntimeSpec parse(String json) {
    return SpecJson.read(json);
  }

  /** The spec as JSON; equal specs give equal text in every JVM. */
  public String json() {
    return SpecJson.write(this);
  }

  ObjectNode tree() {
    return SpecJson.tree(this);
  }

  private static <T> List<T> list(@Nullable List<T> items) {
    return items == null ? List.of() : List.copyOf(items);
  }

  private static <V> SortedMap<String, V> map(@Nullable Map<String, V> entries) {
    if (entries == null) {
      return SortedCopies.mapOf(Map.of());
    }
    for (V value : entries.values()) {
      Objects.requireNonNull(value, "a value must not be null");
    }
    return SortedCopies.mapOf(entries);
  }

  /** The {@code process} object of the spec. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Program(
      @Nullable Boolean terminal,
      @Nullable User user,
      List<String> args,
      List<String> env,
      @Nullable String cwd,
      @Nullable Capabilities capabilities,
      List<Rlimit> rlimits,
      @Nullable Boolean noNewPrivileges,
      @Nullable Integer oomScoreAdj,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Program {
      args = list(args);
      env = list(env);
      rlimits = list(rlimits);
      other = map(other);
    }
  }

  /** Who runs it; ids are unsigned 32 bit. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record User(
      long uid,
      long gid,
      @Nullable Integer umask,
      List<Long> additionalGids,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public User {
      additionalGids = list(additionalGids);
      other = map(other);
    }
  }

  /** The five sets of Linux capabilities. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Capabilities(
      List<String> bounding,
      List<String> effective,
      List<String> inheritable,
      List<String> permitted,
      List<String> ambient,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Capabilities {
      bounding = list(bounding);
      effective = list(effective);
      inheritable = list(inheritable);
      permitted = list(permitted);
      ambient = list(ambient);
      other = map(other);
    }
  }

  /** A resource limit of the process; values are unsigned 64 bit. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Rlimit(
      @Nullable String type,
      @Nullable BigInteger hard,
      @Nullable BigInteger soft,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Rlimit {
      other = map(other);
    }
  }

  /** The root file system. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Root(
      @Nullable String path,
      boolean readonly,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Root {
      other = map(other);
    }
  }

  /** A file system that is mounted below the root. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Mount(
      @Nullable String destination,
      @Nullable String type,
      @Nullable String source,
      List<String> options,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Mount {
      options = list(options);
      other = map(other);
    }

    static Mount of(String destination, String type, String source, List<String> options) {
      return new Mount(destination, type, source, options, Map.of());
    }
  }

  /** What is particular to Linux. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Linux(
      List<IdMapping> uidMappings,
      List<IdMapping> gidMappings,
      SortedMap<String, String> sysctl,
      @Nullable Resources resources,
      @Nullable String cgroupsPath,
      List<Namespace> namespaces,
      @Nullable Seccomp seccomp,
      List<String> maskedPaths,
      List<String> readonlyPaths,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Linux {
      uidMappings = list(uidMappings);
      gidMappings = list(gidMappings);
      sysctl = map(sysctl);
      namespaces = list(namespaces);
      maskedPaths = list(maskedPaths);
      readonlyPaths = list(readonlyPaths);
      other = map(other);
    }
  }

  /** The limits of the cgroup. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Resources(
      List<DeviceRule> devices,
      @Nullable Memory memory,
      @Nullable Cpu cpu,
      @Nullable Pids pids,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Resources {
      devices = list(devices);
      other = map(other);
    }
  }

  /** In bytes; {@code swap} is the limit of memory and swap together. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Memory(
      @Nullable Long limit,
      @Nullable Long swap,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Memory {
      other = map(other);
    }
  }

  /** In microseconds, a weight, and the CPUs that may be used, as a list such as 0-3,6. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Cpu(
      @Nullable Long shares,
      @Nullable Long quota,
      @Nullable Long period,
      @Nullable String cpus,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Cpu {
      other = map(other);
    }
  }

  /** The number of processes and threads. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Pids(
      @Nullable Long limit, @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Pids {
      other = map(other);
    }
  }

  /** Which devices may be used; later rules win over earlier ones. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record DeviceRule(
      boolean allow,
      @Nullable String type,
      @Nullable Long major,
      @Nullable Long minor,
      @Nullable String access,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public DeviceRule {
      other = map(other);
    }
  }

  /** Which users of the node those of a user namespace are. */
  public record IdMapping(long containerID, long hostID, long size) {

    /** Every user to itself. */
    static final List<IdMapping> SAME = List.of(new IdMapping(0, 0, (1L << 32) - 1));
  }

  /** A namespace that the task has for itself, new unless there is a path. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Namespace(
      @Nullable String type,
      @Nullable String path,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Namespace {
      other = map(other);
    }
  }

  /** Which system calls may be made. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Seccomp(
      @Nullable String defaultAction,
      @Nullable Long defaultErrnoRet,
      List<String> architectures,
      List<Syscalls> syscalls,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Seccomp {
      architectures = list(architectures);
      syscalls = list(syscalls);
      other = map(other);
    }
  }

  /** A rule for some system calls, where all conditions on their arguments hold. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Syscalls(
      List<String> names,
      @Nullable String action,
      @Nullable Long errnoRet,
      List<SyscallArg> args,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public Syscalls {
      names = list(names);
      args = list(args);
      other = map(other);
    }
  }

  /** A condition on an argument; values are unsigned 64 bit. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record SyscallArg(
      int index,
      @Nullable BigInteger value,
      @Nullable BigInteger valueTwo,
      @Nullable String op,
      @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> other) {

    /** Keeps copies. */
    public SyscallArg {
      other = map(other);
    }
  }
}
