package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.ExitRule.CodeIn;
import org.lfedge.eve.tasks.spi.seed.ExitRule.FileMatch;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Meaning;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;

/** What the end of an anchor means, as JSON. */
final class ExitRuleCodec {

  private ExitRuleCodec() {}

  static ObjectNode toJson(ExitRule rule) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (rule instanceof CodeIn code) {
      json.putObject("codeIn").put("file", code.file());
    } else if (rule instanceof Meaning meaning) {
      ObjectNode node = json.putObject("meaning");
      meaning.code().ifPresent(code -> node.put("code", code));
      meaning
          .file()
          .ifPresent(
              match ->
                  node.putObject("file")
                      .put("name", match.file())
                      .put("contains", match.contains()));
      node.put("outcome", SeedCodec.name(meaning.outcome())).put("text", meaning.text());
    } else {
      throw new IllegalArgumentException("unknown rule of exits: " + rule);
    }
    return json;
  }

  static ExitRule fromJson(JsonReader json) {
    String variant = json.variant();
    JsonReader value = json.required(variant);
    switch (variant) {
      case "codeIn" -> {
        String file = value.requireObject("file").required("file").text();
        return value.check(() -> new CodeIn(file));
      }
      case "meaning" -> {
        value.requireObject("code", "file", "outcome", "text");
        OptionalInt code =
            value
                .optional("code")
                .map(number -> OptionalInt.of(number.smallNumber()))
                .orElse(OptionalInt.empty());
        Optional<FileMatch> file = value.optional("file").map(ExitRuleCodec::match);
        Outcome outcome = value.required("outcome").oneOf(Outcome.class);
        String text = value.required("text").text();
        return value.check(() -> new Meaning(code, file, outcome, text));
      }
      default -> throw value.invalid("is not a rule of exits; known are codeIn and meaning");
    }
  }

  private static FileMatch match(JsonReader json) {
    json.requireObject("name", "contains");
    String name = json.required("name").text();
    String contains = json.required("contains").text();
    return json.check(() -> new FileMatch(name, contains));
  }
}
