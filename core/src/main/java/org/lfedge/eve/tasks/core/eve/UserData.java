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
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.MetaDataType;

/** The user data of an app. Nothing of them is shown in problems. */
final class UserData {

  private static final String PATH = "userData";

  private UserData() {}

  /** The variable by which EVE's controllers give an image another command. */
  private static final String COMMAND = "EVE_ECO_CMD";

  /**
   * Adds them to a document.
   *
   * @param image whether the app is an image
   * @param guest whether it runs in a guest. An image in a guest has no cloud-init, and no node
   *     that writes files into it
   */
  static void add(
      AppInstanceConfig app, boolean image, boolean guest, ObjectNode document, Findings findings) {
    if (app.getUserData().isEmpty() || app.getMetaDataType() == MetaDataType.MetaDataNone) {
      return;
    }
    if (app.getMetaDataType() == MetaDataType.MetaDataOpenStack) {
      findings.unsupported(
          "metaDataType", app.getMetaDataType(), "user data come on a drive, NoCloud, alone");
      return;
    }
    Optional<String> text = text(app.getUserData());
    if (text.isEmpty()) {
      findings.bad(PATH, "", "must be UTF-8 in base64");
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

  private static Optional<String> text(String base64) {
    try {
      byte[] bytes = Base64.getMimeDecoder().decode(base64);
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static void read(String text, boolean guest, ObjectNode document, Findings findings) {
    try {
      CloudInitData data = CloudInitData.read(text, PATH);
      Optional.ofNullable(data.env().get(COMMAND)).ifPresent(line -> command(line, document));
      if (guest) {
        data.env().forEach(document.withObject("env")::put);
      }
      if (guest && !data.files().isEmpty()) {
        findings.unsupported(
            PATH, "", "write_files works for containers and for guests with cloud-init alone");
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
}
