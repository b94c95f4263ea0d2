package org.lfedge.eve.tasks.core.eve;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * The domains that EVE wants.
 *
 * @param configs by UUID
 * @param images the configs of the images that they run, by their files, as far as there are any
 * @param unreadable what is wrong with the configs of others, by UUID
 * @param whole whether these are all; if not, EVE may be about to name more
 * @param gone the UUIDs of domains that were named, and are wanted no more
 */
public record Domains(
    SortedMap<String, DomainConfig> configs,
    SortedMap<String, byte[]> images,
    SortedMap<String, Problem> unreadable,
    boolean whole,
    SortedSet<String> gone) {

  /** Keeps copies. */
  public Domains {
    configs = SortedCopies.mapOf(configs);
    images = Collections.unmodifiableSortedMap(new TreeMap<>(images));
    unreadable = SortedCopies.mapOf(unreadable);
    gone = SortedCopies.setOf(gone);
  }
}
