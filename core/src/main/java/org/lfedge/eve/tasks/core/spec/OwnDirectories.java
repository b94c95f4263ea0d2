package org.lfedge.eve.tasks.core.spec;

import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * Where the directories that a seed asks for lie on the node when its anchor starts.
 *
 * @param states by name
 * @param runtime the runtime directory, if the seed has one
 */
public record OwnDirectories(SortedMap<String, Path> states, Optional<Path> runtime) {

  /** Of a seed that asks for none. */
  public static final OwnDirectories NONE = new OwnDirectories(new TreeMap<>(), Optional.empty());

  /** Keeps a copy. */
  public OwnDirectories {
    states = SortedCopies.mapOf(states);
  }
}
