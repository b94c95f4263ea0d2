package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.Options;

/** Checks the {@code options:} of a task document against what its executor declares. */
public final class OptionValues {

  private static final int MAX_LIST = 1000;

  private OptionValues() {}

  /**
   * Checks and types options.
   *
   * @param declared the executor's
   * @param options an object, {@link TaskDocument#options()}
   * @throws TaskException with everything that is wrong, each under its path {@code options.KEY}
   */
  public static Options check(List<Option> declared, JsonNode options) {
    Problems problems = new Problems();
    SortedMap<String, Object> values = new TreeMap<>();
    new DocumentValue(options, Place.DOCUMENT.key("options"), false, problems)
        .object(
            given -> {
              for (Option option : declared) {
                (option.required()
                        ? given.required(option.name(), v -> value(option, v))
                        : given.optional(option.name(), v -> value(option, v)))
                    .ifPresent(value -> values.put(option.name(), value));
              }
              return Optional.of(values);
            });
    problems.throwIfAny();
    SortedMap<String, Option.Type> types = new TreeMap<>();
    declared.forEach(option -> types.put(option.name(), option.type()));
    return new DeclaredOptions(types, values);
  }

  private static Optional<Object> value(Option option, DocumentValue v) {
    return switch (option.type()) {
      case STRING -> v.scalar().flatMap(text -> choice(option, text, v)).map(Object.class::cast);
      case INTEGER -> v.whole(Long.MIN_VALUE, Long.MAX_VALUE).map(Object.class::cast);
      case BOOLEAN -> v.flag().map(Object.class::cast);
      case SIZE -> v.size(0).map(Object.class::cast);
      case DURATION -> v.duration(Durations.MAX).map(Object.class::cast);
      case STRING_LIST -> Optional.of(v.list(MAX_LIST, (index, element) -> element.scalar()));
      case PLATFORM -> v.scalar().flatMap(text -> platform(text, v)).map(Object.class::cast);
    };
  }

  private static Optional<String> platform(String text, DocumentValue v) {
    return Platform.parse(text)
        .map(Platform::toString)
        .or(
            () ->
                v.refuse(
                    "BAD_VALUE",
                    "must be a platform of images: an architecture, with a system before or a"
                        + " variant behind it, such as arm64, arm/v7 or linux/riscv64"));
  }

  private static Optional<String> choice(Option option, String text, DocumentValue v) {
    List<String> choices = option.choices();
    return choices.isEmpty() || choices.contains(text)
        ? Optional.of(text)
        : v.refuse("BAD_VALUE", "must be one of " + String.join(", ", choices));
  }
}
