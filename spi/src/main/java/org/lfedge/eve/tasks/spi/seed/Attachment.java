package org.lfedge.eve.tasks.spi.seed;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What an anchor hands to a guest for one of the task's interfaces: a tap, or a bridge for the
 * interface that a hypervisor makes itself. The core makes it in the task's network namespace
 * before the anchor starts, with the MTU of the interface, and keeps it over stops. The guest has
 * the MAC and the addresses of the interface for itself, and the rules of the interface hold for
 * it; the anchor has no network on that interface then.
 *
 * @param interfaceName as in {@link org.lfedge.eve.tasks.spi.task.NetworkInterface#name}
 * @param tapName of the tap or the bridge: 1 to 15 letters, digits and {@code _.-}, the first a
 *     letter or digit; no other interface of the task has it
 * @param ownerUid the user who may open the tap, 0 to 2^31 - 1; 0 for a bridge
 * @param join how both are joined
 * @param form what there is of that name; since 1.1
 */
public record Attachment(String interfaceName, String tapName, int ownerUid, Join join, Form form) {

  private static final Pattern TAP = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,14}");

  /**
   * What a guest is joined by. Open to growth.
   *
   * @since 1.1
   */
  public enum Form {
    /**
     * A tap with a single queue. To open it takes no capability, only the owner and {@code
     * /dev/net/tun}.
     */
    TAP,
    /**
     * A bridge, for a hypervisor that makes the guest's interface itself: what the anchor adds to
     * it, with {@code CAP_NET_ADMIN} and the MTU that the bridge has, is joined as a tap would be.
     * It has no address, and nothing but the guest belongs in it.
     */
    BRIDGE
  }

  /**
   * Refuses names that no interface can have, negative users, and a bridge that somebody is to own.
   *
   * @since 1.1
   */
  public Attachment {
    Objects.requireNonNull(join);
    Objects.requireNonNull(form);
    if (interfaceName.isBlank()) {
      throw new IllegalArgumentException("an attachment needs an interface to join");
    }
    if (!TAP.matcher(tapName).matches() || tapName.equals("lo") || tapName.equals(interfaceName)) {
      throw new IllegalArgumentException("not a name for a tap: " + tapName);
    }
    if (ownerUid < 0) {
      throw new IllegalArgumentException("the owner of a tap must not be negative: " + ownerUid);
    }
    if (form == Form.BRIDGE && ownerUid != 0) {
      throw new IllegalArgumentException("a bridge has no owner: " + ownerUid);
    }
  }

  /** A tap. */
  public Attachment(String interfaceName, String tapName, int ownerUid, Join join) {
    this(interfaceName, tapName, ownerUid, join, Form.TAP);
  }
}
