package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * What the daemon says to an executor that is not in its JVM: one call of {@link
 * org.lfedge.eve.tasks.spi.Executor}, answered by one {@link Answer}. Reading what was written
 * gives an equal call; equal calls give equal bytes.
 */
public sealed interface Call {

  /** The largest call that is read, in bytes. It holds files that the executor asked for. */
  int MAX_BYTES = 1 << 26;

  /** {@code info()}. */
  record Describe() implements Call {}

  /**
   * {@code facts(task, known)}.
   *
   * @param known the answers so far, in the order of the questions
   */
  record Ask(TaskConfig task, List<Fact> known) implements Call {
    /** Keeps a copy of the answers. */
    public Ask {
      known = List.copyOf(known);
    }
  }

  /**
   * {@code seed(request)}.
   *
   * @param asked what the executor asked for in its facts: a request cannot be asked what it knows
   */
  record MakeSeed(SeedRequest request, List<FactQuery> asked) implements Call {
    /** Keeps each question once. */
    public MakeSeed {
      asked = asked.stream().distinct().toList();
    }
  }

  /**
   * Writes the call.
   *
   * @param declared the options that the executor declares, {@link
   *     org.lfedge.eve.tasks.spi.ExecutorInfo#options}; of no matter to {@link Describe}
   * @throws IllegalArgumentException if the request cannot answer what was asked
   */
  default ObjectNode toJson(List<Option> declared) {
    ObjectNode json = Envelope.start();
    if (this instanceof Ask ask) {
      json.put("call", "facts");
      json.set("task", TaskCodec.toJson(ask.task(), declared));
      ArrayNode known = json.putArray("known");
      ask.known().forEach(fact -> known.add(FactCodec.fact(fact)));
    } else if (this instanceof MakeSeed make) {
      json.put("call", "seed");
      json.set("request", RequestCodec.toJson(make.request(), declared, make.asked()));
    } else {
      json.put("call", "info");
    }
    return json;
  }

  /** The bytes of {@link #toJson}, in UTF-8, without a line break at the end. */
  default byte[] toBytes(List<Option> declared) {
    return Envelope.bytes(toJson(declared));
  }

  /**
   * Reads a call; keys that are not known are passed over.
   *
   * @param declared the options that the executor declares, which tell the types of their values
   * @throws TaskException with code {@code REQUEST_INVALID} and the path of the first place that is
   *     wrong, {@code spi} for another major version
   */
  static Call fromJson(JsonNode json, List<Option> declared) {
    return read(Envelope.open(json, Reading.REQUEST), declared);
  }

  /**
   * Reads a call from UTF-8.
   *
   * @throws TaskException as {@link #fromJson}, also if this is not JSON, has a key twice or more
   *     than {@value #MAX_BYTES} bytes
   */
  static Call fromBytes(byte[] bytes, List<Option> declared) {
    return fromJson(Envelope.parse(bytes, MAX_BYTES, Reading.REQUEST), declared);
  }

  private static Call read(JsonReader top, List<Option> declared) {
    JsonReader call = top.required("call");
    switch (call.text()) {
      case "info" -> {
        top.requireObject(Envelope.SPI, "call");
        return new Describe();
      }
      case "facts" -> {
        top.requireObject(Envelope.SPI, "call", "task", "known");
        return new Ask(
            TaskCodec.fromJson(top.required("task"), declared),
            top.required("known").list(FactCodec::readFact));
      }
      case "seed" -> {
        top.requireObject(Envelope.SPI, "call", "request");
        ReadValues.Request request = RequestCodec.fromJson(top.required("request"), declared);
        return new MakeSeed(request, request.facts().stream().map(Fact::query).toList());
      }
      default -> throw call.invalid("must be one of info, facts, seed");
    }
  }
}
