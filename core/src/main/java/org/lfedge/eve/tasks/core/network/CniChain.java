package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Runs the plugins of one interface in their order, and back. */
final class CniChain {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final CniPlugins plugins;

  CniChain(CniPlugins plugins) {
    this.plugins = plugins;
  }

  /**
   * Makes the interface.
   *
   * @param progress is given the result of each plugin before the next one runs
   * @throws TaskException with the message of the plugin that failed; what others made is there
   */
  void add(
      String task,
      String containerId,
      Path namespace,
      Attachment attachment,
      Consumer<ObjectNode> progress) {
    Optional<ObjectNode> result = Optional.empty();
    for (int i = 0; i < attachment.network().plugins().size(); i++) {
      Optional<ObjectNode> next =
          plugins.run(
              call("ADD", task, containerId, Optional.of(namespace), attachment, i, result));
      // A plugin that has nothing to say about it leaves the result as it is.
      result = next.isPresent() ? next : result;
      result.ifPresent(progress);
    }
  }

  /**
   * Removes the interface and whatever its plugins made beside it. All are tried.
   *
   * @param namespace empty if it is gone
   * @throws TaskException with the message of the first one that failed
   */
  void delete(String task, String containerId, Optional<Path> namespace, Attachment attachment) {
    Optional<ObjectNode> previous =
        attachment.result().filter(result -> attachment.network().tellsResultOnDelete());
    Optional<TaskException> failure = Optional.empty();
    for (int i = attachment.network().plugins().size() - 1; i >= 0; i--) {
      try {
        var unused =
            plugins.run(call("DEL", task, containerId, namespace, attachment, i, previous));
      } catch (TaskException e) {
        failure = failure.isPresent() ? failure : Optional.of(e);
      }
    }
    if (failure.isPresent()) {
      throw failure.get();
    }
  }

  private static CniPlugins.Call call(
      String command,
      String task,
      String containerId,
      Optional<Path> namespace,
      Attachment attachment,
      int plugin,
      Optional<ObjectNode> previous) {
    return new CniPlugins.Call(
        task,
        command,
        containerId,
        namespace,
        attachment.config().name(),
        arguments(attachment),
        attachment.network().request(plugin, wishes(attachment), previous));
  }

  private static ObjectNode wishes(Attachment attachment) {
    ObjectNode wishes = JSON.objectNode();
    attachment.askedMac().ifPresent(mac -> wishes.put("mac", mac));
    if (!attachment.askedAddresses().isEmpty()) {
      attachment.askedAddresses().forEach(wishes.putArray("ips")::add);
    }
    List<String> dns = attachment.config().dns();
    if (!dns.isEmpty()) {
      dns.forEach(wishes.putObject("dns").putArray("servers")::add);
    }
    List<PublishedPort> ports = attachment.config().ports();
    if (!ports.isEmpty()) {
      ArrayNode mappings = wishes.putArray("portMappings");
      for (PublishedPort port : ports) {
        ObjectNode mapping = mappings.addObject();
        mapping.put("hostPort", port.hostPort()).put("containerPort", port.taskPort());
        mapping.put("protocol", port.protocol().toString());
        port.hostAddress().ifPresent(address -> mapping.put("hostIP", address));
      }
    }
    return wishes;
  }

  /**
   * What plugins without the capability are asked for in the older way; it knows of one address. A
   * plugin that is called for addresses fails at a key that is not its own, unless told otherwise
   * first.
   */
  private static String arguments(Attachment attachment) {
    StringBuilder arguments = new StringBuilder("IgnoreUnknown=1");
    if (!attachment.network().declares("mac")) {
      attachment.askedMac().ifPresent(mac -> arguments.append(";MAC=").append(mac));
    }
    if (!attachment.network().declares("ips")) {
      attachment.askedAddresses().stream()
          .findFirst()
          .flatMap(Cidr::parse)
          .ifPresent(ip -> arguments.append(";IP=").append(Cidr.text(ip.address())));
    }
    return arguments.toString();
  }
}
