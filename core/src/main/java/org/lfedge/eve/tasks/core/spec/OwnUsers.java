package org.lfedge.eve.tasks.core.spec;

import java.nio.file.Path;

/**
 * The user namespace of a task that has one of its own. The users in it are those of the node.
 *
 * @param namespace where it is pinned; the network namespace of the task belongs to it
 * @param binaryFormats whether the task has a table of binary formats of its own in it, which is
 *     mounted at {@value #FORMATS_TARGET}
 */
public record OwnUsers(Path namespace, boolean binaryFormats) {

  /**
   * Where the table is mounted. Its usual place is below /proc, where runc mounts nothing; which
   * table counts for a process depends on its user namespace alone.
   */
  public static final String FORMATS_TARGET = "/dev/binfmt_misc";
}
