package org.lfedge.eve.tasks.core.spec;

import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * Where what a seed mounts besides volumes lies on the node when its anchor starts.
 *
 * @param states by name
 * @param runtime the runtime directory, if the seed has one
 * @param namespaces of the node: files that they are mounted on
 */
public record OwnDirectories(
    SortedMap<String, Path> states, Optional<Path> runtime, SortedMap<Namespace, Path> namespaces) {

  /** Of a seed that asks for none. */
  public static final OwnDirectories NONE =
      new OwnDirectories(new TreeMap<>(), Optional.empty(), new TreeMap<>());

  /** Keeps copies. */
  public OwnDirectories {
    states = SortedCopies.mapOf(states);
    namespaces = SortedCopies.mapOf(namespaces);
  }
}
