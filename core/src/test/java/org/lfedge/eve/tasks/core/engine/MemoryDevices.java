package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;

/** Device nodes that are numbers, and network interfaces that are names. All are exclusive. */
final class MemoryDevices implements Devices {

  /** The minor numbers of the nodes that there are, by path. */
  final SortedMap<String, Integer> nodes = Collections.synchronizedSortedMap(new TreeMap<>());

  /** The interfaces of the node that tasks have. */
  final ConcurrentSkipListMap<String, List<String>> moved = new ConcurrentSkipListMap<>();

  @Override
  public Fact answer(FactQuery query) {
    return Fact.absent(query);
  }

  @Override
  public DeviceEdits resolve(String task, List<DeviceConfig> devices) {
    List<DeviceNode> found = new ArrayList<>();
    for (DeviceConfig device : devices) {
      if (device instanceof DeviceConfig.Node node) {
        found.add(node(node));
      }
    }
    return DeviceEdits.of(found);
  }

  @Override
  public DeviceNode node(DeviceConfig.Node node) {
    Integer minor = nodes.get(node.path());
    if (minor == null) {
      throw TaskException.failed(
          Problem.inDocument("DEVICE_NOT_FOUND", "devices[0].path", node.path(), "is not here"));
    }
    return new DeviceNode(
        node.path(),
        DeviceNode.Type.CHARACTER,
        4,
        minor,
        0660,
        OptionalInt.of(0),
        OptionalInt.of(20),
        node.access());
  }

  @Override
  public SortedSet<String> exclusive(DeviceConfig device) {
    return new TreeSet<>(List.of(device.policyName()));
  }

  @Override
  public void moveIn(String task, List<String> nics) {
    moved.put(task, List.copyOf(nics));
  }

  @Override
  public void moveBack(String task) {
    moved.remove(task);
  }

  @Override
  public List<String> tasks() {
    return List.copyOf(moved.keySet());
  }
}
