package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lfedge.eve.tasks.core.config.CloudInitData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Files with user data of cloud-init; what is in them stands in no message. */
final class UserDataFile {

  private UserDataFile() {}

  /** Reads one that was checked. */
  static String read(Path file, String what) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(CloudInitData.MAX_BYTES + 1);
    } catch (IOException e) {
      throw DiskFiles.unreadable(file, e);
    }
    if (bytes.length > CloudInitData.MAX_BYTES) {
      throw TaskException.failed(
          Problem.user(
              "TOO_LARGE",
              "the user data of "
                  + what
                  + " must have at most 64 KiB; have the guest fetch what is large"));
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.indexOf('\0') < 0) {
        return text;
      }
    } catch (CharacterCodingException e) {
      // Falls through to the same failure.
    }
    throw TaskException.failed(
        Problem.user(
            "BAD_VALUE",
            "the user data of "
                + what
                + " must be text in UTF-8 without NUL; write binary parts as base64, as cloud-init"
                + " has it"));
  }
}
