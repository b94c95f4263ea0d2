package org.lfedge.eve.tasks.dist;

import java.nio.file.Path;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.controller.ControllerSettings;
import org.lfedge.eve.tasks.core.eve.api.VmMode;

/**
 * Who says which apps there are on the node.
 *
 * @param source where that is said
 * @param executors by EVE's virtualization modes, where others are wanted than the usual ones
 */
public record ControllerConfig(Source source, SortedMap<VmMode, String> executors) {

  /** Where configs come from. */
  public sealed interface Source {

    /** A file with a config, or a directory of such files. */
    record Files(Path place) implements Source {}

    /**
     * EVE's own manager of apps, in the place of whose manager of domains the node is.
     *
     * @param directory below which each program of EVE has its directory
     */
    record PubSub(Path directory) implements Source {}

    /** A controller, by EVE's API for devices. */
    record Server(ControllerSettings settings) implements Source {}
  }
}
