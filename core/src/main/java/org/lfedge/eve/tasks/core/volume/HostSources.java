package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;

/**
 * Directories and files of the node that tasks name. Each is mounted at a path of ours first, and
 * what is mounted then is checked: the path that leads to it may lead elsewhere a moment later.
 */
final class HostSources {

  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final List<String> BIND =
      List.of("mount", "--no-mtab", "--bind", "--make-private");
  private static final List<String> BIND_ALL =
      List.of("mount", "--no-mtab", "--rbind", "--make-rslave");

  private final MountPoints points;
  private final Confinement confinement;
  private final Path fetched;

  /**
   * Sources of tasks.
   *
   * @param fetched where the files lie that the node has fetched, each by the digits of its digest
   */
  HostSources(MountPoints points, Confinement confinement, Path fetched) {
    this.points = points;
    this.confinement = confinement;
    this.fetched = fetched;
  }

  /**
   * Mounts a file that the node has fetched at a path of ours, to be read. It lies among the
   * daemon's own files, where no document can name it and nobody else can put anything.
   */
  Staged stageFetched(String lock, String what, String digest) {
    if (!DIGEST.matcher(digest).matches()) {
      throw new IllegalArgumentException("no digest: " + digest);
    }
    Path path = fetched.resolve(digest.substring(digest.indexOf(':') + 1));
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw TaskException.failed(
          Problem.host(
              "FILE_NOT_FOUND",
              what
                  + ": "
                  + digest
                  + ", which was fetched for it, is not there any more; make what it is for"
                  + " anew"));
    }
    String purpose = "mount " + digest + " for " + what;
    Staged staged = points.stage(lock, purpose, false, bindCommand(path, false));
    try {
      staged.makeReadOnly(purpose);
      return staged;
    } catch (RuntimeException e) {
      closeAfter(e, staged);
      throw e;
    }
  }

  /**
   * Mounts a source of a task at a path of ours.
   *
   * @param what whose source it is, in the words of an error message
   * @param directory whether it must be a directory; a regular file otherwise
   * @param slave whether mounts below it come along, later ones too
   */
  Staged stage(String lock, String what, String source, boolean directory, boolean slave) {
    Path path = find(what, source);
    if (!(directory ? Files.isDirectory(path) : Files.isRegularFile(path))) {
      throw notSupported(what, source, directory);
    }
    Staged staged;
    try {
      staged =
          points.stage(
              lock, "mount " + source + " for " + what, directory, bindCommand(path, slave));
    } catch (TaskException e) {
      // Whoever may write there can have removed it meanwhile; some mounts cannot be mounted again.
      Path unused = check(what, source, directory, !directory);
      throw e;
    }
    try {
      Optional<String> outside = confinement.refusal(MountTable.read(), staged.path().toString());
      if (outside.isPresent()) {
        throw notAllowed(what, source, Optional.of(outside.get()));
      }
      if (!(directory ? staged.isDirectory() : staged.isFile())) {
        throw notSupported(what, source, directory);
      }
      return staged;
    } catch (RuntimeException e) {
      closeAfter(e, staged);
      throw e;
    }
  }

  /**
   * What can be said of a source without mounting it.
   *
   * @param directory whether it may be a directory
   * @param file whether it may be a regular file
   * @return its path, which may lead elsewhere by now
   */
  Path check(String what, String source, boolean directory, boolean file) {
    Path path = find(what, source);
    if (!(directory && Files.isDirectory(path)) && !(file && Files.isRegularFile(path))) {
      throw notSupported(what, source, directory);
    }
    try {
      String real = path.toRealPath().toString();
      if (!confinement.mayName(real)) {
        throw notAllowed(what, source, Optional.of(real));
      }
      return path;
    } catch (IOException e) {
      Path unused = find(what, source);
      throw DiskFiles.unreadable(path, e);
    }
  }

  private static void closeAfter(RuntimeException failure, Staged staged) {
    try {
      staged.close();
    } catch (TaskException e) {
      failure.addSuppressed(e);
    }
  }

  /** The command that mounts a directory or file at a path that is to be added. */
  static List<String> bindCommand(Path source, boolean slave) {
    List<String> command = new ArrayList<>(slave ? BIND_ALL : BIND);
    command.add(source.toString());
    return List.copyOf(command);
  }

  /** The path of a source; that it is there and may be named is all that is known then. */
  private Path find(String what, String source) {
    if (!confinement.mayName(source)) {
      throw notAllowed(what, source, Optional.empty());
    }
    Path path = path(what, source);
    if (!Files.exists(path)) {
      throw TaskException.notFound(
          Problem.user(
              "SOURCE_NOT_FOUND",
              what + ": " + source + " is not there; put it on the node, or correct the path"));
    }
    return path;
  }

  /** A JVM in a locale without UTF-8 knows no such names. */
  private static Path path(String what, String source) {
    try {
      return Path.of(source);
    } catch (InvalidPathException e) {
      throw TaskException.failed(
          Problem.host(
              "SOURCE_NOT_SUPPORTED",
              what
                  + ": the name of "
                  + source
                  + " cannot be written in the locale of the daemon; start it with LANG=C.UTF-8"));
    }
  }

  /** Whether a source is a regular file, as far as can be said. */
  static boolean isFile(String source) {
    return Files.isRegularFile(path("a volume", source));
  }

  private static TaskException notSupported(String what, String source, boolean directory) {
    return TaskException.failed(
        Problem.user(
            "SOURCE_NOT_SUPPORTED",
            what
                + ": "
                + source
                + (directory ? " is not a directory" : " is not a regular file")
                + "; a volume can be a directory or a regular file, no device, socket or pipe"));
  }

  private TaskException notAllowed(String what, String source, Optional<String> outside) {
    return TaskException.failed(
        Problem.user(
            "SOURCE_NOT_ALLOWED",
            what
                + ": "
                + source
                + outside.map(place -> " leads to " + place + ", which").orElse("")
                + " is not in "
                + String.join(", ", confinement.allowed())
                + ", or belongs to the daemon itself; move it there, or add its directory, by a"
                + " path without symbolic links, to policy.directories in the node's config"));
  }
}
