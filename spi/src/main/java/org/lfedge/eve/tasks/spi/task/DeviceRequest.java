package org.lfedge.eve.tasks.spi.task;

import java.util.regex.Pattern;

/**
 * A device of the node. A task document asks for it, or a seed does for its anchor. Closed to
 * implement, open to growth.
 */
public sealed interface DeviceRequest {

  /**
   * A device node.
   *
   * @param path below {@code /dev}, without empty, {@code .} and {@code ..} parts; inside the task
   *     it is the same
   * @param access of {@code r} (read), {@code w} (write) and {@code m} (mknod), in that order
   */
  record Node(String path, String access) implements DeviceRequest {

    private static final Pattern PATH = Pattern.compile("/dev(/(?!\\.{1,2}(/|$))[^/\\x00]+)+");
    private static final Pattern ACCESS = Pattern.compile("r?w?m?(?<=.)");

    /** Refuses paths elsewhere and unknown access. */
    public Node {
      require(PATH.matcher(path).matches(), "a device node below /dev", path);
      require(ACCESS.matcher(access).matches(), "of r, w and m, in that order", access);
    }
  }

  /**
   * What a CDI spec file describes as one device: device nodes, mounts, variables and hooks, all of
   * which the core makes.
   *
   * @param name qualified, such as {@code vendor.com/gpu=0}
   */
  record Cdi(String name) implements DeviceRequest {

    private static final Pattern NAME = Pattern.compile("[^/=\\s]+/[^/=\\s]+=[^/=\\s]+");

    /** Refuses names that are not qualified. */
    public Cdi {
      require(NAME.matcher(name).matches(), "a name such as vendor.com/gpu=0", name);
    }
  }

  /**
   * A PCI device, for an anchor that hands it on to a guest through VFIO: the anchor gets {@code
   * /dev/vfio/vfio} and {@code /dev/vfio/GROUP}. {@link
   * org.lfedge.eve.tasks.spi.FactQuery.PciDevice} tells the group.
   *
   * @param address such as {@code 0000:03:00.0}, in lower case
   */
  record Pci(String address) implements DeviceRequest {

    /** What an address looks like. */
    public static final Pattern ADDRESS =
        Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]");

    /** Refuses other spellings. */
    public Pci {
      require(ADDRESS.matcher(address).matches(), "an address such as 0000:03:00.0", address);
    }
  }

  /**
   * A USB device; the task gets its node below {@code /dev/bus/usb}.
   *
   * @param id where it is plugged in, as below {@code /sys/bus/usb/devices}: {@code 1-2.4}
   */
  record Usb(String id) implements DeviceRequest {

    /** What an id looks like. */
    public static final Pattern ID =
        Pattern.compile("[1-9][0-9]{0,3}-[1-9][0-9]{0,2}(\\.[1-9][0-9]{0,2})*");

    /** Refuses other spellings. */
    public Usb {
      require(ID.matcher(id).matches(), "a place such as 1-2.4", id);
    }
  }

  /**
   * A network interface of the node, which is in the task's network namespace while the task
   * exists, under the same name.
   *
   * @param name 1 to 15 characters without spaces, {@code /} and {@code :}
   */
  record Nic(String name) implements DeviceRequest {

    private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[^/:\\s\\x00]{1,15}");

    /** Refuses what is no name of an interface. */
    public Nic {
      require(NAME.matcher(name).matches(), "a name of an interface such as eth1", name);
    }
  }

  private static void require(boolean holds, String what, String value) {
    if (!holds) {
      throw new IllegalArgumentException("must be " + what + ": " + value);
    }
  }
}
