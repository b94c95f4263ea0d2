package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Set;

/** The published schema of a seed.json. */
final class SeedJsonSchema {

  private static final JsonSchema SCHEMA = schema();

  private SeedJsonSchema() {}

  private static JsonSchema schema() {
    try (InputStream file =
        DeclarativeExecutor.class.getResourceAsStream("seed-json.schema.json")) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
          .getSchema(Objects.requireNonNull(file));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What it has against a file. */
  static Set<ValidationMessage> validate(JsonNode file) {
    return SCHEMA.validate(file);
  }

  static JsonNode tree() {
    return SCHEMA.getSchemaNode();
  }
}
