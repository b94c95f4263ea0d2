package org.lfedge.eve.tasks.core.device;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A spec file of the Container Device Interface. Read strictly but for annotations: a device whose
 * edits are made in part would be worse than none.
 *
 * @param kind such as {@code vendor.com/gpu}
 * @param devices the edits of each device, by its name
 * @param common the edits that any of the devices brings along, once for a task
 */
record CdiFile(Path file, String kind, SortedMap<String, JsonNode> devices, JsonNode common) {

  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_DEVICES = 4096;

  /** Those that CDI has had up to 1.1, of which fields that are not known here are refused. */
  private static final Pattern VERSION = Pattern.compile("v?(0\\.[1-8]\\.0|1\\.[01]\\.0)");

  private static final Pattern KIND =
      Pattern.compile("[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?");

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?");

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  /**
   * Reads a file, as JSON if its name says so, else as YAML.
   *
   * @throws CdiFault if it is no spec file that can be used
   */
  static CdiFile read(Path file) throws CdiFault {
    byte[] text;
    try (InputStream in = Files.newInputStream(file)) {
      text = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw new CdiFault(file + " cannot be read: " + e);
    }
    if (text.length > MAX_BYTES) {
      throw new CdiFault(file + " has more than 1 MiB");
    }
    boolean json = file.toString().endsWith(".json");
    try {
      return parse(file, (json ? JSON : YAML).readTree(text));
    } catch (JsonProcessingException e) {
      throw new CdiFault(
          file + " is not " + (json ? "JSON" : "YAML") + ": " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new CdiFault(file + " cannot be read: " + e);
    }
  }

  private static CdiFile parse(Path file, JsonNode top) throws CdiFault {
    CdiEdits.requireKeys(
        file.toString(), top, "cdiVersion", "kind", "annotations", "devices", "containerEdits");
    String version = top.path("cdiVersion").asText();
    if (!VERSION.matcher(version).matches()) {
      throw new CdiFault(
          file + " has cdiVersion " + version + "; this version reads 0.1.0 to 1.1.0");
    }
    String kind = top.path("kind").asText();
    if (!KIND.matcher(kind).matches()) {
      throw new CdiFault(
          file + " has kind " + kind + ", which is not of the form vendor.com/class");
    }
    SortedMap<String, JsonNode> devices = new TreeMap<>();
    for (JsonNode device : top.path("devices")) {
      CdiEdits.requireKeys(file + ": a device", device, "name", "annotations", "containerEdits");
      String name = device.path("name").asText();
      if (!NAME.matcher(name).matches() || devices.size() == MAX_DEVICES) {
        throw new CdiFault(file + " has a device with the name \"" + name + "\", or too many");
      }
      if (devices.put(name, device.path("containerEdits")) != null) {
        throw new CdiFault(file + " has two devices with the name " + name);
      }
    }
    return new CdiFile(file, kind, devices, top.path("containerEdits"));
  }

  /** The qualified names of the devices, with their edits. */
  Map<String, JsonNode> qualified() {
    SortedMap<String, JsonNode> qualified = new TreeMap<>();
    devices.forEach((name, edits) -> qualified.put(kind + "=" + name, edits));
    return qualified;
  }

  /** The texts of a list, none if it is missing. */
  static List<String> texts(String where, JsonNode list) throws CdiFault {
    List<String> texts = new ArrayList<>();
    if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw new CdiFault(where + " must be a list");
    }
    for (JsonNode item : list) {
      if (!item.isTextual()) {
        throw new CdiFault(where + " must be a list of texts");
      }
      texts.add(item.textValue());
    }
    return texts;
  }
}
