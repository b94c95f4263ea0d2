package org.lfedge.eve.tasks.dist;

import java.nio.file.Path;
import java.util.logging.Level;
import org.lfedge.eve.tasks.core.policy.Policy;

/**
 * The config of a node, read from one YAML file. Paths are absolute.
 *
 * @param stateDirectory what must outlive a reboot: records, images and layers, output of tasks
 * @param runtimeDirectory what need not outlive a reboot: sockets, pinned namespaces
 * @param socket where the API is served
 * @param pluginsDirectory where operators put executors of vendors
 * @param containerd which containerd runs the tasks
 * @param cgroupParent below which the cgroups of all tasks lie
 * @param policy what tasks may have of the node
 * @param reservedMemoryBytes what no task may be promised
 * @param initProgram the tiny init of tasks with {@code init: true}, a static program
 * @param logLevel from which on messages are written
 */
public record NodeConfig(
    Path stateDirectory,
    Path runtimeDirectory,
    Path socket,
    Path pluginsDirectory,
    Containerd containerd,
    String cgroupParent,
    Policy policy,
    long reservedMemoryBytes,
    Path initProgram,
    Level logLevel) {

  /** Which containerd runs the tasks. */
  public sealed interface Containerd {

    /** One of our own, with its own state, that outlives the daemon. */
    record Private() implements Containerd {}

    /** One that the node runs already. */
    record External(Path socket) implements Containerd {}
  }
}
