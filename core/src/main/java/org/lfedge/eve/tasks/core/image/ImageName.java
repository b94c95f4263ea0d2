package org.lfedge.eve.tasks.core.image;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A full image name, as docker understands familiar ones: {@code web} is {@code
 * docker.io/library/web:latest}, {@code me/web} is {@code docker.io/me/web:latest}. What comes
 * before the first slash is a registry if it has a dot, a colon or a capital letter, or is {@code
 * localhost}.
 *
 * @param repository with its registry
 * @param tag {@code latest} if neither tag nor digest is given
 * @param digest if the name pins one
 */
record ImageName(String repository, Optional<String> tag, Optional<String> digest) {

  private static final int MAX_LENGTH = 512;
  private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  private static final Pattern PATH = Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")*");
  private static final Pattern REGISTRY =
      Pattern.compile(
          "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
              + "(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[0-9a-fA-F:]+\\])"
              + "(?::[0-9]{1,5})?");
  private static final String TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
  private static final Pattern PARTS =
      Pattern.compile("(?<path>.+?)(?::(?<tag>" + TAG + "))?(?:@(?<digest>sha256:[0-9a-f]{64}))?");

  /**
   * Reads a name.
   *
   * @return empty if it does not follow the rules
   */
  static Optional<ImageName> parse(String text) {
    if (text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    Matcher parts = PARTS.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    String given = parts.group("path");
    int slash = given.indexOf('/');
    String first = slash < 0 ? "" : given.substring(0, slash);
    String registry = "docker.io";
    String path = given;
    if (isRegistry(first)) {
      registry = first.equals("index.docker.io") ? "docker.io" : first;
      path = given.substring(slash + 1);
    }
    if (!REGISTRY.matcher(registry).matches() || !PATH.matcher(path).matches()) {
      return Optional.empty();
    }
    if (registry.equals("docker.io") && path.indexOf('/') < 0) {
      path = "library/" + path;
    }
    Optional<String> digest = Optional.ofNullable(parts.group("digest"));
    Optional<String> tag = Optional.ofNullable(parts.group("tag"));
    return Optional.of(
        new ImageName(
            registry + "/" + path,
            tag.isEmpty() && digest.isEmpty() ? Optional.of("latest") : tag,
            digest));
  }

  /**
   * The repository that stands for a layout whose images bear tags alone, or no names: made of the
   * name of its file or directory without {@code .tar}, {@code .oci}, {@code .docker} and the
   * suffixes of compression. {@code images/web.oci.tar} is {@code docker.io/library/web}.
   */
  static String repositoryOf(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    String before;
    do {
      before = name;
      name = name.replaceFirst("(?<=.)\\.(?:tar|tgz|gz|zst|oci|docker)$", "");
    } while (!name.equals(before));
    name = name.replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
    return "docker.io/library/" + (name.isEmpty() ? "image" : name);
  }

  private static boolean isRegistry(String text) {
    return text.indexOf('.') >= 0
        || text.indexOf(':') >= 0
        || text.equals("localhost")
        || !text.equals(text.toLowerCase(Locale.ROOT));
  }

  /** The full name. */
  @Override
  public String toString() {
    return repository + tag.map(t -> ":" + t).orElse("") + digest.map(d -> "@" + d).orElse("");
  }
}
