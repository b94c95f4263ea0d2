package org.lfedge.eve.tasks.core.containerd;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** The directories in which containerd and what it runs are looked for. */
record ProgramPath(List<Path> directories) {

  /** Where distributions put system programs; a user's PATH often lacks some of them. */
  private static final List<String> SYSTEM =
      List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

  ProgramPath {
    directories = List.copyOf(directories);
  }

  static ProgramPath ofThisProcess() {
    Set<String> names = new LinkedHashSet<>();
    String path = System.getenv("PATH");
    if (path != null) {
      for (String name : path.split(":", -1)) {
        if (name.startsWith("/")) {
          names.add(name);
        }
      }
    }
    names.addAll(SYSTEM);
    return new ProgramPath(names.stream().map(Path::of).toList());
  }

  /**
   * The path of a program.
   *
   * @param code of the problem if it is not there
   */
  String require(String program, String code) {
    return directories.stream()
        .map(directory -> directory.resolve(program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.host(
                        code,
                        "cannot start the private containerd: the program "
                            + program
                            + " is not in "
                            + this
                            + "; install the Debian packages containerd and runc")))
        .toString();
  }

  /** As the environment variable PATH. */
  @Override
  public String toString() {
    return directories.stream().map(Path::toString).collect(Collectors.joining(":"));
  }
}
