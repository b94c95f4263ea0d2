package org.lfedge.eve.tasks.dist;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.logging.Level;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.network.NodeNetworks;
import org.lfedge.eve.tasks.core.output.OutputBounds;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.registry.RegistryConfig;

/**
 * The config of a node, read from one YAML file. Paths are absolute.
 *
 * @param stateDirectory what must outlive a reboot: records, images and layers, output of tasks
 * @param runtimeDirectory what need not outlive a reboot: sockets, pinned namespaces
 * @param socket where the API is served
 * @param pluginsDirectory where operators put executors of vendors
 * @param taskDirectory whose documents declare tasks, if there is one
 * @param pruneTasks whether tasks that no document of that directory names are deleted
 * @param containerd which containerd runs the tasks
 * @param cgroupParent below which the cgroups of all tasks lie
 * @param policy what tasks may have of the node
 * @param registries how registries are spoken to
 * @param trust which images may be used
 * @param networks that tasks may be on, beside those that others have put on the node
 * @param tools the names of the images of tools by the executors that run in them where documents
 *     name none
 * @param emulation whether tasks that name no executor get the one that emulates, if their image is
 *     for another platform
 * @param nameService the root of tasks that serve the names on networks; none are served without
 * @param cdiDirectories where spec files of CDI are, the most important one last
 * @param reservedMemoryBytes what no task may be promised
 * @param logs how much disk the output of tasks may take
 * @param initProgram the tiny init of tasks with {@code init: true}, a static program
 * @param logLevel from which on messages are written
 * @param logFormat how they are written
 * @param controller who says which apps there are, if anybody does
 * @param metricsListen where metrics are served, if they are
 */
public record NodeConfig(
    Path stateDirectory,
    Path runtimeDirectory,
    Path socket,
    Path pluginsDirectory,
    Optional<Path> taskDirectory,
    boolean pruneTasks,
    Containerd containerd,
    String cgroupParent,
    Policy policy,
    RegistryConfig registries,
    TrustPolicy trust,
    NodeNetworks networks,
    SortedMap<String, String> tools,
    boolean emulation,
    Optional<RootSource> nameService,
    List<Path> cdiDirectories,
    long reservedMemoryBytes,
    OutputBounds logs,
    Path initProgram,
    Level logLevel,
    LogFormat logFormat,
    Optional<ControllerConfig> controller,
    Optional<InetSocketAddress> metricsListen) {

  /** How log messages are written. */
  public enum LogFormat {
    /** A line for people. */
    TEXT,
    /** A JSON object on a line. */
    JSON
  }

  /** Which containerd runs the tasks. */
  public sealed interface Containerd {

    /** One of our own, with its own state, that outlives the daemon. */
    record Private() implements Containerd {}

    /** One that the node runs already. */
    record External(Path socket) implements Containerd {}
  }
}
