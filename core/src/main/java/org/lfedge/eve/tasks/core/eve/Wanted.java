package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * What a controller wants of a node.
 *
 * @param apps in the order of the config, each with an id of its own
 * @param volumes the names of all volumes, used by an app or not
 * @param networks by name, each as the node's config describes networks
 * @param hosts registries and servers of files, by their hosts, with their ports if they have some
 */
public record Wanted(
    List<App> apps,
    SortedSet<String> volumes,
    SortedMap<String, JsonNode> networks,
    SortedMap<String, HostAccess> hosts) {

  /** Keeps copies. */
  public Wanted {
    apps = List.copyOf(apps);
    volumes = SortedCopies.setOf(volumes);
    networks = Collections.unmodifiableSortedMap(new TreeMap<>(networks));
    hosts = Collections.unmodifiableSortedMap(new TreeMap<>(hosts));
  }
}
