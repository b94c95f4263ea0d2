package org.lfedge.eve.tasks.spi.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Violation.Rule;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.Volume;

/** What a seed must keep of the document that it was made for, whatever the kind of workload. */
final class SeedRules {

  private SeedRules() {}

  static List<Violation> check(Seed seed, SeedRequest request, ExecutorInfo info) {
    TaskConfig task = request.task();
    List<Violation> found = new ArrayList<>();
    Root.Kind kind = task.root().kind();
    if (!info.rootKinds().contains(kind)) {
      found.add(new Violation(Rule.KIND_NOT_DECLARED, kind + " was seeded"));
    }
    if (!seed.binaryFormats().isEmpty() && !info.userNamespace()) {
      found.add(new Violation(Rule.NO_USER_NAMESPACE, "" + seed.binaryFormats()));
    } else if (!seed.binaryFormats().isEmpty() && request.tools().isEmpty()) {
      found.add(new Violation(Rule.NO_TOOLS, "binary formats of a task without tools"));
    }
    if (seed.memory() == Pool.HYPERVISOR && seed.tax().bytes(Pool.CGROUP) == 0) {
      found.add(new Violation(Rule.ANCHOR_WITHOUT_MEMORY, "" + seed.tax()));
    }
    if (seed.base() == Base.TOOLS) {
      checkTools(seed, request, found);
    } else {
      checkAnchor(seed, task, found);
    }
    checkVolumes(seed, task, found);
    checkDevices(seed, task, found);
    checkAttachments(seed, task, found);
    List<StopStep> steps = seed.stop().steps();
    Duration grace = steps.isEmpty() ? Duration.ZERO : steps.get(0).grace();
    if (grace.compareTo(task.stopGrace()) > 0) {
      found.add(new Violation(Rule.GRACE_EXCEEDED, grace + " instead of " + task.stopGrace()));
    }
    return found;
  }

  /** An anchor that does the work itself, in the root of the task. */
  private static void checkAnchor(Seed seed, TaskConfig task, List<Violation> found) {
    task.env()
        .forEach(
            (key, value) -> {
              List<String> there =
                  seed.process().env().stream()
                      .filter(variable -> variable.startsWith(key + "="))
                      .toList();
              if (!there.equals(List.of(key + "=" + value))) {
                found.add(
                    new Violation(
                        Rule.ENV_LOST, key + " stands " + there.size() + " times in the seed"));
              }
            });
    if (task.root().readOnly() && !seed.readOnly()) {
      found.add(new Violation(Rule.READ_ONLY_LOST, task.root() + " became writable"));
    }
    List<Mount> roots = mountsOfRoot(seed);
    if (!roots.isEmpty()) {
      found.add(new Violation(Rule.ROOT_NOT_PLACED, roots + " besides"));
    }
  }

  /** An anchor that serves what is in the root of the task. */
  private static void checkTools(Seed seed, SeedRequest request, List<Violation> found) {
    Root root = request.task().root();
    if (request.tools().isEmpty()) {
      found.add(new Violation(Rule.NO_TOOLS, "a task without tools"));
    }
    List<Mount> roots = mountsOfRoot(seed);
    if (roots.size() != (root.kind() == Root.Kind.NONE ? 0 : 1)) {
      found.add(new Violation(Rule.ROOT_NOT_PLACED, root + ": " + roots.size() + " mounts"));
    }
    if (root.readOnly() && roots.stream().anyMatch(mount -> !mount.readOnly())) {
      found.add(new Violation(Rule.READ_ONLY_LOST, root + " became writable"));
    }
  }

  private static List<Mount> mountsOfRoot(Seed seed) {
    return seed.mounts().stream().filter(mount -> mount.source() instanceof Source.OfRoot).toList();
  }

  private static void checkVolumes(Seed seed, TaskConfig task, List<Violation> found) {
    SortedMap<String, List<Mount>> mounts = new TreeMap<>();
    for (Mount mount : seed.mounts()) {
      if (mount.source() instanceof Source.OfVolume source) {
        mounts.computeIfAbsent(source.name(), name -> new ArrayList<>()).add(mount);
      }
    }
    for (Volume volume : task.volumes()) {
      List<Mount> of = Optional.ofNullable(mounts.remove(volume.name())).orElse(List.of());
      if (of.size() > 1 || (of.isEmpty() && !volume.mayBeLeftOut())) {
        found.add(
            new Violation(Rule.VOLUME_NOT_PLACED, volume.name() + ": " + of.size() + " mounts"));
      }
      for (Mount mount : of) {
        if (mount.source() instanceof Source.OfVolume source
            && !volume.views().contains(source.view())) {
          found.add(
              new Violation(
                  Rule.VOLUME_NOT_PLACED,
                  volume.name() + " offers " + volume.views() + ", not " + source.view()));
        }
        if (volume.readOnly() && !mount.readOnly()) {
          found.add(new Violation(Rule.VOLUME_READ_ONLY_LOST, volume.name() + " became writable"));
        }
      }
    }
    mounts
        .keySet()
        .forEach(
            name ->
                found.add(
                    new Violation(Rule.VOLUME_NOT_PLACED, name + " is no volume of the task")));
  }

  private static void checkDevices(Seed seed, TaskConfig task, List<Violation> found) {
    List<DeviceRequest> asked = task.devices();
    for (DeviceRequest device : asked) {
      if (!seed.devices().contains(device)) {
        found.add(new Violation(Rule.DEVICE_NOT_TAKEN, device + " is not in the seed"));
      }
    }
    for (DeviceRequest device : seed.devices()) {
      if (!asked.contains(device) && !(device instanceof DeviceRequest.Node)) {
        found.add(new Violation(Rule.DEVICE_NOT_TAKEN, device + " is no device of the task"));
      }
    }
  }

  private static void checkAttachments(Seed seed, TaskConfig task, List<Violation> found) {
    List<String> names = task.interfaces().stream().map(NetworkInterface::name).toList();
    for (Attachment attachment : seed.attachments()) {
      if (!names.contains(attachment.interfaceName()) || names.contains(attachment.tapName())) {
        found.add(new Violation(Rule.ATTACHMENT_WITHOUT_INTERFACE, "" + attachment));
      }
    }
  }
}
