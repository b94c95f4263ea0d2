package org.lfedge.eve.tasks.core.config;

import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** What volumes of the node can be called. */
public final class VolumeNames {

  private static final Pattern NAME = Pattern.compile("[a-z0-9]+([._-][a-z0-9]+)*");
  private static final int MAX = 127;

  private VolumeNames() {}

  /**
   * Refuses what a volume that is to be made cannot be called.
   *
   * @throws TaskException VOLUME_NAME_INVALID
   */
  public static void require(String name) {
    if (name.length() > MAX || !NAME.matcher(name).matches()) {
      throw TaskException.failed(
          Problem.user(
              "VOLUME_NAME_INVALID",
              "a volume cannot have the name "
                  + name
                  + "; use at most 127 lower-case letters, digits and single . _ - between them"));
    }
  }
}
