package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Devices;

/** Which task has which of the devices that one task alone can have, from create to delete. */
final class DeviceClaims {

  private final Devices devices;
  private final Map<String, SortedSet<String>> taken = new TreeMap<>();

  DeviceClaims(Devices devices) {
    this.devices = devices;
  }

  /**
   * Takes the devices of a document for its task, in the place of those that the task had.
   *
   * @throws TaskException with code DEVICE_TAKEN and the name of the task that has one; none is
   *     taken then
   */
  synchronized void claim(TaskDocument document) {
    taken.remove(document.name());
    check(document);
    restore(document);
  }

  /** Refuses a document with a device that another task has. */
  synchronized void check(TaskDocument document) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < document.devices().size(); i++) {
      DeviceConfig device = document.devices().get(i);
      String path = "devices[" + i + "]." + device.key();
      SortedSet<String> names = devices.exclusive(device);
      taken.forEach(
          (task, theirs) -> {
            if (!task.equals(document.name()) && !Collections.disjoint(names, theirs)) {
              problems.add(
                  Problem.inDocument(
                      "DEVICE_TAKEN",
                      path,
                      device.id(),
                      "task "
                          + task
                          + " has this device, or one that cannot be parted from it; delete that"
                          + " task first, or choose another device"));
            }
          });
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  /** Takes what a task has had before, whoever else may have it. */
  synchronized void restore(TaskDocument document) {
    SortedSet<String> names = new TreeSet<>();
    document.devices().forEach(device -> names.addAll(devices.exclusive(device)));
    if (!names.isEmpty()) {
      taken.put(document.name(), names);
    }
  }

  synchronized void release(String task) {
    taken.remove(task);
  }
}
