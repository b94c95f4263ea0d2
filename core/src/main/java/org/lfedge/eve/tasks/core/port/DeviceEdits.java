package org.lfedge.eve.tasks.core.port;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What devices change in the spec of a task, in the words of CDI.
 *
 * @param nodes in the order of the devices; more than one may have one path
 * @param env each {@code KEY=value}; they win over others of their name
 * @param mounts of the node's files
 * @param hooks programs of the node that the runtime runs
 * @param additionalGids groups of the task's program, each at least 1
 */
public record DeviceEdits(
    List<DeviceNode> nodes,
    List<String> env,
    List<Bind> mounts,
    List<Hook> hooks,
    List<Integer> additionalGids) {

  /** Nothing. */
  public static final DeviceEdits NONE =
      new DeviceEdits(List.of(), List.of(), List.of(), List.of(), List.of());

  /** Keeps copies. */
  public DeviceEdits {
    nodes = List.copyOf(nodes);
    env = List.copyOf(env);
    mounts = List.copyOf(mounts);
    hooks = List.copyOf(hooks);
    additionalGids = List.copyOf(additionalGids);
  }

  /** Device nodes alone. */
  public static DeviceEdits of(List<DeviceNode> nodes) {
    return new DeviceEdits(nodes, List.of(), List.of(), List.of(), List.of());
  }

  /** These, and others after them. */
  public DeviceEdits and(DeviceEdits others) {
    return new DeviceEdits(
        both(nodes, others.nodes),
        both(env, others.env),
        both(mounts, others.mounts),
        both(hooks, others.hooks),
        both(additionalGids, others.additionalGids));
  }

  private static <T> List<T> both(List<T> these, List<T> others) {
    return Stream.concat(these.stream(), others.stream()).toList();
  }

  /**
   * Files of the node that are mounted.
   *
   * @param source absolute
   * @param target inside the task, absolute
   * @param type of the file system; empty for a bind
   */
  public record Bind(String source, String target, Optional<String> type, List<String> options) {
    /** Keeps a copy. */
    public Bind {
      options = List.copyOf(options);
    }
  }

  /**
   * A program of the node.
   *
   * @param when the name of the hook in the OCI runtime spec, such as {@code createContainer}
   * @param path absolute
   * @param args all of them, the name of the program first
   * @param timeout in seconds
   */
  public record Hook(
      String when, String path, List<String> args, List<String> env, OptionalInt timeout) {
    /** Keeps copies. */
    public Hook {
      args = List.copyOf(args);
      env = List.copyOf(env);
    }
  }
}
