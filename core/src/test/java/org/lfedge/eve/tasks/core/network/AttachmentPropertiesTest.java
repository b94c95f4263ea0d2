package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttachmentPropertiesTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Provide
  Arbitrary<AttachmentRecord> records() {
    return NetworkArbitraries.records();
  }

  @Property
  void aRecordReadAgainIsTheSame(@ForAll("records") AttachmentRecord record)
      throws JsonProcessingException {
    String text = AttachmentJson.write(record).toString();
    AttachmentRecord again = AttachmentJson.read(MAPPER.readTree(text));
    assertEquals(record, again);
    assertEquals(text, AttachmentJson.write(again).toString());
  }

  @Property(tries = 1)
  void theNextDaemonFindsWhatWasSaved(@ForAll("records") AttachmentRecord record)
      throws IOException {
    Path directory = Files.createTempDirectory("records");
    AttachmentStore store = new AttachmentStore(directory);
    store.save(record);
    Files.writeString(directory.resolve("half.new"), "{");
    AttachmentStore next = new AttachmentStore(directory);
    assertEquals(Optional.of(record), next.find(record.task()));
    next.delete(record.task());
    assertEquals(List.of(), new AttachmentStore(directory).tasks());
    try (var files = Files.list(directory)) {
      assertEquals(0, files.count());
    }
    Files.delete(directory);
  }

  @Test
  void aRecordThatCannotBeReadIsStillOneOfItsTask(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("web.json"), "{\"version\": 1, \"task\":");
    AttachmentStore store = new AttachmentStore(directory);
    assertEquals(List.of("web"), store.tasks());
    assertTrue(store.has("web"));
    assertEquals(Optional.empty(), store.find("web"));
    store.delete("web");
    assertFalse(store.has("web"));
  }
}
