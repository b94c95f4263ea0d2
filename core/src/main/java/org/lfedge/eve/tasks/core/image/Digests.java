package org.lfedge.eve.tasks.core.image;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** SHA-256 digests as the image specification writes them: {@code sha256:} and 64 digits. */
final class Digests {

  static final String PREFIX = "sha256:";

  private static final Pattern FORM = Pattern.compile("sha256:[0-9a-f]{64}");

  private Digests() {}

  static boolean isDigest(String text) {
    return FORM.matcher(text).matches();
  }

  /** The 64 digits of a digest. */
  static String hex(String digest) {
    return digest.substring(PREFIX.length());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Ends a computation. */
  static String finish(MessageDigest digest) {
    return PREFIX + HexFormat.of().formatHex(digest.digest());
  }

  static String of(byte[] bytes) {
    MessageDigest digest = sha256();
    digest.update(bytes);
    return finish(digest);
  }

  /**
   * The chain IDs of layers from the lowest up: the first is the diff ID itself, every further one
   * the digest of its parent's chain ID, a space and the diff ID.
   */
  static List<String> chainIds(List<String> diffIds) {
    List<String> chainIds = new ArrayList<>();
    for (String diffId : diffIds) {
      chainIds.add(
          chainIds.isEmpty()
              ? diffId
              : of(
                  (chainIds.get(chainIds.size() - 1) + " " + diffId)
                      .getBytes(StandardCharsets.US_ASCII)));
    }
    return List.copyOf(chainIds);
  }
}
