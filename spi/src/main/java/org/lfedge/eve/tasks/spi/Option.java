package org.lfedge.eve.tasks.spi;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One key that an executor takes under {@code options:} of a task document. */
public final class Option {

  /** What a value may be; the core checks it and gives it to the executor in this type. */
  public enum Type {
    STRING,
    INTEGER,
    BOOLEAN,
    /** A number of bytes, written {@code 64MiB}; read with {@code Options.integer}. */
    SIZE,
    /** A time, written {@code 10s}; read with {@code Options.duration}. */
    DURATION,
    STRING_LIST,
    /**
     * What an image is made for, in the words of OCI: {@code arm64}, {@code arm/v7}, {@code
     * linux/arm64/v8}. Read with {@code Options.string}, in one form of those that mean the same:
     * with the system, with a variant where that is not implied, as {@code linux/arm64} or {@code
     * linux/arm/v7}. Where a task's document gives it, the root's image is the one for this
     * platform instead of the node's. An executor has at most one option of this type.
     *
     * @since 1.1.0
     */
    PLATFORM
  }

  private final String name;
  private final Type type;
  private final String doc;
  private final boolean required;
  private final List<String> choices;

  private Option(String name, Type type, String doc, boolean required, List<String> choices) {
    if (name.isBlank() || name.indexOf('.') >= 0) {
      throw new IllegalArgumentException("option name must not be blank or hold a dot: " + name);
    }
    if (!choices.isEmpty() && type != Type.STRING) {
      throw new IllegalArgumentException("choices belong to options of type STRING: " + name);
    }
    this.name = name;
    this.type = Objects.requireNonNull(type);
    this.doc = Objects.requireNonNull(doc);
    this.required = required;
    this.choices = List.copyOf(choices);
  }

  /**
   * An option that may be left out.
   *
   * @param doc one sentence for users
   */
  public static Option optional(String name, Type type, String doc) {
    return new Option(name, type, doc, false, List.of());
  }

  /** An option without which a task is refused. */
  public static Option required(String name, Type type, String doc) {
    return new Option(name, type, doc, true, List.of());
  }

  /** An option of type {@link Type#STRING} that may be left out and takes these values alone. */
  public static Option oneOf(String name, String doc, List<String> choices) {
    return new Option(name, Type.STRING, doc, false, choices);
  }

  public String name() {
    return name;
  }

  public Type type() {
    return type;
  }

  public String doc() {
    return doc;
  }

  public boolean required() {
    return required;
  }

  /** The values that are allowed; empty means any. */
  public List<String> choices() {
    return choices;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Option that
        && name.equals(that.name)
        && type == that.type
        && doc.equals(that.doc)
        && required == that.required
        && choices.equals(that.choices);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, type);
  }

  @Override
  public String toString() {
    return name
        + ":"
        + type
        + Optional.of(choices).filter(c -> !c.isEmpty()).map(Object::toString).orElse("");
  }
}
