package org.lfedge.eve.tasks.core.volume;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.policy.LexicalPath;
import org.lfedge.eve.tasks.core.volume.MountTable.Location;
import org.lfedge.eve.tasks.core.volume.MountTable.Mount;

/**
 * Decides whether what was mounted for a task may be shown to it. It is asked about the mount, not
 * about the path that it was mounted from: a path can lead elsewhere the next moment, a mount stays
 * what it is.
 *
 * <p>What lies in an allowed directory is allowed, on other file systems that the node has mounted
 * there as well. What holds the daemon's own files, or lies among them, is not.
 *
 * @param allowed {@code policy.directories}: absolute and normalized, no symbolic links
 * @param own the daemon's own directories, likewise
 */
record Confinement(List<String> allowed, List<String> own) {

  Confinement {
    allowed = List.copyOf(allowed);
    own = List.copyOf(own);
  }

  /** What a text says, before anything is looked at. */
  boolean mayName(String path) {
    if (!LexicalPath.isSound(path)) {
      return false;
    }
    String normal = LexicalPath.normalize(path);
    return !isOwn(normal) && allowed.stream().anyMatch(one -> LexicalPath.isWithin(normal, one));
  }

  /**
   * What may not be shown of the mounts at a path and below it.
   *
   * @return where the first such mount leads; empty if all of them are allowed
   */
  Optional<String> refusal(MountTable table, String point) {
    List<Location> allowedLocations = allowedLocations(table);
    List<Location> ownLocations = own.stream().flatMap(one -> table.locate(one).stream()).toList();
    return table.within(point).stream()
        .filter(mount -> !allows(mount, allowedLocations, ownLocations))
        .findFirst()
        .map(mount -> pathOf(table, mount.location()));
  }

  private static boolean allows(Mount mount, List<Location> allowed, List<Location> own) {
    Location shown = mount.location();
    return !mount.removed()
        && allowed.stream().anyMatch(shown::isWithin)
        && own.stream().noneMatch(one -> shown.isWithin(one) || one.isWithin(shown));
  }

  /** The allowed directories, and what the node has mounted below them. */
  private List<Location> allowedLocations(MountTable table) {
    return Stream.concat(
            allowed.stream().filter(one -> !isOwn(one)).flatMap(one -> table.locate(one).stream()),
            table.mounts().stream()
                .filter(mount -> !isOwn(mount.point()))
                .filter(
                    mount ->
                        allowed.stream().anyMatch(one -> LexicalPath.isWithin(mount.point(), one)))
                .filter(mount -> table.at(mount.point()).equals(Optional.of(mount)))
                .map(Mount::location))
        .toList();
  }

  private boolean isOwn(String path) {
    return own.stream().anyMatch(one -> LexicalPath.isWithin(path, one));
  }

  /** A path that people know, if there is one. */
  private String pathOf(MountTable table, Location location) {
    return table.mounts().stream()
        .filter(mount -> !isOwn(mount.point()) && location.isWithin(mount.location()))
        .filter(mount -> table.at(mount.point()).equals(Optional.of(mount)))
        .findFirst()
        .map(
            mount ->
                LexicalPath.normalize(
                    mount.point()
                        + "/"
                        + location.path().substring(mount.location().path().length())))
        .orElse(location.path() + " on device " + location.device());
  }
}
