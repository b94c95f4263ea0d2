package org.lfedge.eve.tasks.spi.seed;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A tap in the task's network namespace, joined with one of its interfaces, for an anchor that
 * hands it to a guest. The core makes it before the anchor starts, with a single queue and the MTU
 * of the interface, and keeps it over stops. The guest has the MAC and the addresses of the
 * interface for itself, and the rules of the interface hold for it; the anchor has no network on
 * that interface then. To open the tap takes no capability, only the owner and {@code
 * /dev/net/tun}.
 *
 * @param interfaceName as in {@link org.lfedge.eve.tasks.spi.task.NetworkInterface#name}
 * @param tapName 1 to 15 letters, digits and {@code _.-}, the first a letter or digit; no other
 *     interface of the task has it
 * @param ownerUid the user who may open the tap, 0 to 2^31 - 1
 * @param join how both are joined
 */
public record Attachment(String interfaceName, String tapName, int ownerUid, Join join) {

  private static final Pattern TAP = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,14}");

  /** Refuses names that no interface can have and negative users. */
  public Attachment {
    Objects.requireNonNull(join);
    if (interfaceName.isBlank()) {
      throw new IllegalArgumentException("an attachment needs an interface to join");
    }
    if (!TAP.matcher(tapName).matches() || tapName.equals("lo") || tapName.equals(interfaceName)) {
      throw new IllegalArgumentException("not a name for a tap: " + tapName);
    }
    if (ownerUid < 0) {
      throw new IllegalArgumentException("the owner of a tap must not be negative: " + ownerUid);
    }
  }
}
