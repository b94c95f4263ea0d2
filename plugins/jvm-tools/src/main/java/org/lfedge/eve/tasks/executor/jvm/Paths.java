package org.lfedge.eve.tasks.executor.jvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.task.Volume;

/**
 * Paths of a document that are on a class path or a module path: they lie in the root or in
 * volumes.
 */
final class Paths {

  private final List<String> places = new ArrayList<>(List.of(JvmExecutor.ROOT));

  Paths(List<Volume> volumes) {
    volumes.forEach(volume -> volume.target().ifPresent(places::add));
  }

  /** Absolute, in their order. */
  List<String> resolved(String option, List<String> paths) throws SeedException {
    List<String> resolved = new ArrayList<>();
    for (String path : paths) {
      Optional<String> normal =
          ClassPathAttribute.normalized(
              path.startsWith("/") ? path : JvmExecutor.ROOT + "/" + path);
      boolean found =
          !path.isEmpty()
              && isWritable(path)
              && normal
                  .filter(place -> places.stream().anyMatch(one -> isIn(place, one)))
                  .isPresent();
      if (!found) {
        throw JvmOptions.bad(
            option,
            "holds "
                + (path.length() > 80 ? path.substring(0, 80) + "..." : path)
                + ", where neither the root nor a volume is; write a path in the target of a volume,"
                + " or one relative to the root, without colons");
      }
      resolved.add(normal.get());
    }
    return resolved;
  }

  private static boolean isIn(String path, String place) {
    return path.equals(place) || path.startsWith(place.endsWith("/") ? place : place + "/");
  }

  /** Whether it can stand in a list of paths, which are parted by colons. */
  static boolean isWritable(String path) {
    return path.indexOf(':') < 0 && path.indexOf('\0') < 0 && path.indexOf('\n') < 0;
  }
}
