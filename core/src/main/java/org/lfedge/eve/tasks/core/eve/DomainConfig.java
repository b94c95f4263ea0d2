package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * What EVE wants of one domain, as its manager of apps writes it. Fields that are not known here
 * are kept, and ignored.
 *
 * @param id its UUID in lower case
 * @param version as the controller has it
 * @param displayName for people
 * @param appNum what EVE numbers it by
 * @param active whether it is to run
 * @param json all of it; not to be changed
 */
public record DomainConfig(
    String id, String version, String displayName, long appNum, boolean active, JsonNode json) {

  /** The largest that is read, in bytes; callers need not load more than one above it. */
  public static final int MAX_BYTES = 1 << 20;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  /**
   * Reads one.
   *
   * @param key what it is published by, which must be its UUID
   * @throws TaskException DOMAIN_UNREADABLE
   */
  public static DomainConfig parse(byte[] bytes, String key) {
    if (bytes.length > MAX_BYTES) {
      throw unreadable("it has more than 1 MiB");
    }
    JsonNode json;
    try {
      json = MAPPER.readTree(bytes);
    } catch (IOException e) {
      // The message of a parser may quote what it stumbled over, which may be a secret.
      throw unreadable("it is no JSON, or cut off");
    }
    if (!json.isObject()) {
      throw unreadable("it is no object in JSON");
    }
    Findings findings = new Findings();
    GoStruct domain = new GoStruct(json, "", findings);
    GoStruct identity = domain.struct("UUIDandVersion");
    String id = identity.text("UUID").toLowerCase(Locale.ROOT);
    if (!EdgeConfigs.UUID.matcher(id).matches() || !id.equals(key.toLowerCase(Locale.ROOT))) {
      findings.bad("UUIDandVersion.UUID", id, "must be the UUID that the file is named by");
    }
    DomainConfig config =
        new DomainConfig(
            id,
            identity.text("Version"),
            domain.text("DisplayName"),
            domain.number("AppNum"),
            domain.flag("Activate"),
            json);
    if (!findings.none()) {
      throw unreadable(findings.all().get(0).toString());
    }
    return config;
  }

  private static TaskException unreadable(String why) {
    return TaskException.failed(
        Problem.user("DOMAIN_UNREADABLE", "the DomainConfig cannot be read: " + why));
  }

  /** What EVE calls the domain: UUID, version and number. */
  public String domainName() {
    return id + "." + version + "." + appNum;
  }

  /** Where the image is described that the domain runs, if it runs one. */
  public Optional<String> imageConfig() {
    JsonNode root = json.path("DiskConfigList").path(0);
    String location = root.path("FileLocation").asText();
    return root.path("Format").asInt() == DomainDisk.CONTAINER && location.startsWith("/")
        ? Optional.of(DomainDisk.imageConfig(location))
        : Optional.empty();
  }
}
