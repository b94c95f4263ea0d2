package org.lfedge.eve.tasks.core.spec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Reads and writes specs as JSON: strictly, since patches come from vendors and images. */
final class SpecJson {

  /** No part of a spec is nested deeper than this by far. */
  private static final int MAX_DEPTH = 64;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .withCoercionConfig(
              LogicalType.Textual,
              config -> {
                config.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail);
                config.setCoercion(CoercionInputShape.Float, CoercionAction.Fail);
                config.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
              })
          .build();

  private SpecJson() {}

  static JsonNode readTree(String json) throws JsonProcessingException {
    return MAPPER.readTree(json);
  }

  static RuntimeSpec read(String json) {
    try {
      return read(json, RuntimeSpec.class);
    } catch (JsonProcessingException e) {
      throw TaskException.failed(
          Problem.user("SPEC_INVALID", "not an OCI runtime spec: " + reason(e)), e);
    }
  }

  static <T> T read(String json, Class<T> type) throws JsonProcessingException {
    return MAPPER.readValue(json, type);
  }

  static RuntimeSpec read(ObjectNode tree) throws JsonProcessingException {
    return MAPPER.treeToValue(tree, RuntimeSpec.class);
  }

  static String write(RuntimeSpec spec) {
    try {
      return MAPPER.writeValueAsString(spec);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a spec is made of values that JSON has", e);
    }
  }

  static ObjectNode tree(RuntimeSpec spec) {
    return MAPPER.valueToTree(spec);
  }

  /** Where and why reading failed, without the text that was read. */
  static String reason(JsonProcessingException failure) {
    String place =
        failure instanceof JsonMappingException mapping
            ? mapping.getPath().stream()
                .map(
                    step ->
                        step.getFieldName() != null
                            ? step.getFieldName()
                            : Integer.toString(step.getIndex()))
                .collect(Collectors.joining("."))
            : "";
    String message = failure.getOriginalMessage();
    return (place.isEmpty() ? "" : place + ": ") + (message == null ? "malformed" : message);
  }
}
