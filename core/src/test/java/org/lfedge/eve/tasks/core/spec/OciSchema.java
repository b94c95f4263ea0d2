package org.lfedge.eve.tasks.core.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The JSON schema of the OCI runtime spec, from Debian's package
 * golang-github-opencontainers-specs-dev or from the directory that the system property {@value
 * #PROPERTY} names. A directory that is not there is an error, not a reason to skip.
 */
public final class OciSchema {

  /** Where the schema lies. */
  public static final String PROPERTY = "oci.schema.directory";

  private static final String DEBIAN =
      "/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema";

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonSchema SCHEMA = load();

  private OciSchema() {}

  private static JsonSchema load() {
    Path file = Path.of(System.getProperty(PROPERTY, DEBIAN), "config-schema.json");
    if (!Files.isReadable(file)) {
      throw new IllegalStateException(
          file
              + " is missing; install golang-github-opencontainers-specs-dev or set -D"
              + PROPERTY);
    }
    JsonMetaSchema.Builder draft4 = JsonMetaSchema.builder(JsonMetaSchema.getV4());
    for (String platform : List.of("linux", "solaris", "vm", "windows", "zos")) {
      draft4.keyword(new NonValidationKeyword(platform)); // the files name their parts so
    }
    JsonMetaSchema known = draft4.build();
    return JsonSchemaFactory.getInstance(
            SpecVersion.VersionFlag.V4, factory -> factory.metaSchema(known))
        .getSchema(SchemaLocation.of(file.toUri().toString()));
  }

  /** Everything in which a spec breaks the schema. */
  public static List<String> violations(String json) {
    try {
      return SCHEMA.validate(MAPPER.readTree(json)).stream().map(Object::toString).toList();
    } catch (JsonProcessingException e) {
      return List.of(e.getMessage());
    }
  }
}
