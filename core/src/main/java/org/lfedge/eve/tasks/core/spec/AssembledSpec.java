package org.lfedge.eve.tasks.core.spec;

import java.util.List;
import org.lfedge.eve.tasks.core.policy.Withheld;

/**
 * A final spec.
 *
 * @param spec to run
 * @param json the same as text
 * @param withheld what the seed asked for and does not get, in the order of the spec; at most
 *     {@value #MAX_WITHHELD} entries, the last of which then counts the rest
 */
public record AssembledSpec(RuntimeSpec spec, String json, List<Withheld> withheld) {

  /** So that a hostile patch cannot fill the disk with what it was refused. */
  public static final int MAX_WITHHELD = 100;

  /** Keeps a copy of the list. */
  public AssembledSpec {
    withheld = List.copyOf(withheld);
  }
}
