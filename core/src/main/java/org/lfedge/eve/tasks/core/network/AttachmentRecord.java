package org.lfedge.eve.tasks.core.network;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

/**
 * The interfaces of a task, as they are kept on disk.
 *
 * @param task its name
 * @param containerId by which plugins know it
 * @param namespace which namespace they are in, told apart from every other one since any boot
 * @param state how far it has come
 * @param interfaces in the order of the document
 */
record AttachmentRecord(
    String task, String containerId, String namespace, State state, List<Attachment> interfaces) {

  /** How far the interfaces of a task have come. */
  enum State {
    /** Some may be there, or parts of them. */
    ATTACHING,
    /** All are there. */
    ATTACHED,
    /** None is there; what they had is asked for the next time. */
    RELEASED
  }

  AttachmentRecord {
    interfaces = List.copyOf(interfaces);
  }

  AttachmentRecord in(State next) {
    return new AttachmentRecord(task, containerId, namespace, next, interfaces);
  }

  AttachmentRecord with(int index, Attachment attachment) {
    List<Attachment> changed = new ArrayList<>(interfaces);
    changed.set(index, attachment);
    return new AttachmentRecord(task, containerId, namespace, state, changed);
  }

  /** What there is; empty unless everything is. */
  List<AttachedInterface> attached() {
    return state == State.ATTACHED
        ? interfaces.stream().flatMap(one -> one.attached().stream()).toList()
        : List.of();
  }

  /** The interface of a name on a network, if it is on record. */
  Optional<Attachment> find(String name, String network) {
    return interfaces.stream()
        .filter(one -> one.config().name().equals(name))
        .filter(one -> one.config().network().equals(network))
        .findFirst();
  }

  /** The bridges that were made for these interfaces, each once. */
  Set<NodeBridge> bridges() {
    Set<NodeBridge> bridges = new LinkedHashSet<>();
    interfaces.forEach(one -> one.bridge().ifPresent(bridges::add));
    return bridges;
  }

  /** Whether interfaces of it are, or may be, on a bridge. */
  boolean uses(NodeBridge bridge) {
    return state != State.RELEASED
        && bridges().stream().anyMatch(one -> one.name().equals(bridge.name()));
  }

  boolean publishes() {
    return state != State.RELEASED
        && interfaces.stream().anyMatch(one -> !one.config().ports().isEmpty());
  }
}
