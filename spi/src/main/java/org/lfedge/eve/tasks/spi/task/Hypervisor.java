package org.lfedge.eve.tasks.spi.task;

import java.util.Objects;
import java.util.SortedSet;

/**
 * A hypervisor that the node runs on and controls.
 *
 * @param name in lower case, such as {@code xen}
 * @param version as it calls itself, such as {@code 4.17.7}
 * @param capabilities kinds of guests that it can have, and what helps them, in its own words: of
 *     Xen some of {@code pv}, {@code hvm}, {@code hap}
 * @since 1.1
 */
public record Hypervisor(String name, String version, SortedSet<String> capabilities) {

  /** Keeps a copy, and refuses one without a name. */
  public Hypervisor {
    Objects.requireNonNull(version);
    capabilities = SortedCopies.setOf(capabilities);
    if (name.isBlank()) {
      throw new IllegalArgumentException("a hypervisor has a name");
    }
  }
}
