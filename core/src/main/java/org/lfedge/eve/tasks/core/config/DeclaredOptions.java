package org.lfedge.eve.tasks.core.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * Values of options, by the types that their executor declares.
 *
 * @param types of all that it declares, by name
 * @param values of those that were given: {@link String}, {@link Long}, {@link Boolean}, {@link
 *     Duration} or a list of strings
 */
public record DeclaredOptions(
    SortedMap<String, Option.Type> types, SortedMap<String, Object> values) implements Options {

  /** Keeps sorted copies. */
  public DeclaredOptions {
    types = SortedCopies.mapOf(types);
    values = SortedCopies.mapOf(values);
  }

  @Override
  public Optional<String> string(String name) {
    return value(name, Option.Type.STRING, Option.Type.PLATFORM).map(String.class::cast);
  }

  @Override
  public OptionalLong integer(String name) {
    return value(name, Option.Type.INTEGER, Option.Type.SIZE)
        .map(number -> OptionalLong.of((Long) number))
        .orElse(OptionalLong.empty());
  }

  @Override
  public Optional<Boolean> bool(String name) {
    return value(name, Option.Type.BOOLEAN).map(Boolean.class::cast);
  }

  @Override
  public Optional<Duration> duration(String name) {
    return value(name, Option.Type.DURATION).map(Duration.class::cast);
  }

  @Override
  public List<String> strings(String name) {
    return value(name, Option.Type.STRING_LIST)
        .map(list -> ((List<?>) list).stream().map(String.class::cast).toList())
        .orElse(List.of());
  }

  private Optional<Object> value(String name, Option.Type... allowed) {
    Option.Type declared = types.get(name);
    if (declared == null || !List.of(allowed).contains(declared)) {
      throw new IllegalArgumentException(
          "the executor declares no option " + name + " of type " + List.of(allowed));
    }
    return Optional.ofNullable(values.get(name));
  }
}
