package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.parser.Parser;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * Turns the events of a YAML parser into trees.
 *
 * <p>Plain scalars are typed by a subset of YAML 1.2's core schema that loses nothing: {@code
 * null}, {@code true}, {@code false} and decimal numbers as JSON writes them, exponents aside;
 * everything else ({@code yes}, {@code NO}, {@code 007}, {@code 0x1F}) is text. So a number or
 * truth value that is wanted as text is the very text that was written.
 */
final class YamlText {

  private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]*+");
  private static final Pattern DECIMAL = Pattern.compile("-?(?:0|[1-9][0-9]*+)\\.[0-9]++");
  private static final String OLD_BREAKS = "\u0085\u2028\u2029";
  private static final String TEXT_TAG = "tag:yaml.org,2002:str";

  private final Parser parser;
  private final Map<String, Built> anchors = new HashMap<>();
  private int values;
  private int line = 1;
  private Problems problems = new Problems();

  /**
   * A text to read.
   *
   * @throws TaskException if it holds a line break that only YAML 1.1 knows: the parser would turn
   *     it into a space where YAML 1.2 and JSON keep it
   */
  YamlText(String text) {
    OptionalInt oldBreak = text.chars().filter(c -> OLD_BREAKS.indexOf(c) >= 0).findFirst();
    if (oldBreak.isPresent()) {
      throw DocumentText.notYaml(
          String.format(
              "the text holds U+%1$04X, which versions of YAML disagree on; write it as the escape"
                  + " \\u%1$04X, in double quotes",
              oldBreak.getAsInt()));
    }
    parser = new ParserImpl(new StreamReader(text), new LoaderOptions());
  }

  /**
   * A finished value.
   *
   * @param count of the values in it, itself included
   * @param height how many levels of objects and lists it has
   */
  private record Built(JsonNode node, int count, int height) {}

  /**
   * Adds the documents one after another.
   *
   * @throws TaskException at the first thing that is not YAML; the documents before it are added
   */
  void readInto(List<DocumentText.Document> documents) {
    for (Event event = next(); !event.is(Event.ID.StreamEnd); event = next()) {
      if (event.is(Event.ID.DocumentStart)) {
        anchors.clear();
        problems = new Problems();
        JsonNode tree = value(next(), 0, Place.DOCUMENT).node();
        if (!tree.isNull()) {
          documents.add(new DocumentText.Document(tree, problems));
        }
      }
    }
  }

  private Built value(Event event, int depth, Place place) {
    if (event instanceof AliasEvent alias) {
      Built target = anchors.get(alias.getAnchor());
      if (target == null) {
        throw notYaml(
            event, "the alias *" + Place.shown(alias.getAnchor()) + " has no anchor before it");
      }
      count(event, target.count());
      limitDepth(event, depth + target.height());
      return target;
    }
    count(event, 1);
    Built built;
    if (event instanceof ScalarEvent scalar) {
      built = new Built(scalar(scalar), 1, 0);
    } else {
      limitDepth(event, depth + 1);
      refuseTag(event, ((CollectionStartEvent) event).getTag());
      built = event instanceof MappingStartEvent ? object(depth, place) : list(depth, place);
    }
    String anchor = ((NodeEvent) event).getAnchor();
    if (anchor != null) {
      anchors.put(anchor, built);
    }
    return built;
  }

  private Built list(int depth, Place place) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    int height = 0;
    int before = values;
    for (Event event = next(); !event.is(Event.ID.SequenceEnd); event = next()) {
      Built element = value(event, depth + 1, place.index(list.size()));
      list.add(element.node());
      height = Math.max(height, element.height());
    }
    return new Built(list, 1 + values - before, 1 + height);
  }

  private Built object(int depth, Place place) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    int height = 0;
    int before = values;
    for (Event event = next(); !event.is(Event.ID.MappingEnd); event = next()) {
      String key = key(event);
      Place at = place.key(key);
      Built element = value(next(), depth + 1, at);
      height = Math.max(height, element.height());
      if (object.has(key)) {
        problems.add(
            new Problem(
                "DUPLICATE_KEY",
                Problem.Kind.USER,
                at.path(),
                "",
                position(event) + "the key is there already; remove one of the two"));
      } else {
        object.set(key, element.node());
      }
    }
    return new Built(object, 1 + values - before, 1 + height);
  }

  private String key(Event event) {
    count(event, 1);
    if (!(event instanceof ScalarEvent scalar)) {
      throw notYaml(event, "a key must be a text, not an alias, a list or an object");
    }
    if (scalar.isPlain() && scalar.getValue().equals("<<")) {
      throw notYaml(event, "merge keys (<<) are not a part of YAML 1.2; write the keys out");
    }
    refuseTag(event, scalar.getTag());
    return text(scalar);
  }

  private static JsonNode scalar(ScalarEvent scalar) {
    String text = text(scalar);
    if (TEXT_TAG.equals(scalar.getTag())) {
      return TextNode.valueOf(text);
    }
    refuseTag(scalar, scalar.getTag());
    return scalar.isPlain() ? plain(text) : TextNode.valueOf(text);
  }

  private static JsonNode plain(String text) {
    return switch (text) {
      case "", "~", "null" -> NullNode.getInstance();
      case "true", "false" -> BooleanNode.valueOf(text.equals("true"));
      default -> number(text).orElseGet(() -> TextNode.valueOf(text));
    };
  }

  private static Optional<JsonNode> number(String text) {
    if (text.length() > DocumentText.MAX_NUMBER) {
      return Optional.empty();
    }
    if (INTEGER.matcher(text).matches()) {
      return Optional.of(integer(new BigInteger(text)));
    }
    if (!DECIMAL.matcher(text).matches()) {
      return Optional.empty();
    }
    BigDecimal decimal = new BigDecimal(text);
    boolean losesSign = decimal.signum() == 0 && text.startsWith("-");
    return losesSign ? Optional.empty() : Optional.of(DecimalNode.valueOf(decimal));
  }

  private static JsonNode integer(BigInteger value) {
    if (value.bitLength() < Integer.SIZE) {
      return IntNode.valueOf(value.intValue());
    }
    if (value.bitLength() < Long.SIZE) {
      return LongNode.valueOf(value.longValue());
    }
    return BigIntegerNode.valueOf(value);
  }

  private static String text(ScalarEvent scalar) {
    if (!DocumentText.wellFormed(scalar.getValue())) {
      throw notYaml(scalar, "an escape gives half of a surrogate pair; write both halves");
    }
    return scalar.getValue();
  }

  private static void refuseTag(Event event, @Nullable String tag) {
    if (tag != null && !tag.equals("!")) {
      throw notYaml(event, "tags other than !!str have no meaning here; remove it");
    }
  }

  private void count(Event event, int more) {
    values += more;
    if (values > DocumentText.MAX_VALUES) {
      throw DocumentText.tooLarge(
          position(event)
              + "the text holds more than "
              + DocumentText.MAX_VALUES
              + " values, counting what aliases stand for; split it into several files");
    }
  }

  private static void limitDepth(Event event, int depth) {
    if (depth > DocumentText.MAX_DEPTH) {
      throw DocumentText.tooLarge(
          position(event)
              + "objects and lists nest more than "
              + DocumentText.MAX_DEPTH
              + " levels deep");
    }
  }

  private Event next() {
    try {
      Event event = parser.getEvent();
      line = event.getEndMark().getLine() + 1;
      return event;
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      String place = mark == null ? "" : position(mark);
      throw DocumentText.notYaml(place + e.getProblem());
    } catch (ReaderException e) {
      throw DocumentText.notYaml(
          String.format("the text holds U+%04X, which YAML does not allow", e.getCodePoint()));
    } catch (YAMLException | IllegalArgumentException e) {
      // A malformed escape or directive, or a key broken in the middle: the parser does not say
      // where.
      throw DocumentText.notYaml(
          "line " + line + " or after it: a key, an escape or a directive is malformed");
    }
  }

  private static TaskException notYaml(Event event, String message) {
    return DocumentText.notYaml(position(event) + message);
  }

  private static String position(Event event) {
    return position(event.getStartMark());
  }

  private static String position(Mark mark) {
    return DocumentText.at(mark.getLine() + 1, mark.getColumn() + 1);
  }
}
