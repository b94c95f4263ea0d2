package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** A value of a seed.json, which stands for a value of a seed once there is a request. */
sealed interface Expression {

  /** Where in the file it stands. */
  String place();

  /** Stands for itself: a text, a number, true, false or null. */
  record Literal(JsonNode value, String place) implements Expression {}

  /** Was refused when it was read; never interpreted. */
  record Broken(String place) implements Expression {}

  /** An object; the keys stand for themselves. */
  record Members(SortedMap<String, Expression> members, String place) implements Expression {
    /** Keeps copies. */
    public Members {
      members = SortedCopies.mapOf(members);
    }
  }

  /** A list. */
  record Elements(List<Expression> elements, String place) implements Expression {
    /** Keeps copies. */
    public Elements {
      elements = List.copyOf(elements);
    }
  }

  /**
   * The value at a place of the request.
   *
   * @param steps a name that is in scope, then keys of objects and numbers of elements
   * @param optional whether it may be absent, and what it stands in with it
   * @param shape what it can be
   */
  record Placeholder(List<String> steps, boolean optional, Shape shape, String place)
      implements Expression {
    /** Keeps copies. */
    public Placeholder {
      steps = List.copyOf(steps);
    }
  }

  /**
   * A value for each element of a list.
   *
   * @param variable the name of the element in the value
   */
  record Each(Placeholder list, String variable, Expression value, String place)
      implements Expression {}

  /** The elements of a list in the list that this stands in. */
  record Splice(Expression list, String place) implements Expression {}

  /** One of several values. */
  record Choose(
      Placeholder on,
      SortedMap<String, Expression> cases,
      Optional<Expression> fallback,
      String place)
      implements Expression {
    /** Keeps copies. */
    public Choose {
      cases = SortedCopies.mapOf(cases);
    }
  }

  /** One text from several scalars. */
  record Join(List<Expression> parts, String place) implements Expression {
    /** Keeps copies. */
    public Join {
      parts = List.copyOf(parts);
    }
  }

  /**
   * A share of a number of bytes, rounded down.
   *
   * @param unit in bytes
   */
  record Percent(Expression number, Expression percent, long unit, String place)
      implements Expression {}
}
