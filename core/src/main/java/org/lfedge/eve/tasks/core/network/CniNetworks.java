package org.lfedge.eve.tasks.core.network;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.network.AttachmentRecord.State;
import org.lfedge.eve.tasks.core.network.NetworkCatalog.Definition;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NameService;
import org.lfedge.eve.tasks.core.port.Network;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Networks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Interfaces of tasks by plugins of CNI: on networks of the node's config, for which the chains of
 * plugins are written here, and on those that others have put into the directory of CNI.
 *
 * <p>What is to be done is on record before it is done, with the chain of plugins itself: so it can
 * be undone after a crash, and when the config of its network has changed or is gone.
 */
public final class CniNetworks implements Networks {

  private static final Logger LOG = LoggerFactory.getLogger(CniNetworks.class);
  private static final int INSTANCE_DIGITS = 8;

  private final String instance;
  private final NetworkNamespaces namespaces;
  private final NetworkCatalog catalog;
  private final AttachmentStore store;
  private final Leases leases;
  private final InterfaceChecks checks;
  private final CniChain chain;
  private final NodeBridges bridges;
  private final NameServers services;
  private final InterfacePlans plans;
  private final NamespaceInterfaces inside;
  private final NameRecords names;
  private final GuestTaps taps;
  private final NetworkLocks locks = new NetworkLocks();
  private final NodeNetworks configured;

  /** Those of the node's config, and those that were declared later. */
  private volatile NodeNetworks known;

  /** Held while what a task asks for is compared with what others have, until it is on record. */
  private final Object claims = new Object();

  /**
   * Reads what is attached, and removes what helpers of an earlier daemon have left.
   *
   * @param state a directory of its own, which outlives a reboot
   */
  public CniNetworks(
      NodeNetworks node, Path state, NetworkNamespaces namespaces, HelperCommand helper) {
    this(node, state, namespaces, helper, Path.of("/sys/class/net"));
  }

  /**
   * Where the names and addresses on a network are kept, for the volumes of its tasks.
   *
   * @param state as above
   * @return a directory with one for each network that serves names
   */
  public static Path namesDirectory(Path state) {
    return state.resolve("names");
  }

  CniNetworks(
      NodeNetworks node,
      Path state,
      NetworkNamespaces namespaces,
      HelperCommand helper,
      Path links) {
    this.instance = Digests.hex(state.toString(), INSTANCE_DIGITS);
    this.namespaces = namespaces;
    this.store = new AttachmentStore(state.resolve("tasks"));
    this.leases = new Leases(state.resolve("leases"));
    ScratchDirectory scratch = new ScratchDirectory(state.resolve("runs"));
    CniPlugins plugins = new CniPlugins(node.pluginDirectories(), scratch, helper);
    this.configured = node;
    this.known = node;
    this.catalog = new NetworkCatalog(() -> known, plugins, links);
    this.checks = new InterfaceChecks(catalog, store, leases);
    this.chain = new CniChain(plugins);
    this.bridges = new NodeBridges(state, scratch, helper);
    this.services = new NameServers(() -> known, store);
    this.plans = new InterfacePlans(() -> known, bridges, leases, services);
    this.inside = new NamespaceInterfaces(scratch, helper);
    this.names = new NameRecords(namesDirectory(state), () -> known, Path.of("/etc/resolv.conf"));
    this.taps = new GuestTaps(scratch, helper);
    names.restore(store.all());
  }

  /**
   * Has networks beside those of the node's config, in place of those that were declared before.
   * One that is declared no more stays for as long as a task is on it, but is not known to the next
   * daemon unless it is declared to that again.
   *
   * @return the names of all that are there beside those of the node's config
   */
  public synchronized SortedSet<String> declare(SortedMap<String, NetworkConfig> declared) {
    SortedMap<String, NetworkConfig> all = new TreeMap<>(declared);
    store.all().stream()
        .flatMap(CniNetworks::networks)
        .flatMap(name -> Optional.ofNullable(known.networks().get(name)).stream())
        .forEach(used -> all.putIfAbsent(used.name(), used));
    all.keySet().removeAll(configured.networks().keySet());
    SortedSet<String> beside = new TreeSet<>(all.keySet());
    all.putAll(configured.networks());
    known = new NodeNetworks(all, configured.configDirectory(), configured.pluginDirectories());
    names.restore(store.all());
    return beside;
  }

  /**
   * The ports of the node that switches are to have, used by a task or not; each with its network.
   */
  public SortedMap<String, String> switchPorts() {
    SortedMap<String, String> ports = new TreeMap<>();
    known
        .networks()
        .values()
        .forEach(network -> network.port().ifPresent(port -> ports.put(port, network.name())));
    return ports;
  }

  @Override
  public List<Network> list() {
    return catalog.examined().stream().map(Definition::description).toList();
  }

  @Override
  public List<Problem> check(String task, List<InterfaceConfig> interfaces) {
    return checks.all(task, containerId(task), interfaces);
  }

  private static void refuse(List<Problem> problems) {
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  /** Plugins such as that for ports share their names for things with all of the node. */
  private String containerId(String task) {
    return store.find(task).map(AttachmentRecord::containerId).orElse(task + "-" + instance);
  }

  @Override
  public List<AttachedInterface> attached(String task) {
    return store.find(task).map(AttachmentRecord::attached).orElse(List.of());
  }

  @Override
  public List<NameService> nameServices() {
    return services.all();
  }

  @Override
  public List<String> tasks() {
    return store.tasks();
  }

  @Override
  public List<AttachedInterface> attach(String task, List<InterfaceConfig> interfaces) {
    if (interfaces.isEmpty()) {
      detach(task);
      return List.of();
    }
    Path pin = namespaces.path(task);
    String namespace = namespace(pin);
    Optional<AttachmentRecord> before = store.find(task);
    if (before.filter(record -> plans.isAsWanted(record, namespace, interfaces)).isPresent()) {
      return attached(task);
    }
    List<Definition> networks = catalog.all();
    refuse(InterfaceChecks.networks(interfaces, networks));
    Set<String> names =
        Stream.concat(
                interfaces.stream().map(InterfaceConfig::network),
                before.stream().flatMap(CniNetworks::networks))
            .collect(Collectors.toSet());
    return locks.holding(
        names, before.isPresent(), () -> attach(task, pin, namespace, interfaces, networks));
  }

  private static String namespace(Path pin) {
    return NamespaceInterfaces.identity(pin)
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.host("NETWORK_NAMESPACE", "no network namespace is pinned at " + pin)));
  }

  @Override
  public void join(String task, List<org.lfedge.eve.tasks.spi.seed.Attachment> attachments) {
    if (attachments.isEmpty()) {
      return;
    }
    Path pin = namespaces.path(task);
    String namespace = namespace(pin);
    List<Attachment> there =
        store
            .find(task)
            .filter(record -> record.state() == State.ATTACHED)
            .filter(record -> record.namespace().equals(namespace))
            .map(AttachmentRecord::interfaces)
            .orElse(List.of());
    List<GuestTaps.Wanted> wanted = new ArrayList<>();
    for (org.lfedge.eve.tasks.spi.seed.Attachment one : attachments) {
      wanted.add(
          new GuestTaps.Wanted(
              one,
              there.stream()
                  .filter(joined -> joined.config().name().equals(one.interfaceName()))
                  .findFirst()
                  .orElseThrow(() -> notThere(task, one.interfaceName()))));
    }
    taps.join(task, pin, wanted, there.stream().map(joined -> joined.config().name()).toList());
  }

  private static TaskException notThere(String task, String interfaceName) {
    return TaskException.failed(
        Problem.internal(
            "ATTACHMENT_INVALID",
            "a guest of task " + task + " is to have " + interfaceName + ", which was not made"));
  }

  private List<AttachedInterface> attach(
      String task,
      Path pin,
      String namespace,
      List<InterfaceConfig> interfaces,
      List<Definition> networks) {
    Optional<AttachmentRecord> before = store.find(task);
    before.filter(record -> record.state() != State.RELEASED).ifPresent(this::release);
    AttachmentRecord wanted =
        new AttachmentRecord(
            task,
            containerId(task),
            namespace,
            State.ATTACHING,
            interfaces.stream().map(config -> plans.plan(task, config, networks, before)).toList());
    claim(wanted);
    List<AttachedInterface> made;
    try {
      made = make(wanted, pin);
    } catch (RuntimeException e) {
      takeBack(wanted, before, e);
      throw e;
    }
    before.ifPresent(record -> removeUnused(record, store.all()));
    return made;
  }

  private static Stream<String> networks(AttachmentRecord record) {
    return record.interfaces().stream().map(one -> one.config().network());
  }

  /** Records what is wanted, unless another task was faster. */
  private void claim(AttachmentRecord wanted) {
    synchronized (claims) {
      refuse(
          checks.taken(
              wanted.task(), wanted.interfaces().stream().map(Attachment::config).toList()));
      store.save(wanted);
    }
  }

  private List<AttachedInterface> make(AttachmentRecord wanted, Path pin) {
    for (NodeBridge bridge : wanted.bridges()) {
      bridges.up(wanted.task(), bridge);
    }
    AttachmentRecord record = wanted;
    for (int i = 0; i < wanted.interfaces().size(); i++) {
      record = add(record, i, pin);
    }
    List<AttachedInterface> made = inside.finish(record.task(), pin, record.interfaces());
    for (int i = 0; i < made.size(); i++) {
      record = record.with(i, record.interfaces().get(i).as(made.get(i)));
    }
    refuse(differences(record));
    AttachmentRecord whole = record.in(State.ATTACHED);
    store.save(whole);
    names.publish(whole);
    return made;
  }

  /** With what the interface had before; if the network no longer gives that, without. */
  private AttachmentRecord add(AttachmentRecord record, int index, Path pin) {
    try {
      return tryToAdd(record, index, pin);
    } catch (TaskException e) {
      Attachment one = record.interfaces().get(index);
      Attachment plain = one.asking(one.config().addresses(), one.config().mac());
      if (plain.equals(one)) {
        throw e;
      }
      chain.delete(
          record.task(),
          record.containerId(),
          Optional.of(pin),
          store.find(record.task()).orElse(record).interfaces().get(index));
      return tryToAdd(record.with(index, plain), index, pin);
    }
  }

  private AttachmentRecord tryToAdd(AttachmentRecord record, int index, Path pin) {
    chain.add(
        record.task(),
        record.containerId(),
        pin,
        record.interfaces().get(index),
        result ->
            store.save(
                record.with(
                    index, record.interfaces().get(index).withResult(Optional.of(result)))));
    return store.find(record.task()).orElse(record);
  }

  /** A plugin may not know what it was asked for, and say nothing. */
  private static List<Problem> differences(AttachmentRecord record) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < record.interfaces().size(); i++) {
      String path = "interfaces[" + i + "]";
      Attachment one = record.interfaces().get(i);
      AttachedInterface made = one.attached().orElseThrow();
      List<Cidr> has = made.addresses().stream().flatMap(it -> Cidr.parse(it).stream()).toList();
      for (int j = 0; j < one.config().addresses().size(); j++) {
        String address = one.config().addresses().get(j);
        if (!has.containsAll(Cidr.parse(address).stream().toList())) {
          problems.add(notGiven(path + ".addresses[" + j + "]", address, made, "ips"));
        }
      }
      one.config()
          .mac()
          .filter(mac -> !mac.equals(made.mac()))
          .ifPresent(mac -> problems.add(notGiven(path + ".mac", mac, made, "mac")));
    }
    return problems;
  }

  private static Problem notGiven(
      String path, String value, AttachedInterface made, String capability) {
    return Problem.inDocument(
        "CNI_FAILED",
        path,
        value,
        "network "
            + made.network()
            + " gave "
            + made.mac()
            + " with "
            + String.join(", ", made.addresses())
            + " instead; its config needs the capability "
            + capability
            + " on a plugin that has it, or leave this out");
  }

  /** After a failure: none is left, and what the task had before stays its own. */
  private void takeBack(
      AttachmentRecord wanted, Optional<AttachmentRecord> before, RuntimeException cause) {
    try {
      undo(store.find(wanted.task()).orElse(wanted));
      removeUnused(wanted, store.others(wanted.task()));
      if (before.isPresent()) {
        store.save(before.get().in(State.RELEASED));
      } else {
        store.delete(wanted.task());
      }
    } catch (RuntimeException e) {
      // The record says what may still be there; detaching, or the next attaching, goes on.
      cause.addSuppressed(e);
    }
  }

  @Override
  public void detach(String task) {
    if (!store.has(task)) {
      return;
    }
    Optional<AttachmentRecord> record = store.find(task);
    locks.holding(
        record.stream().flatMap(CniNetworks::networks).toList(),
        true,
        () -> {
          record.filter(one -> one.state() != State.RELEASED).ifPresent(this::undo);
          if (record.isEmpty()) {
            names.withdraw(task);
            leases.release(containerId(task));
          }
          record.ifPresent(one -> removeUnused(one, store.others(task)));
          store.delete(task);
          return task;
        });
  }

  /** The interfaces of a task that is to have others, or those in another namespace. */
  private void release(AttachmentRecord record) {
    undo(record);
    store.save(record.in(State.RELEASED));
  }

  /**
   * Removes all interfaces, the last one first; all are tried. What fails is a failure only where
   * all of them were there: plugins have little to say about a namespace that is gone, or about
   * what they never made.
   */
  private void undo(AttachmentRecord record) {
    names.withdraw(record.task());
    Path pin = namespaces.path(record.task());
    Optional<Path> namespace =
        NamespaceInterfaces.identity(pin).filter(record.namespace()::equals).map(identity -> pin);
    List<TaskException> failures = new ArrayList<>();
    for (int i = record.interfaces().size() - 1; i >= 0; i--) {
      try {
        chain.delete(record.task(), record.containerId(), namespace, record.interfaces().get(i));
      } catch (TaskException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      if (namespace.isPresent() && record.state() == State.ATTACHED) {
        throw failures.get(0);
      }
      failures.forEach(e -> LOG.info("Passed over while cleaning up: {}", e.getMessage()));
    }
    leases.release(record.containerId());
    if (namespace.isPresent()
        && record.interfaces().stream().anyMatch(one -> one.allow().isPresent())) {
      inside.removeRules(record.task(), pin);
    }
  }

  /** What tasks have in common goes with the last one of those that may use it. */
  private void removeUnused(AttachmentRecord record, List<AttachmentRecord> users) {
    for (NodeBridge bridge : record.bridges()) {
      if (users.stream().noneMatch(user -> user.uses(bridge))) {
        bridges.down(record.task(), bridge);
        leases.forget(bridge.network());
      }
    }
    if (record.publishes() && users.stream().noneMatch(AttachmentRecord::publishes)) {
      bridges.forgetPorts(record.task());
    }
  }
}
