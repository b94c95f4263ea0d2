package org.lfedge.eve.tasks.dist;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.verification.Check;

/**
 * What {@link JarCheckMain} says to who started it: JSON, one value to a line, as soon as it is
 * known.
 */
sealed interface JarCheckLine {

  /** How such a line begins; anything else that is written is of the executor or of its JVM. */
  String MARK = "\u0001taskmanager ";

  /** Who the executor says it is. */
  record Named(String executor, String version) implements JarCheckLine {}

  /** What came of a rule. */
  record Checked(Check check) implements JarCheckLine {}

  /** All was checked. */
  record Done() implements JarCheckLine {}

  /** Writes it, without a line break. */
  default String toText() {
    ObjectNode json = new JsonMapper().createObjectNode();
    if (this instanceof Named named) {
      json.put("executor", named.executor()).put("version", named.version());
    } else if (this instanceof Checked checked) {
      Check check = checked.check();
      json.put("rule", check.rule())
          .put("outcome", check.outcome().name())
          .put("text", check.text())
          .put("detail", check.detail());
    } else {
      json.put("done", true);
    }
    return MARK + json;
  }

  /** Reads a line; empty if it is not one of these. */
  static Optional<JarCheckLine> parse(String line) {
    if (!line.startsWith(MARK)) {
      return Optional.empty();
    }
    try {
      JsonNode json = new JsonMapper().readTree(line.substring(MARK.length()));
      if (json.has("executor")) {
        return Optional.of(
            new Named(json.path("executor").asText(), json.path("version").asText()));
      }
      if (json.has("rule")) {
        return Stream.of(Check.Outcome.values())
            .filter(outcome -> outcome.name().equals(json.path("outcome").asText()))
            .findFirst()
            .map(
                outcome ->
                    new Checked(
                        new Check(
                            json.path("rule").asText(),
                            outcome,
                            json.path("text").asText(),
                            json.path("detail").asText())));
      }
      return json.has("done") ? Optional.of(new Done()) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
