package org.lfedge.eve.tasks.core.registry;

import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * A repository at a registry or at a mirror of it.
 *
 * @param host with its port if it has one
 * @param path below {@code /v2/}
 */
record RepositoryName(String host, String path) implements Asked {

  private static final int MAX_LENGTH = 512;

  /** The components of a name by the distribution specification. */
  private static final Pattern PATH =
      Pattern.compile("[a-z0-9]+(?:[._-]+[a-z0-9]+)*+(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*+)*+");

  /**
   * Reads a name whose registry is what comes before the first slash.
   *
   * @throws TaskException BAD_IMAGE_NAME
   */
  static RepositoryName parse(String text) {
    int slash = text.indexOf('/');
    if (slash > 0 && text.length() <= MAX_LENGTH) {
      RepositoryName name = new RepositoryName(text.substring(0, slash), text.substring(slash + 1));
      if (RegistryConfig.HOST_NAME.matcher(name.host).matches()
          && PATH.matcher(name.path).matches()) {
        return name;
      }
    }
    throw TaskException.failed(
        Problem.user(
            "BAD_IMAGE_NAME",
            "'"
                + (text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) + "..." : text)
                + "' names no repository; use a name such as registry.example/team/web"));
  }

  /** The same repository at another host. */
  RepositoryName at(String other) {
    return new RepositoryName(other, path);
  }

  @Override
  public String codes() {
    return "REGISTRY";
  }

  /** For messages. */
  @Override
  public String toString() {
    return "registry " + host + ", repository " + path;
  }
}
