package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Pool;

/** What an anchor costs, and how that is measured, as JSON. */
final class TaxCodec {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private TaxCodec() {}

  static ObjectNode toJson(AnchorTax tax) {
    ObjectNode json = JSON.objectNode();
    ArrayNode parts = json.putArray("parts");
    for (AnchorTax.Part part : tax.parts()) {
      parts
          .addObject()
          .put("name", part.name())
          .put("pool", SeedCodec.name(part.pool()))
          .put("bytes", part.bytes())
          .put("why", part.why());
    }
    json.put("milliCpus", tax.milliCpus());
    tax.measurement().ifPresent(value -> json.set("measurement", measurement(value)));
    return json;
  }

  private static ObjectNode measurement(Measurement measurement) {
    ObjectNode json = JSON.objectNode();
    if (measurement instanceof Measurement.OfAnchor) {
      json.putObject("ofAnchor");
    } else if (measurement instanceof Measurement.OfCgroup) {
      json.putObject("ofCgroup");
    } else if (measurement instanceof Measurement.AllBut allBut) {
      json.putObject("allBut").put("mapping", allBut.mapping());
    } else {
      throw new IllegalArgumentException("unknown measurement: " + measurement);
    }
    return json;
  }

  static AnchorTax fromJson(JsonReader json) {
    json.requireObject("parts", "milliCpus", "measurement");
    List<AnchorTax.Part> parts = json.listOrNone("parts", TaxCodec::readPart);
    int milliCpus = json.optional("milliCpus").map(JsonReader::smallNumber).orElse(0);
    Optional<Measurement> measurement = json.optional("measurement").map(TaxCodec::readMeasurement);
    return json.check(() -> new AnchorTax(parts, milliCpus, measurement));
  }

  private static Measurement readMeasurement(JsonReader json) {
    String variant = json.variant();
    JsonReader value = json.required(variant);
    switch (variant) {
      case "ofAnchor" -> {
        value.requireObject();
        return new Measurement.OfAnchor();
      }
      case "ofCgroup" -> {
        value.requireObject();
        return new Measurement.OfCgroup();
      }
      case "allBut" -> {
        String mapping = value.requireObject("mapping").required("mapping").text();
        return value.check(() -> new Measurement.AllBut(mapping));
      }
      default ->
          throw value.invalid("is not a measurement; known are ofAnchor, ofCgroup and allBut");
    }
  }

  private static AnchorTax.Part readPart(JsonReader json) {
    json.requireObject("name", "pool", "bytes", "why");
    String name = json.required("name").text();
    Pool pool = json.required("pool").oneOf(Pool.class);
    long bytes = json.required("bytes").number();
    String why = json.required("why").text();
    return json.check(() -> new AnchorTax.Part(name, pool, bytes, why));
  }
}
