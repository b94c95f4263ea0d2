package org.lfedge.eve.tasks.executor.qemu;

import java.util.EnumMap;
import java.util.Map;
import org.lfedge.eve.tasks.spi.SeedException;

/**
 * Hands out places on the first PCI bus of a machine. Each kind of device has slots of its own,
 * with eight functions each, so that a further disk does not change the address, and with it the
 * name, of an interface. Slot 0 is the host's bridge, and slot 31 is the south bridge of a q35.
 */
final class PciAddresses {

  /** Who has which slots; within a kind, functions are handed out in ascending order. */
  enum Kind {
    /** What comes with the machine: serial ports, balloon, and so on. */
    OWN(1, 2),
    INTERFACE(3, 8),
    DISK(11, 18),
    /** Of the node: handed on to the guest, or ports for those. */
    OF_NODE(29, 2);

    private final int firstSlot;
    private final int slots;

    Kind(int firstSlot, int slots) {
      this.firstSlot = firstSlot;
      this.slots = slots;
    }

    int capacity() {
      return slots * FUNCTIONS;
    }
  }

  /** The name of the bus in the machines q35 and virt. */
  static final String BUS = "pcie.0";

  private static final int FUNCTIONS = 8;

  private final Map<Kind, Integer> taken = new EnumMap<>(Kind.class);

  /**
   * The description of a device at the next place of a kind.
   *
   * @param driver QEMU's name for the device
   * @param path of what asks for it in the document
   * @throws SeedException if there is none left
   */
  JsonObject next(Kind kind, String driver, String path) throws SeedException {
    int number = taken.merge(kind, 1, Integer::sum) - 1;
    if (number >= kind.capacity()) {
      throw new SeedException(
          "TOO_MANY_DEVICES",
          path,
          "a virtual machine has at most "
              + kind.capacity()
              + " of these (disks, interfaces, devices of the node); leave some out");
    }
    int slot = kind.firstSlot + number / FUNCTIONS;
    return new JsonObject()
        .put("driver", driver)
        .put("bus", BUS)
        .put("addr", Integer.toHexString(slot) + "." + number % FUNCTIONS)
        .put("multifunction", true);
  }
}
