package org.lfedge.eve.tasks.core.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** The JSON merge patch of a seed (RFC 7396), bounded in size and depth. */
final class MergePatch {

  /** The largest patch, in characters; the same as for a bundle's config.json. */
  static final int MAX_CHARACTERS = 1 << 20;

  private MergePatch() {}

  /**
   * Applies a patch to a spec.
   *
   * @throws TaskException with code {@code OCI_PATCH_INVALID} if the patch is too large, not a JSON
   *     object, or gives a field of the spec the wrong type
   */
  static RuntimeSpec apply(RuntimeSpec spec, String patch) {
    if (patch.length() > MAX_CHARACTERS) {
      throw invalid("it has " + patch.length() + " characters, at most " + MAX_CHARACTERS);
    }
    try {
      if (!(SpecJson.readTree(patch) instanceof ObjectNode changes)) {
        throw invalid("it is not a JSON object");
      }
      ObjectNode target = spec.tree();
      merge(target, changes);
      return SpecJson.read(target);
    } catch (JsonProcessingException e) {
      throw invalid(SpecJson.reason(e));
    }
  }

  private static void merge(ObjectNode target, ObjectNode changes) {
    changes
        .properties()
        .forEach(
            change -> {
              String key = change.getKey();
              JsonNode value = change.getValue();
              if (value.isNull()) {
                target.remove(key);
              } else if (value instanceof ObjectNode inner) {
                JsonNode present = target.get(key);
                merge(present instanceof ObjectNode object ? object : target.putObject(key), inner);
              } else {
                target.set(key, value);
              }
            });
  }

  private static TaskException invalid(String why) {
    return TaskException.failed(
        Problem.user(
            "OCI_PATCH_INVALID",
            "the OCI patch of the seed (of a bundle, its config.json) cannot be used: "
                + why
                + "; correct it after the OCI runtime specification"));
  }
}
