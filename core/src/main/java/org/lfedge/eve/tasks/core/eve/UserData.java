package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.CloudInitData;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.MetaDataType;

/**
 * The user data of an app. Nothing of them is shown in problems.
 *
 * @param path where they are
 * @param base64 what they are; empty if there are none
 * @param kindPath where it is said how the app gets them
 * @param kind how it gets them
 */
record UserData(String path, String base64, String kindPath, MetaDataType kind) {

  /** The variable by which EVE's controllers give an image another command. */
  private static final String COMMAND = "EVE_ECO_CMD";

  /**
   * Adds them to a document.
   *
   * @param image whether the app is an image
   * @param guest whether it runs in a guest. An image in a guest has no cloud-init, and no node
   *     that writes files into it
   */
  void add(boolean image, boolean guest, ObjectNode document, Findings findings) {
    if (base64.isEmpty() || kind == MetaDataType.MetaDataNone) {
      return;
    }
    if (kind == MetaDataType.MetaDataOpenStack) {
      findings.unsupported(kindPath, kind, "user data come on a drive, NoCloud, alone");
      return;
    }
    Optional<String> text = text();
    if (text.isEmpty()) {
      findings.bad(path, "", "must be UTF-8 in base64");
      return;
    }
    if (image) {
      read(text.get(), guest, document, findings);
    }
    if (!image || !guest) {
      document
          .withArray("volumes")
          .addObject()
          .put("name", "user-data")
          .putObject("source")
          .putObject("cloudInit")
          .put("userData", text.get());
    }
  }

  private Optional<String> text() {
    try {
      byte[] bytes = Base64.getMimeDecoder().decode(base64);
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private void read(String text, boolean guest, ObjectNode document, Findings findings) {
    try {
      CloudInitData data = CloudInitData.read(text, path);
      Optional.ofNullable(data.env().get(COMMAND)).ifPresent(line -> command(line, document));
      ObjectNode env = document.withObject("env");
      if (guest) {
        data.env().forEach(env::put);
      } else {
        // Those of the document would override them.
        data.env().keySet().forEach(env::remove);
      }
      if (guest && !data.files().isEmpty()) {
        findings.unsupported(
            path, "", "write_files works for containers and for guests with cloud-init alone");
      }
    } catch (TaskException e) {
      findings.addAll(e.problems());
    }
  }

  /** As EVE does it: words between blanks, with no regard to quotes but around the whole. */
  private static void command(String line, ObjectNode document) {
    ArrayNode command = document.putArray("command");
    for (String word : line.replaceAll("^[ \"]+|[ \"]+$", "").split("\\s+")) {
      if (!word.isEmpty()) {
        command.add(word);
      }
    }
  }

  /** Without the data, which may be private to the app. */
  @Override
  public String toString() {
    return "UserData[" + path + "]";
  }
}
