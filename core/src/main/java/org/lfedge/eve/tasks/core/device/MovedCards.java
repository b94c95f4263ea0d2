package org.lfedge.eve.tasks.core.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;

/**
 * Network interfaces of the node that are in the namespaces of tasks. What is to be moved is on
 * record before it is, in a directory that a reboot empties, as a reboot moves all of them back.
 *
 * <p>An interface is found again by its number, since a task may have given it another name.
 */
final class MovedCards {

  private static final String UNKNOWN = "-";

  /** No name of a task begins so. */
  private static final String UNFINISHED = ".";

  /** Says the name that the link with a number, else with a name, has in a namespace. */
  private static final String FIND =
      """
      set -e
      pin=$1
      shift
      current() {
        printf '%s\\n' "$links" | while IFS=': @' read -r number link rest; do
          if [ "$number" = "$2" ] || { [ "$2" = - ] && [ "$link" = "$1" ]; }; then
            echo "$link"
          fi
        done
      }
      """;

  private static final String MOVE_IN =
      FIND
          + """
          while [ $# -gt 0 ]; do
            links=$(nsenter --net="$pin" ip -o link show)
            now=$(current "$1" "$2")
            if [ -z "$now" ]; then
              ip link set dev "$1" netns "$pin"
            elif [ "$now" != "$1" ]; then
              nsenter --net="$pin" ip link set dev "$now" down
              nsenter --net="$pin" ip link set dev "$now" name "$1"
            fi
            nsenter --net="$pin" ip link set dev "$1" up
            shift 2
          done
          exec nsenter --net="$pin" ip -o link show
          """;

  /**
   * The namespace of the shell is that of the node. Names are given as interfaces are moved, so
   * that those inside do not matter. One that cannot be moved does not hold up the others.
   */
  private static final String MOVE_BACK =
      FIND
          + """
          links=$(nsenter --net="$pin" ip -o link show)
          failed=0
          while [ $# -gt 0 ]; do
            now=$(current "$1" "$2")
            if [ -n "$now" ]; then
              nsenter --net="$pin" ip link set dev "$now" netns $$ name "$1" || failed=1
            fi
            shift 2
          done
          exit $failed
          """;

  private final Path records;
  private final NetworkNamespaces namespaces;
  private final HelperCommand helper;

  MovedCards(Path records, NetworkNamespaces namespaces, HelperCommand helper) {
    this.records = records;
    this.namespaces = namespaces;
    this.helper = helper;
  }

  /** Whether an interface is, or is about to be, in the namespace of a task. */
  boolean has(String task, String nic) {
    return read(task).containsKey(nic);
  }

  List<String> tasks() {
    if (!Files.isDirectory(records)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(records)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> !name.startsWith(UNFINISHED))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw failure("list " + records, e);
    }
  }

  void moveIn(String task, List<String> nics) {
    Map<String, String> numbers = new LinkedHashMap<>();
    Map<String, String> before = read(task);
    nics.forEach(nic -> numbers.put(nic, before.getOrDefault(nic, UNKNOWN)));
    write(task, numbers);
    String links =
        helper.run(
            task,
            "move network interfaces of the node ("
                + String.join(", ", nics)
                + ") into task "
                + task,
            command(MOVE_IN, task, numbers));
    links
        .lines()
        .map(line -> line.split("[:@]", -1))
        .filter(fields -> fields.length > 1)
        .forEach(fields -> numbers.replace(fields[1].strip(), fields[0].strip()));
    write(task, numbers);
  }

  void moveBack(String task) {
    Map<String, String> numbers = read(task);
    if (!numbers.isEmpty() && isPinned(namespaces.path(task))) {
      String unused =
          helper.run(
              task,
              "move network interfaces ("
                  + String.join(", ", numbers.keySet())
                  + ") from task "
                  + task
                  + " back to the node",
              command(MOVE_BACK, task, numbers));
    }
    try {
      Files.deleteIfExists(records.resolve(task));
      Files.deleteIfExists(records.resolve(UNFINISHED + task));
    } catch (IOException e) {
      throw failure("remove " + records.resolve(task), e);
    }
  }

  /** A namespace that is gone has given back what it had, but for virtual ones. */
  private static boolean isPinned(Path pin) {
    try {
      return Files.exists(pin) && "nsfs".equals(Files.getFileStore(pin).type());
    } catch (IOException e) {
      throw failure("look at " + pin, e);
    }
  }

  private List<String> command(String script, String task, Map<String, String> numbers) {
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", script, "sh", namespaces.path(task).toString()));
    numbers.forEach((nic, number) -> command.addAll(List.of(nic, number)));
    return command;
  }

  /** By name, the number inside of the namespace, if it is known. */
  private Map<String, String> read(String task) {
    Map<String, String> numbers = new LinkedHashMap<>();
    Path file = records.resolve(task);
    try {
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          String[] fields = line.split(" ", -1);
          if (fields.length == 2) {
            numbers.put(fields[1], fields[0]);
          }
        }
      }
    } catch (IOException e) {
      throw failure("read " + file, e);
    }
    return numbers;
  }

  private void write(String task, Map<String, String> numbers) {
    List<String> lines = new ArrayList<>();
    numbers.forEach((nic, number) -> lines.add(number + " " + nic));
    try {
      Files.createDirectories(records);
      Path unfinished = Files.write(records.resolve(UNFINISHED + task), lines);
      Files.move(
          unfinished,
          records.resolve(task),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failure("write " + records.resolve(task), e);
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("DEVICE_RECORD", "cannot " + action + ": " + cause), cause);
  }
}
