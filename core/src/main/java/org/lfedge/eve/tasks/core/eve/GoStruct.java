package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A value as Go's own JSON has it: what is missing or null is the zero of its type, and what has
 * another type is found.
 */
final class GoStruct {

  private final JsonNode json;
  private final String path;
  private final Findings findings;

  /**
   * A value.
   *
   * @param path of it, with a dot at its end; empty for the outermost
   */
  GoStruct(JsonNode json, String path, Findings findings) {
    this.json = json;
    this.path = path;
    this.findings = findings;
  }

  /** Where a field is. */
  String path(String field) {
    return path + field;
  }

  String text(String field) {
    JsonNode value = json.path(field);
    if (isZero(value)) {
      return "";
    }
    if (!value.isTextual()) {
      findings.bad(path(field), value.getNodeType(), "must be a text");
      return "";
    }
    return value.textValue();
  }

  boolean flag(String field) {
    JsonNode value = json.path(field);
    if (!isZero(value) && !value.isBoolean()) {
      findings.bad(path(field), value.getNodeType(), "must be true or false");
    }
    return value.asBoolean(false);
  }

  /** A number from 0 to the largest of 32 bits. */
  long number(String field) {
    JsonNode value = json.path(field);
    if (isZero(value)) {
      return 0;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < 0
        || value.longValue() > 0xFFFF_FFFFL) {
      findings.bad(
          path(field),
          value.isNumber() ? value.asText() : value.getNodeType(),
          "must be a whole number from 0 to 4294967295");
      return 0;
    }
    return value.longValue();
  }

  /** The elements of a list, each with its place in its path. */
  List<GoStruct> list(String field) {
    JsonNode value = json.path(field);
    List<GoStruct> elements = new ArrayList<>();
    if (!isZero(value) && !value.isArray()) {
      findings.bad(path(field), value.getNodeType(), "must be a list");
      return elements;
    }
    for (int i = 0; i < value.size(); i++) {
      elements.add(new GoStruct(value.get(i), path(field) + "[" + i + "].", findings));
    }
    return elements;
  }

  /** The texts of a list. */
  List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    JsonNode value = json.path(field);
    if (!isZero(value) && !value.isArray()) {
      findings.bad(path(field), value.getNodeType(), "must be a list");
      return texts;
    }
    for (JsonNode element : value) {
      if (element.isTextual()) {
        texts.add(element.textValue());
      } else {
        findings.bad(path(field), element.getNodeType(), "must be a list of texts");
      }
    }
    return texts;
  }

  /** A value within. */
  GoStruct struct(String field) {
    return new GoStruct(json.path(field), path(field) + ".", findings);
  }

  private static boolean isZero(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
