package org.lfedge.eve.tasks.core.spec;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * The devices of a task, as they are on the node now.
 *
 * @param asked those of the document, which policy allows
 * @param edits what these change in the spec
 * @param further device nodes that the seed asks for besides, by path; without those that are not
 *     granted
 */
public record DeviceInputs(
    List<DeviceRequest> asked, DeviceEdits edits, SortedMap<String, DeviceNode> further) {

  /** Of a task without devices. */
  public static final DeviceInputs NONE =
      new DeviceInputs(List.of(), DeviceEdits.NONE, new TreeMap<>());

  /** Keeps copies. */
  public DeviceInputs {
    asked = List.copyOf(asked);
    further = SortedCopies.mapOf(further);
  }
}
