package org.lfedge.eve.tasks.core.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.port.ImageSignature;

/**
 * Whether one signature says of an image, by one of the pinned keys, that it is the one to run.
 * What a payload says is looked at only once a key vouches for its bytes.
 */
final class SignatureCheck {

  private static final String TYPE = "cosign container image signature";
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

  /** Two values for one key, or text after the end, would let two readers see two digests. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private SignatureCheck() {}

  /** What came out. */
  sealed interface Finding {

    /** The holder of a pinned key signed one of the digests. */
    record Holds(PinnedKey key) implements Finding {}

    /** It does not count, and why, as the end of a sentence about the signature. */
    record Fails(String why) implements Finding {}
  }

  /**
   * Checks one signature.
   *
   * @param digests of the image, any of which may be signed
   */
  static Finding check(ImageSignature signature, List<PinnedKey> keys, SortedSet<String> digests) {
    byte[] payload = signature.payload();
    if (payload.length > ImageSignature.MAX_PAYLOAD) {
      return new Finding.Fails("cannot be read: its payload has more than 64 KiB");
    }
    Optional<byte[]> bytes = decoded(signature.base64Signature());
    if (bytes.isEmpty()) {
      return new Finding.Fails("cannot be read: it is not whole base64");
    }
    Optional<PinnedKey> maker =
        keys.stream().filter(key -> key.made(bytes.get(), payload)).findFirst();
    if (maker.isEmpty()) {
      return new Finding.Fails(
          "was not made over its payload by a pinned key: the key is another one, or payload or"
              + " signature were changed");
    }
    return claim(payload, maker.get(), digests);
  }

  private static Finding claim(byte[] payload, PinnedKey maker, SortedSet<String> digests) {
    JsonNode critical;
    try {
      critical = MAPPER.readTree(text(payload)).path("critical");
    } catch (CharacterCodingException | JsonProcessingException e) {
      return new Finding.Fails("was made by " + maker + " over a payload that is not sound JSON");
    }
    if (!critical.path("type").isTextual() || !critical.path("type").textValue().equals(TYPE)) {
      return new Finding.Fails("was made by " + maker + " over something else than an image");
    }
    String digest = critical.path("image").path("docker-manifest-digest").asText("");
    if (digests.contains(digest)) {
      return new Finding.Holds(maker);
    }
    String other = DIGEST.matcher(digest).matches() ? digest : "no sha256 digest";
    return new Finding.Fails("was made by " + maker + ", but for another image: " + other);
  }

  /** Malformed characters are refused: the platform's usual decoding would replace them. */
  private static String text(byte[] payload) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
  }

  /**
   * Takes the one spelling of the bytes alone, so that no two texts are one signature. Line breaks
   * do not count: they come with signatures that were made by {@code openssl base64} and attached.
   */
  private static Optional<byte[]> decoded(String base64) {
    String text = base64.replaceAll("[\r\n]", "");
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      return Base64.getEncoder().encodeToString(bytes).equals(text)
          ? Optional.of(bytes)
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
