package org.lfedge.eve.tasks.core.controller;

import java.time.Instant;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.lfedge.eve.tasks.core.error.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node and its controller stand, for people and between the two threads. The log is told each
 * problem once, until what had it succeeds.
 */
final class Standing {

  private static final Logger LOG = LoggerFactory.getLogger(EdgeController.class);
  private static final int MAX_TOLD = 100;

  private final Map<Part, Set<String>> told = new EnumMap<>(Part.class);
  private final Map<Part, Problem> problems = new EnumMap<>(Part.class);
  private Optional<Device> device = Optional.empty();
  private Optional<Instant> lastConfig = Optional.empty();
  private Optional<Instant> lastContact = Optional.empty();

  /** What can have a problem; the first is the one that is shown. */
  enum Part {
    CONFIG,
    MESSAGES
  }

  /** This node, as the controller knows it. */
  record Device(DeviceIdentity identity, String uuid) {}

  synchronized void device(Device known) {
    device = Optional.of(known);
    notifyAll();
  }

  synchronized Device awaitDevice() throws InterruptedException {
    while (device.isEmpty()) {
      wait();
    }
    return device.get();
  }

  synchronized void config(Instant received) {
    lastConfig = Optional.of(received);
  }

  synchronized void succeeded(Part part, Instant now) {
    lastContact = Optional.of(now);
    told.remove(part);
    if (problems.remove(part) != null) {
      LOG.info("The controller is heard again ({})", part);
    }
  }

  synchronized void failed(Part part, Problem problem) {
    problems.put(part, problem);
    tell(part, problem);
  }

  /** Something that is over already. */
  synchronized void tell(Part part, Problem problem) {
    Set<String> known = told.computeIfAbsent(part, key -> new HashSet<>());
    if (known.size() >= MAX_TOLD) {
      known.clear();
    }
    if (known.add(problem.toString())) {
      LOG.warn("{}", problem);
    }
  }

  synchronized EdgeController.State state(ControllerSettings settings, int waiting) {
    return new EdgeController.State(
        settings.server(),
        device.map(Device::uuid),
        lastConfig,
        lastContact,
        Optional.ofNullable(problems.get(Part.CONFIG))
            .or(() -> Optional.ofNullable(problems.get(Part.MESSAGES))),
        waiting);
  }
}
