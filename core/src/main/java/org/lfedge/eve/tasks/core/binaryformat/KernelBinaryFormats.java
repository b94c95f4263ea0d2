package org.lfedge.eve.tasks.core.binaryformat;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.spec.OwnUsers;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;

/**
 * The kernel's {@code binfmt_misc}. From Linux 6.7 on each user namespace can have a table of its
 * own, which counts for its processes and those of namespaces below it; before that there is one
 * table for all of the node.
 *
 * <p>Of the table of the node, the names of the entries are the only record of who has one. Each
 * task has entries of its own there, so that none needs to be counted.
 */
public final class KernelBinaryFormats implements BinaryFormats {

  private static final String FILE_SYSTEM = "binfmt_misc";

  private static final String REGISTER = "register";

  /** In a user namespace and a mount namespace of its own, which are gone with the program. */
  private static final List<String> TRY =
      List.of(
          "unshare",
          "--user",
          "--map-root-user",
          "--mount",
          "mount",
          "--no-mtab",
          "-t",
          FILE_SYSTEM,
          FILE_SYSTEM);

  private static final Pattern VERSION = Pattern.compile("([0-9]{1,4})\\.([0-9]{1,4})");

  private static final String MOUNT =
      "mountpoint -q \"$1\" || mount --no-mtab -t binfmt_misc binfmt_misc \"$1\"";

  private static final String UNMOUNT =
      "while mountpoint -q \"$1\"; do umount --no-mtab \"$1\" || exit; done; rmdir \"$1\"";

  private final Path usual;
  private final Path directory;
  private final HelperCommand helper;
  private final boolean nodeAllowed;
  private final String prefix;
  private final boolean tellsNames;
  private volatile @Nullable Boolean perTask;

  /**
   * Uses the tables of the kernel.
   *
   * @param usual where the table of the node is mounted if somebody has mounted it: {@code
   *     /proc/sys/fs/binfmt_misc}
   * @param directory where it is mounted for as long as it is needed, if nobody has; a path that
   *     tells this daemon from others on the node
   * @param kernel its release, such as {@code 6.1.0-18-amd64}
   * @param nodeAllowed whether formats may hold for all of the node, where they cannot for a task
   */
  public KernelBinaryFormats(
      Path usual, Path directory, HelperCommand helper, String kernel, boolean nodeAllowed) {
    this.usual = usual;
    this.directory = directory;
    this.helper = helper;
    this.nodeAllowed = nodeAllowed;
    this.tellsNames = tellsNames(kernel);
    this.prefix = "taskmanager-%08x.".formatted(directory.toString().hashCode());
  }

  /**
   * Whether an interpreter can know that it is told names: it reads that in its auxiliary vector.
   */
  static boolean tellsNames(String kernel) {
    Matcher version = VERSION.matcher(kernel);
    if (!version.lookingAt()) {
      return false;
    }
    int major = Integer.parseInt(version.group(1));
    return major > 5 || (major == 5 && Integer.parseInt(version.group(2)) >= 12);
  }

  @Override
  public Scope scope() {
    if (hasTablesOfTasks()) {
      return Scope.TASK;
    }
    requireNodeAllowed();
    return Scope.NODE;
  }

  private void requireNodeAllowed() {
    if (!nodeAllowed) {
      throw TaskException.failed(
          Problem.host(
              "BINARY_FORMATS_NOT_ALLOWED",
              "the kernel of this node has one table of binary formats for all of it (Linux has one"
                  + " for each user namespace from 6.7 on), so an interpreter would run the files of"
                  + " everybody; to allow that, set policy.allowNodeBinaryFormats: true in the"
                  + " node's config"));
    }
  }

  private synchronized boolean hasTablesOfTasks() {
    Boolean known = perTask;
    if (known == null) {
      known = tryTable();
      perTask = known;
    }
    return known;
  }

  private boolean tryTable() {
    try {
      Files.createDirectories(directory);
      List<String> command = new ArrayList<>(TRY);
      command.add(directory.toString());
      String unused = helper.run("", "try a table of binary formats", command);
      return true;
    } catch (TaskException refused) {
      return false;
    } catch (IOException e) {
      throw failed("make " + directory, e);
    }
  }

  @Override
  public void register(String task, int pid, List<BinaryFormat> formats, Path tools) {
    Path own = Path.of("/proc/" + pid + "/root" + OwnUsers.FORMATS_TARGET);
    // Nothing but the table is ever mounted there, and no file system of ours tells its type.
    if (Files.exists(own.resolve(REGISTER), LinkOption.NOFOLLOW_LINKS)) {
      for (BinaryFormat format : formats) {
        register(task, own, format.name(), format, tools);
      }
      return;
    }
    requireNodeAllowed();
    Path table = tableOfNode().orElseGet(this::mountTable);
    for (BinaryFormat format : formats) {
      register(task, table, prefix + task + "." + format.name(), format, tools);
    }
  }

  private void register(String task, Path table, String name, BinaryFormat format, Path tools) {
    if (Files.exists(table.resolve(name))) {
      return;
    }
    String flags = tellsNames ? Registration.WITH_NAMES : Registration.WITHOUT_NAMES;
    byte[] line = Registration.line(name, format, interpreter(task, format, tools), flags);
    try {
      Files.write(table.resolve(REGISTER), line, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw failed(
          "register the interpreter of binary format " + format.name() + " for task " + task, e);
    }
  }

  /** The kernel opens what lies at this path; a link in the tools leads nowhere else. */
  private static Path interpreter(String task, BinaryFormat format, Path tools) {
    try {
      Path root = tools.toRealPath();
      Path file = root.resolve(format.interpreter().replaceFirst("^/+", "")).toRealPath();
      if (file.startsWith(root) && Files.isRegularFile(file) && Files.isExecutable(file)) {
        return file;
      }
    } catch (IOException e) {
      // It is not there.
    }
    throw TaskException.failed(
        Problem.user(
            "INTERPRETER_NOT_FOUND",
            "the tools of task "
                + task
                + " have no program "
                + format.interpreter()
                + " to run files of the format "
                + format.name()
                + "; use tools that have it"));
  }

  @Override
  public void release(String task) {
    Optional<Path> table = tableOfNode();
    if (table.isEmpty()) {
      return;
    }
    for (String entry : entries(table.get())) {
      if (task.equals(taskOf(entry))) {
        try {
          Files.writeString(table.get().resolve(entry), "-1", StandardOpenOption.WRITE);
        } catch (IOException e) {
          throw failed("remove a binary format of task " + task, e);
        }
      }
    }
    if (isTable(directory) && entries(directory).isEmpty()) {
      String unused =
          helper.run(
              "",
              "unmount the table of binary formats",
              List.of("sh", "-c", UNMOUNT, "sh", directory.toString()));
    }
  }

  @Override
  public List<String> tasks() {
    return tableOfNode().map(KernelBinaryFormats.this::entries).orElse(List.of()).stream()
        .map(this::taskOf)
        .distinct()
        .toList();
  }

  /** Names of formats hold no dots. */
  private String taskOf(String entry) {
    return entry.substring(prefix.length(), entry.lastIndexOf('.'));
  }

  private List<String> entries(Path table) {
    try (Stream<Path> files = Files.list(table)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(prefix))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw failed("list " + table, e);
    }
  }

  private Optional<Path> tableOfNode() {
    return Stream.of(directory, usual).filter(KernelBinaryFormats::isTable).findFirst();
  }

  private Path mountTable() {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw failed("make " + directory, e);
    }
    String unused =
        helper.run(
            "",
            "mount the table of binary formats of the node",
            List.of("sh", "-c", MOUNT, "sh", directory.toString()));
    return directory;
  }

  private static boolean isTable(Path path) {
    try {
      return Files.exists(path.resolve(REGISTER), LinkOption.NOFOLLOW_LINKS)
          && Files.getFileStore(path.resolve(REGISTER)).type().equals(FILE_SYSTEM);
    } catch (IOException e) {
      return false;
    }
  }

  private static TaskException failed(String action, IOException cause) {
    return TaskException.failed(
        Problem.host(
            "BINARY_FORMAT_REFUSED",
            "cannot "
                + action
                + ": "
                + cause
                + "; see /proc/sys/fs/binfmt_misc, and whether the kernel has CONFIG_BINFMT_MISC"),
        cause);
  }

  /** How the kernel is told of a format. */
  static final class Registration {

    /** None of them is in hex, in a name or in flags. */
    private static final String DELIMITERS = ":|,;#!@%+=";

    /** The interpreter is opened at once. */
    static final String WITHOUT_NAMES = "F";

    /** It is told by which name the program was called, too. */
    static final String WITH_NAMES = "FP";

    private Registration() {}

    /**
     * The line for an entry.
     *
     * @throws TaskException if no delimiter is left for a path
     */
    static byte[] line(String name, BinaryFormat format, Path interpreter, String flags) {
      String path = interpreter.toString();
      String delimiter =
          DELIMITERS
              .chars()
              .mapToObj(Character::toString)
              .filter(one -> !path.contains(one) && !name.contains(one))
              .findFirst()
              .orElseThrow(
                  () ->
                      TaskException.failed(
                          Problem.host(
                              "BINARY_FORMAT_REFUSED",
                              "the path "
                                  + path
                                  + " cannot be told to the kernel; use another state directory"
                                  + " for the daemon")));
      return String.join(
              delimiter,
              "",
              name,
              "M",
              "",
              escaped(format.magic()),
              escaped(format.mask()),
              path,
              flags)
          .getBytes(UTF_8);
    }

    private static String escaped(String hex) {
      return hex.replaceAll("..", "\\\\x$0");
    }
  }
}
