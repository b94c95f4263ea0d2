package org.lfedge.eve.tasks.core.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.NameService;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a task on each network that serves names, from before the first other task is on it until
 * the last one is gone. Such a task is like any other but for who makes and removes it.
 *
 * <p>What is done for one network is done one after the other, so that a service is not removed
 * beside a task that comes.
 */
final class NameServices {

  private static final Logger log = LoggerFactory.getLogger(NameServices.class);

  /** dnsmasq reads the addresses to give by DHCP anew; names it notices by itself. */
  private static final Signal READ_ANEW = new Signal(1);

  /** What dnsmasq does not start without; the last one although it changes no group. */
  private static final List<String> CAPABILITIES =
      List.of("CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETGID");

  private final TaskManager manager;
  private final Networks networks;
  private final Optional<RootSource> root;

  /** Guarded by this. */
  private final SortedMap<String, Integer> coming = new TreeMap<>();

  private final SortedMap<String, CompletableFuture<?>> lines = new TreeMap<>();

  /**
   * Does nothing by itself.
   *
   * @param root of the tasks that serve names: an image whose program reads {@code /names}
   */
  NameServices(TaskManager manager, Networks networks, Optional<RootSource> root) {
    this.manager = manager;
    this.networks = networks;
    this.root = root;
  }

  /** They change while the daemon runs. */
  private List<NameService> services() {
    return root.isPresent() ? networks.nameServices() : List.of();
  }

  /** Whether a task is one of these. */
  boolean isOne(String task) {
    return services().stream().anyMatch(service -> service.task().equals(task));
  }

  /**
   * Refuses the name of such a task.
   *
   * @throws TaskException if a document has it
   */
  void requireOther(TaskDocument document) {
    services().stream()
        .filter(service -> service.task().equals(document.name()))
        .findFirst()
        .ifPresent(
            service -> {
              throw TaskException.failed(
                  Problem.inDocument(
                      "NAME_RESERVED",
                      "name",
                      document.name(),
                      "the task that serves the names on network "
                          + service.network()
                          + " is called so; choose another name"));
            });
  }

  /**
   * Refuses to remove such a task while others are on its network.
   *
   * @throws TaskException if there are any
   */
  void requireUnused(String task) {
    for (NameService service : services()) {
      SortedSet<String> members = members(service);
      if (service.task().equals(task) && !members.isEmpty()) {
        throw TaskException.refused(
            Problem.user(
                "NAME_SERVICE_IN_USE",
                "task "
                    + task
                    + " serves names to "
                    + String.join(", ", members)
                    + " on network "
                    + service.network()
                    + "; it goes with the last of them"));
      }
    }
  }

  /**
   * Makes or changes a task while the names on all of its networks are served.
   *
   * @param work is not begun if they cannot be, or if the document is refused anyway
   */
  CompletableFuture<TaskView> served(
      TaskDocument document, Supplier<CompletableFuture<TaskView>> work) {
    List<NameService> wanted = of(document);
    if (wanted.isEmpty()) {
      return work.get();
    }
    try {
      manager.check(document);
    } catch (TaskException e) {
      return CompletableFuture.failedFuture(e);
    }
    synchronized (this) {
      wanted.forEach(service -> coming.merge(service.network(), 1, Integer::sum));
    }
    return all(wanted, service -> () -> ensure(service))
        .thenCompose(ready -> work.get())
        .whenComplete((done, failed) -> arrived(wanted));
  }

  private void arrived(List<NameService> wanted) {
    synchronized (this) {
      wanted.forEach(
          service ->
              coming.computeIfPresent(
                  service.network(), (network, count) -> count > 1 ? count - 1 : null));
    }
    settle(wanted, false);
  }

  /** After a task has gone or changed: its networks keep what they need, and nothing else. */
  void settle(TaskDocument document) {
    settle(of(document), true);
  }

  /** Makes what is missing, and removes what nobody needs; to be called now and then. */
  void settleAll() {
    settle(services(), false);
  }

  /** After a start of the daemon, whose config may name another image now. */
  void refresh() {
    for (NameService service : services()) {
      var unused = inLine(service, () -> refresh(service));
    }
    settleAll();
  }

  /** Keeps the address, which other tasks know. */
  private CompletableFuture<?> refresh(NameService service) {
    Optional<TaskRecord> present = record(service);
    List<String> asked =
        present.map(record -> record.document().interfaces()).orElse(List.of()).stream()
            .flatMap(one -> one.addresses().stream())
            .toList();
    if (present.isEmpty() || present.get().document().equals(document(service, asked))) {
      return CompletableFuture.completedFuture(null);
    }
    List<String> has =
        networks.attached(service.task()).stream()
            .flatMap(one -> one.addresses().stream())
            .toList();
    return manager
        .replace(document(service, has))
        .whenComplete(
            (done, failed) -> {
              if (failed != null) {
                log.warn(
                    "task {} goes on as it is: {}",
                    service.task(),
                    Turns.problem(Turns.cause(failed)));
              }
            });
  }

  private void settle(List<NameService> some, boolean changed) {
    var unused =
        all(some, service -> () -> settle(service, changed))
            .exceptionally(
                e -> {
                  log.warn("names of a network: {}", Turns.problem(Turns.cause(e)));
                  return null;
                });
  }

  private List<NameService> of(TaskDocument document) {
    return services().stream().filter(service -> isMember(document, service)).toList();
  }

  private static boolean isMember(TaskDocument document, NameService service) {
    return !document.name().equals(service.task())
        && document.interfaces().stream().anyMatch(one -> one.network().equals(service.network()));
  }

  private SortedSet<String> members(NameService service) {
    SortedSet<String> members = new TreeSet<>();
    manager.records().stream()
        .filter(record -> record.state() != TaskState.DELETED)
        .filter(record -> isMember(record.document(), service))
        .forEach(record -> members.add(record.name()));
    return members;
  }

  private CompletableFuture<Void> all(
      List<NameService> some, Function<NameService, Supplier<CompletableFuture<?>>> work) {
    List<CompletableFuture<?>> running = new ArrayList<>();
    for (NameService service : some) {
      running.add(inLine(service, work.apply(service)));
    }
    return CompletableFuture.allOf(running.toArray(CompletableFuture[]::new));
  }

  private synchronized CompletableFuture<?> inLine(
      NameService service, Supplier<CompletableFuture<?>> work) {
    CompletableFuture<?> before =
        lines.getOrDefault(service.network(), CompletableFuture.completedFuture(null));
    CompletableFuture<?> turn =
        before.handle((done, failed) -> done).thenCompose(ready -> work.get());
    lines.put(service.network(), turn);
    return turn;
  }

  private CompletableFuture<?> ensure(NameService service) {
    if (record(service).isPresent()) {
      return CompletableFuture.completedFuture(null);
    }
    return manager
        .createAndStart(document(service, List.of()))
        .handle(
            (made, failed) -> {
              if (failed != null) {
                Problem cause = Turns.problem(Turns.cause(failed));
                throw TaskException.failed(
                    new Problem(
                        "NAME_SERVICE_FAILED",
                        cause.kind(),
                        "",
                        "",
                        "task "
                            + service.task()
                            + ", which serves the names on network "
                            + service.network()
                            + ", cannot be made: "
                            + cause
                            + "; mend nameService in the node's config, or give the network names:"
                            + " false"));
              }
              return made;
            });
  }

  /**
   * Makes or removes the service of a network.
   *
   * @param changed whether somebody has given up addresses there
   */
  private CompletableFuture<?> settle(NameService service, boolean changed) {
    boolean needed;
    synchronized (this) {
      needed = coming.containsKey(service.network()) || !members(service).isEmpty();
    }
    Optional<TaskRecord> present = record(service);
    if (needed && present.isEmpty()) {
      return ensure(service);
    } else if (!needed && present.isPresent()) {
      return manager.remove(service.task());
    }
    return present.isPresent() && changed
        ? readAnew(present.get())
        : CompletableFuture.completedFuture(null);
  }

  private CompletableFuture<?> readAnew(TaskRecord record) {
    return record.state() == TaskState.RUNNING
        ? manager.signal(record.name(), READ_ANEW).exceptionally(ended -> null)
        : CompletableFuture.completedFuture(null);
  }

  private Optional<TaskRecord> record(NameService service) {
    return manager.record(service.task()).filter(record -> record.state() != TaskState.DELETED);
  }

  /** Whatever the network lets pass by itself, questions and answers do. */
  private TaskDocument document(NameService service, List<String> addresses) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", service.task());
    json.put("displayName", "names and addresses on network " + service.network());
    ObjectNode from = json.putObject("root").put("readOnly", true);
    RootSource source = root.orElseThrow();
    if (source instanceof RootSource.Layout layout) {
      from.put("layout", layout.path());
    } else if (source instanceof RootSource.Image image) {
      from.put("image", image.reference())
          .put("pull", image.pull().name().toLowerCase(Locale.ROOT));
    }
    json.putObject("resources").put("memory", "16MiB").put("cpus", 0.1);
    ObjectNode volume = json.putArray("volumes").addObject();
    volume.put("name", "names").put("target", "/names").put("readOnly", true);
    volume.putObject("source").put("network", service.network());
    ObjectNode attached = json.putArray("interfaces").addObject();
    attached.put("name", "eth0").put("network", service.network());
    if (!addresses.isEmpty()) {
      ArrayNode fixed = attached.putArray("addresses");
      addresses.forEach(fixed::add);
    }
    ArrayNode allow = attached.putArray("allow");
    allow.addObject().put("direction", "egress");
    allow.addObject().put("direction", "ingress");
    json.putObject("restart").put("policy", "always");
    json.putObject("stop").put("grace", "2s");
    ArrayNode capabilities = json.putObject("options").putArray("capabilities");
    CAPABILITIES.forEach(capabilities::add);
    return TaskDocuments.parse(json.toString().getBytes(UTF_8), Path.of("/")).get(0);
  }
}
