package org.lfedge.eve.tasks.core.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.lfedge.eve.tasks.spi.seed.SeedFile;

/** An entry of {@code write_files} in the user data of cloud-init. */
final class CloudInitFile {

  private static final int DEFAULT_MODE = 0644;

  private static final TextForm MODE =
      new TextForm(
          5,
          "0?0?[0-7]{3}",
          "BAD_VALUE",
          "permissions in octal, such as '0644', without s and t bits");

  private static final TextForm ROOT =
      new TextForm(
          9, "(root|0)(:(root|0))?", "UNSUPPORTED", "root: files in a container belong to root");

  private static final List<String> PLAIN = List.of("", "text/plain");
  private static final List<String> BASE64 = List.of("b64", "base64");
  private static final List<String> GZIP =
      List.of("gz+b64", "gz+base64", "gzip+b64", "gzip+base64");

  private CloudInitFile() {}

  /** Reads an entry; all keys that cloud-init knows are known. */
  static Optional<SeedFile> read(DocumentObject file) {
    Optional<String> target = file.required("path", Targets::read);
    String encoding =
        file.optional("encoding", v -> v.text().flatMap(text -> encoding(v, text))).orElse("");
    byte[] content =
        file.optional("content", v -> v.scalar().flatMap(text -> decode(v, text, encoding)))
            .orElse(new byte[0]);
    int mode =
        file.optional("permissions", v -> v.scalar(MODE))
            .map(text -> Integer.parseInt(text, 8))
            .orElse(DEFAULT_MODE);
    file.optional("owner", v -> v.scalar(ROOT));
    file.optional("defer", DocumentValue::flag);
    file.optional("append", v -> v.flag().flatMap(append -> noAppend(v, append)));
    file.notYet("source");
    return target.map(path -> new SeedFile(path, content, mode));
  }

  private static Optional<Boolean> noAppend(DocumentValue v, boolean append) {
    return append
        ? v.refuse("UNSUPPORTED", "cannot be true: what the image has is not added to; remove it")
        : Optional.of(false);
  }

  private static Optional<String> encoding(DocumentValue v, String text) {
    return PLAIN.contains(text) || BASE64.contains(text) || GZIP.contains(text)
        ? Optional.of(text)
        : v.refuse("BAD_VALUE", "must be b64, gz+b64 or text/plain");
  }

  private static Optional<byte[]> decode(DocumentValue v, String text, String encoding) {
    if (PLAIN.contains(encoding)) {
      return bounded(v, text.getBytes(StandardCharsets.UTF_8));
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      return v.refuse("BAD_VALUE", "must be base64, as its encoding says");
    }
    return GZIP.contains(encoding) ? inflate(v, bytes) : bounded(v, bytes);
  }

  private static Optional<byte[]> inflate(DocumentValue v, byte[] bytes) {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return bounded(v, in.readNBytes(SeedFile.MAX_BYTES + 1));
    } catch (IOException e) {
      return v.refuse("BAD_VALUE", "must be compressed by gzip, as its encoding says");
    }
  }

  private static Optional<byte[]> bounded(DocumentValue v, byte[] bytes) {
    return bytes.length > SeedFile.MAX_BYTES
        ? v.refuse("TOO_LARGE", "must have at most 1 MiB")
        : Optional.of(bytes);
  }
}
