package org.lfedge.eve.tasks.executor.xen;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;

/**
 * Writes configurations of domains for xl to read where there is Xen, each with what it is to find
 * there: to the directory {@code xen.configs}, as many as {@code xen.configs.count}. That there is
 * no other reader of them than ours without Xen is why this is not a test by itself.
 */
@EnabledIfSystemProperty(named = "xen.configs", matches = ".+")
class ConfigsForXlTest {

  private final ObjectMapper mapper = new ObjectMapper();

  @Test
  void writeThem() throws IOException, SeedException {
    Path directory = Files.createDirectories(Path.of(System.getProperty("xen.configs")));
    int count = Integer.getInteger("xen.configs.count", 60);
    for (int i = 0; i < count; i++) {
      GuestRequest request = SampleDomains.any(i);
      String text = Requests.text(request.seed());
      Files.writeString(directory.resolve(i + ".cfg"), text);
      mapper.writeValue(directory.resolve(i + ".json").toFile(), expected(request, text));
    }
  }

  private ObjectNode expected(GuestRequest request, String text) {
    Map<String, Object> config = XlText.read(text);
    long memory = (request.resources().memoryBytes() >> 20) << 10;
    ObjectNode json = mapper.createObjectNode();
    json.put("name", request.name());
    json.put("type", (String) config.get("type"));
    json.put("uuid", request.uuid().toString());
    json.put("memory", memory);
    json.put(
        "maxMemory", config.containsKey("maxmem") ? (Long) config.get("maxmem") << 10 : memory);
    json.put("commandLine", (String) config.get("extra"));
    ArrayNode disks = json.putArray("disks");
    for (Object disk : (List<?>) config.get("disk")) {
      Map<String, String> spec = XlText.spec(disk);
      disks
          .addArray()
          .add(spec.get("vdev"))
          .add(spec.get("target"))
          .add(spec.get("format"))
          .add(spec.get("access").equals("rw"));
    }
    ArrayNode interfaces = json.putArray("interfaces");
    for (Object card : (List<?>) config.get("vif")) {
      Map<String, String> spec = XlText.spec(card);
      interfaces.addArray().add(spec.get("mac")).add(spec.get("bridge"));
    }
    ArrayNode shares = json.putArray("shares");
    for (Object share : (List<?>) config.getOrDefault("p9", List.of())) {
      Map<String, String> spec = XlText.spec(share);
      shares.addArray().add(spec.get("tag")).add(spec.get("path"));
    }
    return json;
  }
}
