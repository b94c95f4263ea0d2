package org.lfedge.eve.tasks.spi.task;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Values of the options that an executor declares. Each method throws {@link
 * IllegalArgumentException} if the executor did not declare the option with that type.
 */
public interface Options {

  /** The value of a text, or of a platform. */
  Optional<String> string(String name);

  /** The value of an integer, or of a size in bytes. */
  OptionalLong integer(String name);

  Optional<Boolean> bool(String name);

  Optional<Duration> duration(String name);

  /** Empty if the option was left out. */
  List<String> strings(String name);
}
