package org.lfedge.eve.tasks.core.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Where the credentials for a registry are found: the node's config first, which names a file or a
 * helper; then docker's {@code config.json}, whose helpers come before what is written in it, as
 * docker has it. Everything is read anew each time.
 */
final class CredentialSources {

  private static final JsonMapper JSON = new JsonMapper();
  private static final int MAX_BYTES = 1 << 20;
  private static final String DOCKER_HUB = "docker.io";
  private static final String DOCKER_HUB_SERVER = "https://index.docker.io/v1/";

  private final Path dockerConfig;
  private final CredentialHelper helper;

  CredentialSources(Path dockerConfig, CredentialHelper helper) {
    this.dockerConfig = dockerConfig;
    this.helper = helper;
  }

  /**
   * The credentials for a registry.
   *
   * @throws TaskException REGISTRY_SETUP if a source that is named is of no use
   */
  Credentials find(Asked at, RegistryConfig.Host host) {
    if (host.username().isPresent() && host.passwordFile().isPresent()) {
      Path file = host.passwordFile().get();
      return new Credentials.Password(
          host.username().get(), firstLine(file, at), "passwordFile " + file);
    }
    if (host.credentialHelper().isPresent()) {
      String name = host.credentialHelper().get();
      return helper
          .get(name, server(at), at)
          .orElseGet(() -> new Credentials.None("docker-credential-" + name + " has none"));
    }
    return ofDocker(at)
        .orElseGet(
            () ->
                new Credentials.None(
                    "neither the node's config nor " + dockerConfig + " has any for it"));
  }

  private Optional<Credentials> ofDocker(Asked at) {
    JsonNode config = config(at);
    Optional<String> named =
        keys(at).stream()
            .map(key -> config.path("credHelpers").path(key).asText())
            .filter(name -> !name.isEmpty())
            .findFirst()
            .or(() -> Optional.of(config.path("credsStore").asText()).filter(n -> !n.isEmpty()));
    return named
        .flatMap(name -> helper.get(name, server(at), at))
        .or(() -> written(config.path("auths"), at));
  }

  private Optional<Credentials> written(JsonNode auths, Asked at) {
    for (String key : keys(at)) {
      for (Map.Entry<String, JsonNode> entry : auths.properties()) {
        if (host(entry.getKey()).equals(key)) {
          Optional<Credentials> found = entry(entry.getValue(), at);
          if (found.isPresent()) {
            return found;
          }
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Credentials> entry(JsonNode entry, Asked at) {
    String origin = dockerConfig.toString();
    String token = entry.path("identitytoken").asText();
    if (!token.isEmpty()) {
      return Optional.of(new Credentials.IdentityToken(token, origin));
    }
    String auth = entry.path("auth").asText();
    if (!auth.isEmpty()) {
      String login = decoded(auth);
      int colon = login.indexOf(':');
      if (colon < 0) {
        throw RegistryProblems.setup(
            at,
            "auth in " + dockerConfig + " is not the base64 of user:password",
            "log in again by docker login");
      }
      // Docker pads what it writes with zero bytes.
      return Optional.of(
          new Credentials.Password(
              login.substring(0, colon),
              login.substring(colon + 1).replaceAll("\0+$", ""),
              origin));
    }
    String user = entry.path("username").asText();
    return user.isEmpty()
        ? Optional.empty()
        : Optional.of(new Credentials.Password(user, entry.path("password").asText(), origin));
  }

  private static String decoded(String auth) {
    try {
      return new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** How docker names the server to helpers. */
  private static String server(Asked at) {
    return at.host().equals(DOCKER_HUB) ? DOCKER_HUB_SERVER : at.host();
  }

  /** What an entry for the host may be called, the likeliest first. */
  private static List<String> keys(Asked at) {
    return at.host().equals(DOCKER_HUB)
        ? List.of("index.docker.io", DOCKER_HUB, "registry-1.docker.io", DOCKER_HUB_SERVER)
        : List.of(at.host());
  }

  /** Of a key, which may be a URL. One with a namespace is for no whole host, so for none here. */
  private static String host(String key) {
    return key.replaceFirst("^https?://", "").replaceFirst("/(?:v[12]/?)?$", "");
  }

  private JsonNode config(Asked at) {
    try (InputStream in = Files.newInputStream(dockerConfig)) {
      byte[] text = in.readNBytes(MAX_BYTES + 1);
      if (text.length <= MAX_BYTES) {
        return JSON.readTree(text);
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return MissingNode.getInstance();
    } catch (IOException e) {
      // Not its message: a parser's has a piece of the text.
      throw RegistryProblems.setup(
          at,
          "docker's config " + dockerConfig + " cannot be read: " + e.getClass().getSimpleName(),
          "see dockerConfig in the node's config");
    }
    throw RegistryProblems.setup(
        at, dockerConfig + " has more than 1 MiB", "see dockerConfig in the node's config");
  }

  private static String firstLine(Path file, Asked at) {
    try (InputStream in = Files.newInputStream(file)) {
      String text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
      return text.lines().findFirst().orElse("");
    } catch (IOException e) {
      throw RegistryProblems.setup(
          at, "the password cannot be read: " + e, "see passwordFile in the node's config");
    }
  }
}
