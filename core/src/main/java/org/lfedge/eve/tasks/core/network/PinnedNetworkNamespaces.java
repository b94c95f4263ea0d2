package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.spi.seed.Namespace;

/**
 * Network namespaces pinned by a bind mount of {@code /proc/self/ns/net} on a file.
 *
 * <p>The directory of these files is a mount of its own that recursive binds leave out. A task on
 * the node's own root would otherwise hold a copy of every pin, and with it the namespaces of other
 * tasks: the kernel does not let go of a file that is a mount point anywhere in its mount
 * namespace.
 */
public final class PinnedNetworkNamespaces implements NetworkNamespaces {

  /**
   * All of it under the task's lock, or a helper that still had it would pin in between. There may
   * be no pin on the file, or one over another: it cannot be removed while there is one.
   */
  private static final String UNPIN =
      "for p do umount --no-mtab \"$p\" 2>/dev/null; until rm -f \"$p\" 2>/dev/null; do umount"
          + " --no-mtab \"$p\" || exit; done; done";

  /**
   * The user namespace, then the network namespace that belongs to it. A namespace that is empty
   * cannot be joined, so a program waits in both until they are pinned; that it runs says that they
   * were made. Whoever made a user namespace is nobody in it until its users are mapped, which only
   * somebody outside can do for all of them: each to itself, as far as there are any here. May be
   * repeated: what is there is kept if it is whole.
   */
  private static final String PIN_WITH_USERS =
      """
      set -e
      if ! mountpoint -q "$1" || ! mountpoint -q "$2"; then
        for p do
          while umount --no-mtab "$p" 2>/dev/null; do :; done
        done
        unshare --user --net sleep 10 &
        pid=$!
        while read -r name <"/proc/$pid/comm" && [ "$name" != sleep ]; do :; done
        map=
        while read -r first _ count; do
          map="$map$first $first $count\\n"
        done </proc/self/uid_map
        printf "$map" >"/proc/$pid/uid_map"
        map=
        while read -r first _ count; do
          map="$map$first $first $count\\n"
        done </proc/self/gid_map
        printf "$map" >"/proc/$pid/gid_map"
        mount --no-mtab --bind "/proc/$pid/ns/user" "$1"
        mount --no-mtab --bind "/proc/$pid/ns/net" "$2"
        kill "$pid"
      fi
      nsenter --net="$2" ip link set lo up
      """;

  /** Only a private mount can be made unbindable. May be repeated, whatever it finds. */
  private static final String ISOLATE =
      "{ mountpoint -q \"$1\" || mount --no-mtab --bind \"$1\" \"$1\"; }"
          + " && mount --no-mtab --make-private \"$1\" && mount --no-mtab --make-unbindable \"$1\"";

  /** May be repeated: a helper that outlived its daemon may have pinned it meanwhile. */
  private static final String PIN_OF_NODE =
      "mountpoint -q \"$1\" || mount --no-mtab --bind /proc/self/ns/net \"$1\"";

  /**
   * Namespaces of the node, by the words that the kernel has for them. Those that are there are
   * kept, unless they are of another node: in a container, that is what is left of another one.
   */
  private static final String PIN_NODES_OWN =
      """
      directory=$1
      shift
      for word do
        pin=$directory/~$word
        if ! [ "$pin" -ef "/proc/self/ns/$word" ]; then
          while umount --no-mtab "$pin" 2>/dev/null; do :; done
          : >"$pin" && mount --no-mtab --bind "/proc/self/ns/$word" "$pin" || exit
        fi
      done
      """;

  private static final List<String> LOOPBACK_UP = List.of("ip", "link", "set", "lo", "up");

  /** In the names of files that are not the network namespace of a task; in no name of a task. */
  private static final String NO_TASK = "~";

  /** Stands behind the name of a task whose user namespace it is. */
  private static final String USERS = NO_TASK + "users";

  private final Path directory;
  private final HelperCommand helper;

  /** The tasks of whose namespaces this object knows that their loopback is up. */
  private final Set<String> ready = ConcurrentHashMap.newKeySet();

  /**
   * Keeps the pins in a directory.
   *
   * @param directory best on a file system that a reboot empties
   */
  public PinnedNetworkNamespaces(Path directory, HelperCommand helper) {
    this.directory = directory;
    this.helper = helper;
  }

  /**
   * The pin comes before the loopback, which saves a shell and a mount, a third of the time.
   * Between the two a node may have lost its daemon and the helper, so that the loopback of a pin
   * that was there before is set up again.
   */
  @Override
  public Path pin(String task, Kind kind) {
    Path file = path(task);
    if (ready.contains(task) && isPinned(file)) {
      return file;
    }
    if (kind == Kind.OWN_WITH_USERS) {
      pinWithUsers(task, file);
      ready.add(task);
      return file;
    }
    if (kind == Kind.OF_NODE) {
      makeFile(file);
      helper.run(
          task,
          "give task " + task + " the network of the node",
          List.of("sh", "-c", PIN_OF_NODE, "sh", file.toString()));
      return file;
    }
    List<String> within;
    if (isPinned(file)) {
      within = List.of("nsenter", "--net=" + file);
    } else {
      makeFile(file);
      within = List.of("unshare", "--net=" + file);
    }
    helper.run(
        task,
        "make the network namespace of task " + task,
        Stream.concat(within.stream(), LOOPBACK_UP.stream()).toList());
    ready.add(task);
    return file;
  }

  private void pinWithUsers(String task, Path file) {
    // By this one the task is found.
    makeFile(file);
    makeFile(users(task));
    helper.run(
        task,
        "make the user namespace of task " + task + " and its network namespace",
        List.of("sh", "-c", PIN_WITH_USERS, "sh", users(task).toString(), file.toString()));
  }

  private static void makeFile(Path file) {
    try {
      if (!Files.exists(file)) {
        Files.createFile(file);
      }
    } catch (IOException e) {
      throw failure("make " + file, e);
    }
  }

  /** Makes the directory and its mount; to be called once before anything is pinned. */
  public void isolate() {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw failure("make " + directory, e);
    }
    helper.run(
        "",
        "keep the network namespaces of tasks apart in " + directory,
        List.of("sh", "-c", ISOLATE, "sh", directory.toString()));
  }

  /**
   * Pins namespaces of the node, for tasks that may enter them. A file in {@code /proc} would not
   * do: the runtime that mounts it may not look into another process, and is in namespaces of the
   * task itself by then.
   */
  public void pinOfNode(SortedSet<Namespace> namespaces) {
    if (!namespaces.isEmpty()) {
      List<String> command =
          new ArrayList<>(List.of("sh", "-c", PIN_NODES_OWN, "sh", directory.toString()));
      namespaces.forEach(namespace -> command.add(word(namespace)));
      helper.run("", "pin namespaces of the node in " + directory, command);
    }
  }

  private static String word(Namespace namespace) {
    return switch (namespace) {
      case PID -> "pid";
      case IPC -> "ipc";
      case UTS -> "uts";
      case NETWORK -> "net";
      case CGROUP -> "cgroup";
    };
  }

  /** Removes all namespaces and the mount that holds them, before their directory is removed. */
  public void release() {
    pinned().forEach(this::unpin);
    List<String> ofNode =
        Stream.of(Namespace.values())
            .map(this::ofNode)
            .filter(Files::exists)
            .map(Path::toString)
            .toList();
    if (!ofNode.isEmpty()) {
      List<String> command = new ArrayList<>(List.of("sh", "-c", UNPIN, "sh"));
      command.addAll(ofNode);
      helper.run("", "unpin the namespaces of the node", command);
    }
    while (isMountPoint()) {
      helper.run("", "unmount " + directory, List.of("umount", "--no-mtab", directory.toString()));
    }
  }

  private boolean isMountPoint() {
    String point = " " + directory.toAbsolutePath() + " ";
    try {
      return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
          .anyMatch(line -> line.contains(point));
    } catch (IOException e) {
      throw failure("read /proc/self/mountinfo for " + directory, e);
    }
  }

  @Override
  public Path path(String task) {
    return directory.resolve(task);
  }

  @Override
  public Path users(String task) {
    return directory.resolve(task + USERS);
  }

  @Override
  public Path ofNode(Namespace namespace) {
    return directory.resolve(NO_TASK + word(namespace));
  }

  @Override
  public void unpin(String task) {
    Path file = path(task);
    Path users = users(task);
    ready.remove(task);
    if (Files.exists(file) || Files.exists(users)) {
      helper.run(
          task,
          "remove the network namespace of task " + task,
          List.of("sh", "-c", UNPIN, "sh", users.toString(), file.toString()));
    }
  }

  @Override
  public List<String> pinned() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.contains(NO_TASK))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw failure("list " + directory, e);
    }
  }

  /** Whether a namespace, and not the empty file alone, is there. */
  private static boolean isPinned(Path file) {
    try {
      return Files.exists(file) && "nsfs".equals(Files.getFileStore(file).type());
    } catch (IOException e) {
      return false;
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("NETWORK_NAMESPACE", "cannot " + action + ": " + cause), cause);
  }
}
