package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.math.BigDecimal;
import java.util.TreeMap;

/** JSON as it stands in a message. */
final class StructJson {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private StructJson() {}

  static ObjectNode of(Struct struct) {
    ObjectNode object = JSON.objectNode();
    new TreeMap<>(struct.getFieldsMap()).forEach((key, value) -> object.set(key, of(value)));
    return object;
  }

  private static JsonNode of(Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> JSON.textNode(value.getStringValue());
      case BOOL_VALUE -> JSON.booleanNode(value.getBoolValue());
      case NUMBER_VALUE -> number(value.getNumberValue());
      case STRUCT_VALUE -> of(value.getStructValue());
      case LIST_VALUE -> {
        ArrayNode array = JSON.arrayNode();
        value.getListValue().getValuesList().forEach(item -> array.add(of(item)));
        yield array;
      }
      default -> JSON.nullNode();
    };
  }

  /** All numbers of such messages have a fraction; of a whole number it is not meant. */
  private static JsonNode number(double number) {
    if (!Double.isFinite(number)) {
      return JSON.nullNode();
    }
    BigDecimal exact = BigDecimal.valueOf(number).stripTrailingZeros();
    return exact.scale() <= 0 && exact.precision() - exact.scale() <= 18
        ? JSON.numberNode(exact.longValueExact())
        : JSON.numberNode(exact);
  }
}
