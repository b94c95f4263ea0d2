package org.lfedge.eve.tasks.spi.task;

import java.util.List;

/**
 * Numeric identity of a process.
 *
 * @param uid 0 to 2^31 - 1
 * @param gid 0 to 2^31 - 1
 * @param additionalGids in ascending order, each once
 */
public record User(int uid, int gid, List<Integer> additionalGids) {

  /** The superuser, in no further group. */
  public static final User ROOT = new User(0, 0, List.of());

  /** Refuses negative numbers; sorts the groups. */
  public User {
    additionalGids = additionalGids.stream().sorted().distinct().toList();
    if (uid < 0 || gid < 0 || (!additionalGids.isEmpty() && additionalGids.get(0) < 0)) {
      throw new IllegalArgumentException("ids must not be negative: " + uid + ":" + gid);
    }
  }
}
