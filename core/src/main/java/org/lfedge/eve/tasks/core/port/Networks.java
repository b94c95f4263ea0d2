package org.lfedge.eve.tasks.core.port;

import java.util.List;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.spi.seed.Attachment;

/**
 * The networks of the node, and the interfaces of tasks on them. What was attached is on record and
 * outlives the daemon and a reboot, so that a task keeps its addresses and nothing is left of one
 * that is gone.
 */
public interface Networks {

  /** All networks, by name. */
  List<Network> list();

  /**
   * Why interfaces cannot be attached, as far as that can be told without trying: a network that is
   * not there, an address outside of its subnet, a MAC or a port that is taken.
   *
   * @return every such problem, its path such as {@code interfaces[0].network}
   */
  List<Problem> check(String task, List<InterfaceConfig> interfaces);

  /**
   * Makes the interfaces of a task in its pinned namespace, in their order. Those that are there
   * already stay as they are; in a namespace that was made anew, as after a reboot, they get the
   * addresses and MACs that are on record. If one fails, none is left.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException with the message of the plugin that
   *     failed
   */
  @Effect
  List<AttachedInterface> attach(String task, List<InterfaceConfig> interfaces);

  /**
   * Makes the taps of a task in its pinned namespace and joins them with its interfaces, which are
   * attached. Rules of an interface hold for what passes through its tap. Taps that are there
   * already stay as they are; they go with the namespace. If one fails, none is left.
   *
   * @param attachments each of them joins an interface of the task, and has a name that none has
   * @throws org.lfedge.eve.tasks.core.error.TaskException with code {@code RULES_UNSUPPORTED} if
   *     the kernel cannot keep the rules of an interface for a guest
   */
  @Effect
  void join(String task, List<Attachment> attachments);

  /** What is on record of the interfaces of a task; empty if there is nothing. */
  List<AttachedInterface> attached(String task);

  /**
   * Removes the interfaces of a task and gives back their addresses, whether its namespace is still
   * there or not. Succeeds if there are none.
   */
  @Effect
  void detach(String task);

  /**
   * The networks whose tasks find one another by name, by way of a task on each of them. The file
   * system of such a network's names is a volume, {@code VolumeConfig.Source.NetworkNames}.
   */
  List<NameService> nameServices();

  /** The tasks of which something is on record. */
  List<String> tasks();
}
