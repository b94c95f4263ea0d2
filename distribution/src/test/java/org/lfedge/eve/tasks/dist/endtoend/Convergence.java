package org.lfedge.eve.tasks.dist.endtoend;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.api.v1.Task;

/**
 * Whether a node holds just what the tasks on its list have a use for, and that as it should be.
 */
final class Convergence {

  /** States in which nothing is under way. */
  /** Of the keys of snapshots that are volumes. */
  private static final String VOLUME = "volume:";

  private static final List<String> AT_REST = List.of("CREATED", "RUNNING", "STOPPED", "FAILED");

  private final List<Task> tasks;
  private final SortedMap<String, List<String>> traces;
  private final List<String> faults = new ArrayList<>();

  private Convergence(PackagedNode node, Api api) {
    this.tasks = api.list();
    this.traces = Traces.of(node);
  }

  /** Waits until the node has converged. */
  static void await(PackagedNode node, Api api) {
    List<String> last = new ArrayList<>();
    try {
      Programs.await(
          "the node to converge",
          () -> {
            last.clear();
            last.addAll(new Convergence(node, api).faults());
            return last.isEmpty();
          });
    } catch (AssertionError e) {
      throw new AssertionError(String.join("\n", last), e);
    }
  }

  private List<String> faults() {
    List<String> names = tasks.stream().map(Task::getName).sorted().toList();
    List<String> anchored =
        tasks.stream().filter(Task::hasPid).map(Task::getName).sorted().toList();
    tasks.forEach(this::check);

    equal("containers", names, found("containers"));
    equal("containerd tasks", anchored, found("containerd tasks", "^(\\S+)$"));
    equal("shims", anchored, found("shims"));
    equal("records", names, found("records", "^(.*)\\.json$"));
    equal("pinned namespaces", names, found("pinned namespaces", "^([^~]+)$"));
    noneBut("user namespaces", names, found("pinned namespaces", "^(.*)~users$"));
    equal("namespace mounts", names, found("mounts", "/netns/([^/~]+)$"));
    equal("root mounts", anchored, found("mounts", "/([^/]+)/rootfs$"));
    within("mounts", found("mounts"), "/netns/[^/]+$|/rootfs$|/run/containerd$|/run/volumes/");
    for (String kind :
        List.of("mounted volumes", "states", "mounted states", "runtime directories")) {
      noneBut(kind, names, found(kind));
    }
    noneBut("attached interfaces", names, found("attached interfaces", "^(.*)\\.json$"));
    within("attachments", found("attached interfaces"), "\\.json$");
    equal("sandboxes", List.of(), found("sandboxes"));
    within("records", found("records"), "\\.json$");
    boolean pullUnfinished = !traces.getOrDefault("leases of pulls", List.of()).isEmpty();
    List<String> layers = new ArrayList<>(found("snapshots", "^(\\S+)\\s.*\\bActive\\b"));
    // Volumes that were made with a task outlive it, also one whose creation is undone.
    layers.removeIf(
        layer ->
            layer.startsWith(VOLUME)
                && found("volumes").contains(layer.substring(VOLUME.length())));
    if (pullUnfinished) {
      // What a pull that was cut short leaves for the next one, or for prune.
      layers.removeIf(layer -> layer.startsWith("unpack-"));
    } else {
      equal("unfinished blobs", List.of(), found("unfinished blobs"));
    }
    // A root that tools serve has a layer beside that of the anchor.
    layers.replaceAll(layer -> layer.replaceAll("^view:(.+):root\\.$", "$1"));
    noneBut("writable layers", names, layers);
    noneBut("logs", names, found("logs"));
    noneBut("files and secrets", names, found("files and secrets"));
    equal(
        "cgroups",
        new ArrayList<>(new TreeSet<>(anchored)),
        new ArrayList<>(new TreeSet<>(found("cgroups", "/([^/]+)$"))));
    for (String kind : List.of("leases", "temporary files", "output of helpers", "helpers")) {
      equal(kind, List.of(), found(kind));
    }
    return faults;
  }

  private void check(Task task) {
    if (!AT_REST.contains(task.getState())) {
      faults.add(task.getName() + " is still " + task.getState());
    }
    if (task.hasPid() && !new Anchor(task.getPid(), task.getPidStartTime()).isAlive()) {
      faults.add(task.getName() + " has an anchor that is dead: " + task.getPid());
    }
    boolean runs = task.getState().equals("RUNNING");
    if (task.hasNextStart()) {
      faults.add(task.getName() + " is about to be started");
    }
    if (runs && task.getDesired().equals("stopped")) {
      faults.add(task.getName() + " runs, and is to be stopped");
    }
    if (task.getState().equals("CREATED") && task.getDesired().equals("running")) {
      faults.add(task.getName() + " is created, and is to run");
    }
    if (runs != (task.getState().equals("RUNNING") && task.hasPid())) {
      faults.add(task.getName() + " runs without an anchor");
    }
  }

  private List<String> found(String kind) {
    List<String> found = traces.get(kind);
    if (found == null) {
      throw new IllegalArgumentException("no traces are called " + kind);
    }
    return found;
  }

  /** The first group of the lines that match, with doubles. */
  private List<String> found(String kind, String pattern) {
    Pattern compiled = Pattern.compile(pattern);
    return found(kind).stream()
        .flatMap(
            line -> {
              var matcher = compiled.matcher(line);
              return matcher.find() ? Stream.of(matcher.group(1)) : Stream.empty();
            })
        .sorted()
        .toList();
  }

  private void equal(String kind, List<String> expected, List<String> actual) {
    if (!expected.equals(actual)) {
      faults.add(kind + ": there should be " + expected + ", there are " + actual);
    }
  }

  private void noneBut(String kind, List<String> allowed, List<String> actual) {
    Set<String> others = new TreeSet<>(actual);
    allowed.forEach(others::remove);
    equal(kind + " of no task", List.of(), List.copyOf(others));
  }

  private void within(String kind, List<String> actual, String pattern) {
    Pattern compiled = Pattern.compile(pattern);
    equal(
        "other " + kind,
        List.of(),
        actual.stream().filter(line -> !compiled.matcher(line).find()).toList());
  }
}
