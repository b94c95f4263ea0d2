package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.volume.VolumeRecord.Kind;

class VolumeRecordTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Provide
  Arbitrary<VolumeRecord> records() {
    Arbitrary<Optional<String>> texts = Arbitraries.strings().ofMaxLength(20).optional();
    return Combinators.combine(
            Arbitraries.strings().ofMinLength(1).ofMaxLength(20),
            Arbitraries.of(Kind.class),
            Arbitraries.longs().greaterOrEqual(0),
            Arbitraries.longs().between(0, 4_000_000_000L).map(Instant::ofEpochSecond),
            texts,
            texts,
            texts,
            texts)
        .as(VolumeRecord::new);
  }

  @Property
  void aRecordComesBackAsItWasWritten(@ForAll("records") VolumeRecord record)
      throws JsonProcessingException {
    JsonNode json = MAPPER.readTree(MAPPER.writeValueAsString(record.toJson()));
    assertEquals(record, VolumeRecord.fromJson(json));
  }

  @Test
  void whatIsNotARecordIsRefused() throws JsonProcessingException {
    for (String text :
        new String[] {
          "{}",
          "[]",
          "{\"format\": 2}",
          "{\"format\": 1, \"kind\": \"blank\", \"createdAt\": \"2026-01-01T00:00:00Z\"}",
          "{\"format\": 1, \"name\": \"a\", \"kind\": \"odd\","
              + " \"createdAt\": \"2026-01-01T00:00:00Z\"}"
        }) {
      JsonNode json = MAPPER.readTree(text);
      assertThrows(IllegalArgumentException.class, () -> VolumeRecord.fromJson(json), text);
    }
  }
}
