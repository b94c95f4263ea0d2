package org.lfedge.eve.tasks.core.port;

import java.util.List;
import java.util.SortedSet;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;

/**
 * The devices of the node. They come and go, and have other numbers after that: so they are looked
 * at each time anew.
 */
public interface Devices {

  /** Answers a question of an executor that is about a device. */
  Fact answer(FactQuery query);

  /**
   * What devices change in the spec of a task, as they are now.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException with every device that is missing, in use
   *     by the node or not ready to be handed over; the path of each problem is such as {@code
   *     devices[0].pci}
   */
  DeviceEdits resolve(String task, List<DeviceConfig> devices);

  /**
   * One device node.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException with DEVICE_NOT_FOUND or
   *     DEVICE_NOT_A_NODE
   */
  DeviceNode node(DeviceConfig.Node node);

  /**
   * Names for what no second task may have while one has the device; empty for a device that tasks
   * can share. A device that is missing has its name alone.
   */
  SortedSet<String> exclusive(DeviceConfig device);

  /**
   * Moves network interfaces of the node into the pinned namespace of a task, and sets them up.
   * Those that are there already stay.
   *
   * @param nics names, at least one
   */
  @Effect
  void moveIn(String task, List<String> nics);

  /**
   * Moves the network interfaces that a task has back to the node, under the names that they had
   * there; to be called before its namespace is removed. Succeeds if it has none.
   */
  @Effect
  void moveBack(String task);

  /** The tasks that may have network interfaces of the node. */
  List<String> tasks();
}
