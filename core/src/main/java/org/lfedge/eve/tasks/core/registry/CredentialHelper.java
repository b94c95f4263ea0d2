package org.lfedge.eve.tasks.core.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.HttpFailures;

/**
 * Programs that keep credentials, by docker's protocol: {@code docker-credential-NAME get} reads
 * the server from its standard input and writes {@code {"Username": ..., "Secret": ...}}. The user
 * {@code <token>} means that the secret is an identity token.
 */
final class CredentialHelper {

  /** Of a name; it becomes a part of a file's name. */
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");

  private static final JsonMapper JSON = new JsonMapper();
  private static final int MAX_OUTPUT = 64 * 1024;
  private static final String NOT_FOUND = "credentials not found";
  private static final String TOKEN_USER = "<token>";

  private final Map<String, String> environment;
  private final Duration deadline;

  /**
   * Runs helpers.
   *
   * @param environment of theirs; {@code PATH} is where they are looked for
   */
  CredentialHelper(Map<String, String> environment, Duration deadline) {
    this.environment = environment;
    this.deadline = deadline;
  }

  /**
   * Asks a helper.
   *
   * @return empty if it has none for the server
   * @throws TaskException REGISTRY_SETUP if it does not do as it should
   */
  Optional<Credentials> get(String name, String server, Asked at) {
    String program = "docker-credential-" + name;
    if (!NAME.matcher(name).matches()) {
      throw unusable(at, "the name of a credential helper may have letters, digits, _ and - alone");
    }
    try {
      Process process = start(find(program), server);
      // What it writes is a pipe's content at most, 64 KiB: nobody empties that while it runs.
      if (!process.waitFor(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw unusable(at, program + " did not end within " + HttpFailures.seconds(deadline));
      }
      try (InputStream output = process.getInputStream()) {
        byte[] text = output.readNBytes(MAX_OUTPUT);
        return process.exitValue() == 0
            ? Optional.of(credentials(text, program, at))
            : refusal(text, process.exitValue(), program, at);
      }
    } catch (IOException e) {
      throw unusable(at, program + " cannot be run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unusable(at, "waiting for " + program + " was broken off");
    }
  }

  /** The JDK would look where its own environment says. */
  private Path find(String program) throws IOException {
    for (String directory :
        environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")) {
      if (directory.startsWith("/")) {
        Path file = Path.of(directory, program);
        if (Files.isExecutable(file)) {
          return file;
        }
      }
    }
    throw new IOException("there is none in PATH");
  }

  private Process start(Path program, String server) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(program.toString(), "get");
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    try (OutputStream input = process.getOutputStream()) {
      input.write(server.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It ended without reading; how it ended tells more.
    }
    return process;
  }

  private static Credentials credentials(byte[] text, String program, Asked at) {
    try {
      JsonNode answer = JSON.readTree(text);
      String user = answer.path("Username").asText();
      String secret = answer.path("Secret").asText();
      if (!secret.isEmpty()) {
        return user.equals(TOKEN_USER)
            ? new Credentials.IdentityToken(secret, program)
            : new Credentials.Password(user, secret, program);
      }
    } catch (IOException e) {
      // The same as no secret; what was written is not told, as it may be one.
    }
    throw unusable(at, program + " wrote no JSON with Username and Secret");
  }

  private static Optional<Credentials> refusal(byte[] text, int code, String program, Asked at) {
    String words = new String(text, StandardCharsets.UTF_8);
    if (words.contains(NOT_FOUND)) {
      return Optional.empty();
    }
    throw unusable(at, program + " failed with exit code " + code);
  }

  private static TaskException unusable(Asked at, String what) {
    return RegistryProblems.setup(
        at, what, "see credentialHelper in the node's config, and docker's config.json");
  }
}
