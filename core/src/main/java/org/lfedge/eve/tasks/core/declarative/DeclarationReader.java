package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.task.Root;

/** Reads a seed.json as a whole and says everything that is wrong with it at once. */
final class DeclarationReader {

  private static final List<String> KEYS =
      List.of("spi", "summary", "rootKinds", "options", "userNamespace", "facts", "seed");
  private static final int MAX_SUMMARY = 200;
  private static final int MAX_FACTS = 32;
  private static final Pattern NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
  private static final Pattern VERSION = Pattern.compile("(\\d{1,6})\\.\\d{1,6}");

  private final Findings findings = new Findings();
  private final ExpressionReader expressions = new ExpressionReader(findings);
  private final FormCheck forms = new FormCheck(findings);

  private DeclarationReader() {}

  /**
   * Reads a file.
   *
   * @param name of the executor
   * @throws TaskException with all that is wrong
   */
  static Declaration read(String name, byte[] text) {
    if (name.length() > 63 || !NAME.matcher(name).matches()) {
      throw TaskException.failed(
          Problem.user(
              "BAD_NAME",
              "an executor cannot be called "
                  + Findings.shown(name)
                  + "; use at most 63 small letters and digits, joined by single dashes"));
    }
    return new DeclarationReader().declaration(name, DeclarationText.read(text));
  }

  private Declaration declaration(String name, JsonNode json) {
    if (!json.isObject()) {
      throw TaskException.failed(
          Problem.user("WRONG_TYPE", "seed.json must be an object with the key seed"));
    }
    json.fieldNames()
        .forEachRemaining(
            key -> {
              if (!KEYS.contains(key)) {
                FormCheck.unknownKey(findings, "", key, KEYS);
              }
            });
    checkVersion(json);
    String summary = summary(json);
    SortedSet<Root.Kind> kinds = rootKinds(json);
    OptionsReader options = new OptionsReader(findings);
    options.read(json.path("options"));
    List<Expression> questions =
        questions(json.path("facts"), Vocabulary.ofQuestions(options.declared(), kinds));
    SortedMap<String, Shape> names =
        Vocabulary.ofSeeds(options.declared(), kinds, variants(questions));
    Optional<Expression> seed = required(json, "seed").map(value -> seed(value, names));
    boolean userNamespace = flag(json, "userNamespace");
    findings.throwIfAny();
    ExecutorInfo.Builder info = ExecutorInfo.builder(name, summary);
    kinds.forEach(info::root);
    options.declared().forEach(info::option);
    if (userNamespace) {
      info.userNamespace();
    }
    return new Declaration(info.build(), options.defaults(), questions, seed.orElseThrow());
  }

  private boolean flag(JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      findings.add("WRONG_TYPE", key, "must be true or false");
    }
    return value.asBoolean();
  }

  private Expression seed(JsonNode json, SortedMap<String, Shape> names) {
    Expression seed = expressions.read(json, "seed", names);
    forms.check(seed, SeedForm.SEED);
    return seed;
  }

  private void checkVersion(JsonNode json) {
    required(json, "spi")
        .ifPresent(
            spi -> {
              String ours = Executor.SPI_VERSION.substring(0, Executor.SPI_VERSION.indexOf('.'));
              var version = VERSION.matcher(spi.isTextual() ? spi.textValue() : "");
              if (!version.matches()) {
                findings.add("WRONG_TYPE", "spi", "must be a version in quotes, such as \"1.0\"");
              } else if (!version.group(1).equals(ours)) {
                findings.add(
                    "UNSUPPORTED", "spi", "only versions " + ours + ".x are understood here");
              }
            });
  }

  private String summary(JsonNode json) {
    JsonNode summary = required(json, "summary").orElse(JsonNodeFactory.instance.textNode(""));
    String text = summary.isTextual() ? summary.textValue() : "\n";
    if (text.length() > MAX_SUMMARY || text.chars().anyMatch(Character::isISOControl)) {
      findings.add(
          "BAD_VALUE", "summary", "must be one line of at most " + MAX_SUMMARY + " characters");
    }
    return text;
  }

  private SortedSet<Root.Kind> rootKinds(JsonNode json) {
    TreeSet<Root.Kind> kinds = new TreeSet<>();
    JsonNode list = required(json, "rootKinds").orElse(JsonNodeFactory.instance.nullNode());
    if (json.hasNonNull("rootKinds") && (!list.isArray() || list.isEmpty())) {
      findings.add("WRONG_TYPE", "rootKinds", "must be a list of at least one kind of root");
    }
    for (int i = 0; i < list.size(); i++) {
      String word = list.path(i).asText();
      Optional<Root.Kind> kind =
          Arrays.stream(Root.Kind.values())
              .filter(known -> Vocabulary.word(known).equals(word))
              .findFirst();
      if (kind.isEmpty() || !kinds.add(kind.get())) {
        findings.add(
            "BAD_VALUE",
            Findings.element("rootKinds", i),
            "must be one of "
                + String.join(
                    ", ", Arrays.stream(Root.Kind.values()).map(Vocabulary::word).toList())
                + ", each of them once");
      }
    }
    return kinds;
  }

  private List<Expression> questions(JsonNode list, SortedMap<String, Shape> names) {
    List<Expression> questions = new ArrayList<>();
    if (list.isMissingNode()) {
      return questions;
    }
    if (!list.isArray() || list.size() > MAX_FACTS) {
      findings.add("WRONG_TYPE", "facts", "must be a list of at most " + MAX_FACTS + " questions");
      return questions;
    }
    for (int i = 0; i < list.size(); i++) {
      Expression question = expressions.read(list.get(i), Findings.element("facts", i), names);
      if (!(question instanceof Expression.Members || question instanceof Expression.Broken)) {
        findings.add(
            "WRONG_TYPE",
            question.place(),
            "must be an object with one key, which is one of "
                + String.join(", ", Vocabulary.questions()));
      } else {
        forms.check(question, SeedForm.QUESTION);
      }
      questions.add(question);
    }
    return questions;
  }

  /** What is asked, by number; what was refused stands for anything. */
  private static List<String> variants(List<Expression> questions) {
    return questions.stream()
        .map(
            question ->
                question instanceof Expression.Members object && object.members().size() == 1
                    ? object.members().firstKey()
                    : "")
        .toList();
  }

  private Optional<JsonNode> required(JsonNode json, String key) {
    if (!json.hasNonNull(key)) {
      findings.add("MISSING", key, "must be there");
      return Optional.empty();
    }
    return Optional.of(json.get(key));
  }
}
