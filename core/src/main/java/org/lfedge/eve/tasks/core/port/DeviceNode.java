package org.lfedge.eve.tasks.core.port;

import java.util.OptionalInt;

/**
 * A device node as a task gets it.
 *
 * @param path inside the task, below {@code /dev}
 * @param major of the device; 0 for a FIFO
 * @param minor of the device; 0 for a FIFO
 * @param mode permissions, at most 0777
 * @param uid the owner; empty for the user of the task's program
 * @param gid the group; empty for that of the task's program
 * @param access of {@code r}, {@code w} and {@code m}, in that order
 */
public record DeviceNode(
    String path,
    Type type,
    int major,
    int minor,
    int mode,
    OptionalInt uid,
    OptionalInt gid,
    String access) {

  /** What kind of file it is. */
  public enum Type {
    CHARACTER("c"),
    BLOCK("b"),
    FIFO("p");

    private final String letter;

    Type(String letter) {
      this.letter = letter;
    }

    /** As in the OCI runtime spec. */
    public String letter() {
      return letter;
    }
  }

  /** Whether it leads to the same device as another one, whatever may be done with it. */
  public boolean isSameDevice(DeviceNode other) {
    return type == other.type && major == other.major && minor == other.minor;
  }

  /** This node, with what another one allows on top. */
  public DeviceNode allowing(String more) {
    StringBuilder all = new StringBuilder();
    for (String letter : new String[] {"r", "w", "m"}) {
      if (access.contains(letter) || more.contains(letter)) {
        all.append(letter);
      }
    }
    return new DeviceNode(path, type, major, minor, mode, uid, gid, all.toString());
  }
}
