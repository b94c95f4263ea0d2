package org.lfedge.eve.tasks.spi;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * The answer to a {@link FactQuery}.
 *
 * @param query what was asked
 * @param present whether the thing that was asked about exists
 * @param values what is known of it; the variant of the query tells the keys
 */
public record Fact(FactQuery query, boolean present, SortedMap<String, String> values) {

  /** Keeps a sorted copy of the values. */
  public Fact {
    values = SortedCopies.mapOf(values);
  }

  /** The answer for a thing that exists. */
  public static Fact present(FactQuery query, Map<String, String> values) {
    return new Fact(query, true, SortedCopies.mapOf(values));
  }

  /** The answer for a thing that does not exist. */
  public static Fact absent(FactQuery query) {
    return new Fact(query, false, SortedCopies.mapOf(Map.of()));
  }

  /** One value, if it is known. */
  public Optional<String> value(String key) {
    return Optional.ofNullable(values.get(key));
  }
}
