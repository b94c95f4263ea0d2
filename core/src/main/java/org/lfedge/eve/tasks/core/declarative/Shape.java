package org.lfedge.eve.tasks.core.declarative;

import java.util.List;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** What the value at a place of a request can be, as far as that is known without a request. */
sealed interface Shape {

  /** The kinds of scalars. */
  enum Kind {
    TEXT("a text"),
    INTEGER("an integer"),
    BOOLEAN("true or false");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** For messages. */
    String words() {
      return words;
    }
  }

  /**
   * A scalar.
   *
   * @param choices all that it can be, as text; empty means any
   */
  record Scalar(Kind kind, List<String> choices) implements Shape {
    /** Keeps copies. */
    public Scalar {
      choices = List.copyOf(choices);
    }

    @Override
    public String words() {
      return kind.words();
    }
  }

  /** A list; how long it is tells the request. */
  record ListOf(Shape element) implements Shape {
    @Override
    public String words() {
      return "a list";
    }
  }

  /** An object with keys that are known; each of them may be absent from a request. */
  record Members(SortedMap<String, Shape> members) implements Shape {
    /** Keeps copies. */
    public Members {
      members = SortedCopies.mapOf(members);
    }

    @Override
    public String words() {
      return "an object";
    }
  }

  /**
   * Texts under keys that come from outside, such as variables. {@code $each} goes through them; as
   * a whole it stands nowhere in a seed, so that no key of a seed comes from outside.
   */
  record Texts() implements Shape {
    @Override
    public String words() {
      return "a map";
    }
  }

  /** What it is, for messages. */
  String words();

  /** Whether there is a {@link Texts} in it, or it is one. */
  default boolean hasForeignKeys() {
    if (this instanceof ListOf list) {
      return list.element().hasForeignKeys();
    }
    if (this instanceof Members object) {
      return object.members().values().stream().anyMatch(Shape::hasForeignKeys);
    }
    return this instanceof Texts;
  }
}
