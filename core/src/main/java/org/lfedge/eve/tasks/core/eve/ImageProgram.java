package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The program of an image, as the config of OCI for images describes it. */
final class ImageProgram {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** As EVE has it for images that name no variable. */
  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private ImageProgram() {}

  /**
   * Adds it to a document.
   *
   * @param file where the config is
   * @param config its bytes
   */
  static void add(String file, byte[] config, ObjectNode document, Findings findings) {
    JsonNode json;
    try {
      json = MAPPER.readTree(config);
    } catch (IOException e) {
      findings.bad(file, "", "is no JSON, or cut off");
      return;
    }
    GoStruct settings = new GoStruct(json.path("config"), file + ": config.", findings);
    List<String> command = new ArrayList<>(settings.texts("Entrypoint"));
    command.addAll(settings.texts("Cmd"));
    if (command.isEmpty()) {
      findings.missing(file, "", "names no program: neither Entrypoint nor Cmd has something");
    }
    command.forEach(document.withArray("command")::add);
    ObjectNode env = document.withObject("env");
    for (String line : settings.texts("Env")) {
      int end = line.indexOf('=');
      if (end > 0) {
        env.put(line.substring(0, end), line.substring(end + 1));
      } else {
        findings.bad(settings.path("Env"), "", "has an entry that is not KEY=value");
      }
    }
    if (env.isEmpty()) {
      env.put("PATH", PATH);
    }
    String directory = settings.text("WorkingDir");
    if (!directory.isEmpty()) {
      document.put("workingDir", directory);
    }
    String user = settings.text("User");
    if (!user.isEmpty()) {
      document.put("user", user);
    }
  }
}
