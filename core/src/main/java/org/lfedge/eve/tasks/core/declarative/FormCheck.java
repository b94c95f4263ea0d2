package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.config.Suggestions;
import org.lfedge.eve.tasks.core.declarative.Shape.Kind;

/** Holds expressions against what may stand where they stand, and notes what can never fit. */
final class FormCheck {

  private final Findings findings;

  FormCheck(Findings findings) {
    this.findings = findings;
  }

  /** Notes all that is wrong with an expression and what is in it. */
  void check(Expression expression, SeedForm form) {
    if (expression instanceof Expression.Literal literal) {
      literal(literal, form);
    } else if (expression instanceof Expression.Members object) {
      members(object, form);
    } else if (expression instanceof Expression.Elements list) {
      elements(list, form);
    } else if (expression instanceof Expression.Placeholder placeholder) {
      placeholder(placeholder, form);
    } else if (expression instanceof Expression.Each each) {
      check(each.value(), form);
    } else if (expression instanceof Expression.Splice splice) {
      check(splice.list(), new SeedForm.ListOf(form));
    } else if (expression instanceof Expression.Choose choose) {
      choose.cases().values().forEach(value -> check(value, form));
      choose.fallback().ifPresent(value -> check(value, form));
    } else if (expression instanceof Expression.Join join) {
      join.parts().forEach(part -> check(part, SeedForm.PART));
      gives(Vocabulary.TEXT, join.place(), form);
    } else if (expression instanceof Expression.Percent percent) {
      check(percent.number(), SeedForm.INTEGER);
      check(percent.percent(), SeedForm.INTEGER);
      gives(Vocabulary.INTEGER, percent.place(), form);
    }
  }

  private void literal(Expression.Literal literal, SeedForm form) {
    JsonNode value = literal.value();
    if (form instanceof SeedForm.Anything) {
      return;
    }
    if (!(form instanceof SeedForm.Scalar scalar)) {
      wrong(literal.place(), form);
      return;
    }
    boolean fits =
        (value.isTextual() && scalar.kinds().contains(Kind.TEXT))
            || (value.isBoolean() && scalar.kinds().contains(Kind.BOOLEAN))
            || (value.isIntegralNumber()
                && value.canConvertToLong()
                && scalar.kinds().contains(Kind.INTEGER));
    if (!fits) {
      wrong(literal.place(), form);
    } else if (!scalar.words().isEmpty() && !scalar.words().contains(value.asText())) {
      findings.add(
          "BAD_VALUE", literal.place(), "must be one of " + String.join(", ", scalar.words()));
    }
  }

  private void members(Expression.Members object, SeedForm form) {
    if (form instanceof SeedForm.Members known) {
      known(object, known.known());
      for (String key : known.required()) {
        if (!object.members().containsKey(key)) {
          findings.add("MISSING", Findings.member(object.place(), key), "must be there");
        }
      }
    } else if (form instanceof SeedForm.OneOf union) {
      known(object, union.variants());
      if (object.members().size() != 1) {
        findings.add(
            "WRONG_TYPE",
            object.place(),
            "must have one key, which is one of " + String.join(", ", union.variants().keySet()));
      }
    } else if (form instanceof SeedForm.Texts) {
      object.members().values().forEach(value -> check(value, SeedForm.TEXT));
    } else if (form instanceof SeedForm.Anything || form instanceof SeedForm.AnyObject) {
      object.members().values().forEach(value -> check(value, new SeedForm.Anything()));
    } else {
      wrong(object.place(), form);
    }
  }

  private void known(Expression.Members object, SortedMap<String, SeedForm> known) {
    object
        .members()
        .forEach(
            (key, value) -> {
              SeedForm form = known.get(key);
              if (form == null) {
                unknownKey(findings, object.place(), key, known.keySet());
              } else {
                check(value, form);
              }
            });
  }

  /** Notes a key that is not known, with the one that may be meant. */
  static void unknownKey(Findings findings, String place, String key, Collection<String> known) {
    findings.add(
        "UNKNOWN_KEY",
        Findings.member(place, key),
        "is not known here; known are "
            + (known.isEmpty() ? "none" : String.join(", ", known))
            + Suggestions.nearest(key, known)
                .map(word -> "; did you mean " + word + "?")
                .orElse(""));
  }

  private void elements(Expression.Elements list, SeedForm form) {
    if (form instanceof SeedForm.ListOf of) {
      list.elements().forEach(element -> check(element, of.element()));
    } else if (form instanceof SeedForm.Anything) {
      list.elements().forEach(element -> check(element, form));
    } else {
      wrong(list.place(), form);
    }
  }

  private void placeholder(Expression.Placeholder placeholder, SeedForm form) {
    if (placeholder.shape().hasForeignKeys()) {
      findings.add(
          "WRONG_TYPE",
          placeholder.place(),
          "has keys that come from outside and cannot stand in a seed as a whole; go through it with"
              + " $each, which gives key and value of each");
    } else {
      gives(placeholder.shape(), placeholder.place(), form);
    }
  }

  private void gives(Shape shape, String place, SeedForm form) {
    if (!fits(shape, form)) {
      findings.add(
          "WRONG_TYPE", place, "gives " + shape.words() + ", and here must be " + words(form));
    }
  }

  private static boolean fits(Shape shape, SeedForm form) {
    if (form instanceof SeedForm.Anything) {
      return true;
    }
    if (shape instanceof Shape.Scalar scalar && form instanceof SeedForm.Scalar wanted) {
      return wanted.kinds().contains(scalar.kind());
    }
    if (shape instanceof Shape.ListOf list && form instanceof SeedForm.ListOf wanted) {
      return fits(list.element(), wanted.element());
    }
    if (shape instanceof Shape.Members object && form instanceof SeedForm.Members wanted) {
      return object.members().keySet().containsAll(wanted.required())
          && allFit(object.members(), wanted.known());
    }
    return shape instanceof Shape.Members object
        && form instanceof SeedForm.OneOf union
        && allFit(object.members(), union.variants());
  }

  private static boolean allFit(Map<String, Shape> members, Map<String, SeedForm> known) {
    return members.entrySet().stream()
        .allMatch(
            member -> {
              SeedForm form = known.get(member.getKey());
              return form != null && fits(member.getValue(), form);
            });
  }

  private void wrong(String place, SeedForm form) {
    findings.add("WRONG_TYPE", place, "must be " + words(form));
  }

  private static String words(SeedForm form) {
    if (form instanceof SeedForm.Scalar scalar) {
      List<String> kinds = scalar.kinds().stream().map(Kind::words).toList();
      return kinds.stream().collect(Collectors.joining(" or "));
    }
    return form instanceof SeedForm.ListOf ? "a list" : "an object";
  }
}
