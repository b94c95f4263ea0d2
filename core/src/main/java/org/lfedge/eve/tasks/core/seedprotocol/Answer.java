package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * What an executor that is not in the daemon's JVM says to a {@link Call}. It is not trusted: a key
 * that is not known is refused, sizes and depths are bounded. Reading what was written gives an
 * equal answer; equal answers give equal bytes.
 */
public sealed interface Answer {

  /** The largest answer that is read, in bytes. */
  int MAX_BYTES = 1 << 18;

  /** To {@link Call.Describe}. */
  record Description(ExecutorInfo info) implements Answer {
    /** Refuses null. */
    public Description {
      Objects.requireNonNull(info);
    }
  }

  /** To {@link Call.Ask}: all questions, those already answered included or not. */
  record Questions(List<FactQuery> queries) implements Answer {
    /** Keeps a copy. */
    public Questions {
      queries = List.copyOf(queries);
    }
  }

  /** To {@link Call.MakeSeed}. */
  record Made(Seed seed) implements Answer {
    /** Refuses null. */
    public Made {
      Objects.requireNonNull(seed);
    }
  }

  /**
   * To {@link Call.Ask} and {@link Call.MakeSeed}: the task cannot be seeded.
   *
   * @param code stable, 1 to {@value #MAX_CODE} capitals, digits and underscores, a capital first
   * @param path where in the task document the cause lies; what is longer than {@value #MAX_PATH}
   *     characters is cut
   * @param message what is wrong and what to do about it, not blank; what is longer than {@value
   *     #MAX_MESSAGE} characters is cut
   */
  record Refusal(String code, String path, String message) implements Answer {

    /** The longest code. */
    public static final int MAX_CODE = 64;

    /** The longest path that is kept. */
    public static final int MAX_PATH = 256;

    /** The longest message that is kept. */
    public static final int MAX_MESSAGE = 4096;

    private static final Pattern CODE = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");

    /** Refuses a code of another form and a message that says nothing. */
    public Refusal {
      if (!CODE.matcher(code).matches()) {
        throw new IllegalArgumentException("needs a code such as NO_COMMAND, not " + code);
      }
      if (message.isBlank()) {
        throw new IllegalArgumentException("needs a message that says what is wrong");
      }
      path = cut(path, MAX_PATH);
      message = cut(message, MAX_MESSAGE);
    }

    /** What an executor in a JVM threw. */
    public static Refusal of(SeedException refused) {
      return new Refusal(
          refused.code(), refused.path(), Objects.requireNonNullElse(refused.getMessage(), ""));
    }

    /** What an executor in this JVM would have thrown. */
    public SeedException exception() {
      return new SeedException(code, path, message);
    }

    private static String cut(String text, int most) {
      return text.length() <= most ? text : text.substring(0, most);
    }
  }

  /** Writes the answer. */
  default ObjectNode toJson() {
    ObjectNode json = Envelope.start();
    if (this instanceof Description description) {
      json.set("info", InfoCodec.toJson(description.info()));
    } else if (this instanceof Questions questions) {
      ArrayNode facts = json.putArray("facts");
      questions.queries().forEach(query -> facts.add(FactCodec.query(query)));
    } else if (this instanceof Made made) {
      json.set("seed", SeedCodec.toJson(made.seed()));
    } else if (this instanceof Refusal refusal) {
      json.putObject("error")
          .put("code", refusal.code())
          .put("path", refusal.path())
          .put("message", refusal.message());
    }
    return json;
  }

  /** The bytes of {@link #toJson}, in UTF-8, without a line break at the end. */
  default byte[] toBytes() {
    return Envelope.bytes(toJson());
  }

  /**
   * Reads an answer.
   *
   * @throws TaskException with code {@code ANSWER_INVALID} of kind {@code HOST}, as for any
   *     executor that fails, and the path of the first place that is wrong ({@code spi} for another
   *     major version); with code {@code SEED_INVALID} and a path from the top of the seed if it is
   *     in there
   */
  static Answer fromJson(JsonNode json) {
    JsonReader top = Envelope.open(json, Reading.ANSWER);
    top.requireObject(Envelope.SPI, "info", "facts", "seed", "error");
    List<String> given =
        List.of("info", "facts", "seed", "error").stream()
            .filter(key -> top.optional(key).isPresent())
            .toList();
    if (given.size() != 1) {
      throw top.invalid("must hold one of info, facts, seed and error");
    }
    JsonReader value = top.required(given.get(0));
    return switch (given.get(0)) {
      case "info" -> new Description(InfoCodec.fromJson(value));
      case "facts" -> new Questions(value.list(FactCodec::readQuery));
      case "seed" -> new Made(SeedCodec.fromJson(value.node()));
      default -> readRefusal(value);
    };
  }

  /**
   * Reads an answer from UTF-8.
   *
   * @throws TaskException as {@link #fromJson}, also if this is not JSON, has a key twice, lies
   *     deeper than 64 levels or has more than {@value #MAX_BYTES} bytes
   */
  static Answer fromBytes(byte[] bytes) {
    return fromJson(Envelope.parse(bytes, MAX_BYTES, Reading.ANSWER));
  }

  /**
   * The answer to {@link Call.Describe}.
   *
   * @throws TaskException as {@link #fromJson}, also if this answers another call or refuses:
   *     whoever an executor is, it can always say
   */
  default ExecutorInfo asInfo() {
    if (this instanceof Description description) {
      return description.info();
    }
    throw other("info");
  }

  /**
   * The answer to {@link Call.Ask}.
   *
   * @throws SeedException if the executor refuses the task
   * @throws TaskException as {@link #fromJson}, also if this answers another call
   */
  default List<FactQuery> asQuestions() throws SeedException {
    if (this instanceof Questions questions) {
      return questions.queries();
    }
    throwIfRefusal();
    throw other("facts");
  }

  /**
   * The answer to {@link Call.MakeSeed}.
   *
   * @throws SeedException if the executor refuses the task
   * @throws TaskException as {@link #fromJson}, also if this answers another call
   */
  default Seed asSeed() throws SeedException {
    if (this instanceof Made made) {
      return made.seed();
    }
    throwIfRefusal();
    throw other("seed");
  }

  private void throwIfRefusal() throws SeedException {
    if (this instanceof Refusal refusal) {
      throw refusal.exception();
    }
  }

  private static TaskException other(String wanted) {
    return Reading.ANSWER.fault("", "must hold " + wanted + ", which is what was asked for");
  }

  private static Refusal readRefusal(JsonReader json) {
    json.requireObject("code", "path", "message");
    String code = json.required("code").text();
    String path = json.optional("path").map(JsonReader::text).orElse("");
    String message = json.required("message").text();
    return json.check(() -> new Refusal(code, path, message));
  }
}
