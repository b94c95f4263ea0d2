package org.lfedge.eve.tasks.core.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Reads files below a directory as a process with that root would see them. */
final class ConfinedFiles {

  /** As the kernel's own limit on symbolic links in one path. */
  private static final int MAX_LINKS = 40;

  private ConfinedFiles() {}

  /**
   * Reads a regular file.
   *
   * @param path below the root; symbolic links, absolute ones too, are followed inside the root
   * @param maxBytes a larger file is a problem
   * @return empty if there is no such file, or it is not a regular one
   */
  static Optional<byte[]> read(Path root, String path, int maxBytes) throws IOException {
    Optional<Path> file = resolve(root, path);
    if (file.isEmpty() || !Files.isRegularFile(file.get(), LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file.get(), LinkOption.NOFOLLOW_LINKS)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw TaskException.failed(
            Problem.user("FILE_TOO_LARGE", file.get() + " has more than " + maxBytes + " bytes"));
      }
      return Optional.of(bytes);
    }
  }

  private static Optional<Path> resolve(Path root, String path) throws IOException {
    Deque<String> pending = new ArrayDeque<>();
    push(pending, path);
    Deque<Path> at = new ArrayDeque<>();
    at.push(root);
    int links = 0;
    while (!pending.isEmpty()) {
      String name = pending.pop();
      if (name.equals("..")) {
        if (at.size() > 1) {
          at.pop();
        }
        continue;
      }
      Path next = at.getFirst().resolve(name);
      if (Files.isSymbolicLink(next)) {
        String target = Files.readSymbolicLink(next).toString();
        if (++links > MAX_LINKS) {
          return Optional.empty();
        }
        if (target.startsWith("/")) {
          at.clear();
          at.push(root);
        }
        push(pending, target);
      } else if (Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
        at.push(next);
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(at.getFirst());
  }

  private static void push(Deque<String> pending, String path) {
    String[] names = path.split("/");
    for (int i = names.length - 1; i >= 0; i--) {
      if (!names[i].isEmpty() && !names[i].equals(".")) {
        pending.push(names[i]);
      }
    }
  }
}
