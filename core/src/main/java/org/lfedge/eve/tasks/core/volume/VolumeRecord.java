package org.lfedge.eve.tasks.core.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Optional;

/**
 * What is on record of a volume that the node keeps, in a file beside its content.
 *
 * @param name unique on the node
 * @param kind what it is
 * @param bytes the size of its disk; 0 for an image
 * @param createdAt when it was made
 * @param madeFor the task that it was made with, if it was
 * @param content what it was made from: a directory, the file or the URL of a disk, the name of an
 *     image
 * @param filesystem what its disk is formatted with; empty for an image, and for a disk of which
 *     that is not known
 * @param chainId the layers below it, for an image
 */
record VolumeRecord(
    String name,
    Kind kind,
    long bytes,
    Instant createdAt,
    Optional<String> madeFor,
    Optional<String> content,
    Optional<String> filesystem,
    Optional<String> chainId) {

  /** Raised when the form changes in a way that older versions cannot read. */
  private static final int FORMAT = 1;

  /** What a volume is. */
  enum Kind {
    /** A disk of ours with a file system of ours. */
    BLANK("blank"),
    /** A disk that was copied or converted from a file. */
    DISK("disk"),
    /** A writable layer over an image; it has no disk. */
    IMAGE("image");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** As users see it. */
    String text() {
      return text;
    }

    private static Kind of(String text) {
      for (Kind kind : values()) {
        if (kind.text.equals(text)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("it has the unknown kind " + text);
    }
  }

  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("format", FORMAT);
    json.put("name", name);
    json.put("kind", kind.text());
    json.put("bytes", bytes);
    json.put("createdAt", createdAt.toString());
    madeFor.ifPresent(task -> json.put("madeFor", task));
    content.ifPresent(text -> json.put("content", text));
    filesystem.ifPresent(text -> json.put("filesystem", text));
    chainId.ifPresent(text -> json.put("chainId", text));
    return json;
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IllegalArgumentException if it did not
   */
  static VolumeRecord fromJson(JsonNode json) {
    if (json.path("format").asInt() != FORMAT) {
      throw new IllegalArgumentException(
          "its format is " + json.path("format") + ", this version reads " + FORMAT);
    }
    return new VolumeRecord(
        text(json, "name").orElseThrow(() -> missing("name")),
        Kind.of(text(json, "kind").orElseThrow(() -> missing("kind"))),
        json.path("bytes").asLong(),
        Instant.parse(text(json, "createdAt").orElseThrow(() -> missing("createdAt"))),
        text(json, "madeFor"),
        text(json, "content"),
        text(json, "filesystem"),
        text(json, "chainId"));
  }

  private static Optional<String> text(JsonNode json, String key) {
    return Optional.ofNullable(json.get(key)).map(JsonNode::asText);
  }

  private static IllegalArgumentException missing(String key) {
    return new IllegalArgumentException("it has no " + key);
  }
}
