package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

/**
 * One interface on record: all that it takes to remove it, whatever became of the config of its
 * network since.
 *
 * @param config as the task wants it
 * @param network the chain of plugins that is, or was, run
 * @param bridge that was made for it; empty where others look after that
 * @param allow what may pass; empty for everything
 * @param askedAddresses with their prefixes
 * @param askedMac empty for any
 * @param result of the last plugin that succeeded; empty before the first
 * @param attached as it turned out; empty until all is done
 */
record Attachment(
    InterfaceConfig config,
    CniConfig network,
    Optional<NodeBridge> bridge,
    Optional<List<AllowRule>> allow,
    List<String> askedAddresses,
    Optional<String> askedMac,
    Optional<ObjectNode> result,
    Optional<AttachedInterface> attached) {

  Attachment {
    askedAddresses = List.copyOf(askedAddresses);
    allow = allow.map(List::copyOf);
  }

  /** What a task wants of a network, before any of it is there. */
  static Attachment of(
      InterfaceConfig config,
      CniConfig network,
      Optional<NodeBridge> bridge,
      Optional<List<AllowRule>> allow) {
    return new Attachment(
        config,
        network,
        bridge,
        allow,
        config.addresses(),
        config.mac(),
        Optional.empty(),
        Optional.empty());
  }

  Attachment asking(List<String> addresses, Optional<String> mac) {
    return new Attachment(config, network, bridge, allow, addresses, mac, result, attached);
  }

  Attachment withResult(Optional<ObjectNode> given) {
    return new Attachment(
        config, network, bridge, allow, askedAddresses, askedMac, given, attached);
  }

  Attachment as(AttachedInterface made) {
    return new Attachment(
        config, network, bridge, allow, askedAddresses, askedMac, result, Optional.of(made));
  }

  /** Whether all that follows from document and node's config is the same. */
  boolean isMadeLike(Attachment other) {
    return config.equals(other.config)
        && network.equals(other.network)
        && bridge.equals(other.bridge)
        && allow.equals(other.allow);
  }
}
