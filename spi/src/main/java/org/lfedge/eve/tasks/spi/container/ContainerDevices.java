package org.lfedge.eve.tasks.spi.container;

import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;

/** The devices of a task as a program uses them: by their nodes, which the seed passes on. */
public final class ContainerDevices {

  private ContainerDevices() {}

  /**
   * Refuses devices that a program could do nothing with. A PCI device has no node that it could
   * open: its driver on the node has.
   *
   * @throws SeedException with code {@code DEVICE_NOT_USABLE}, or {@code UNSUPPORTED} for a kind of
   *     device that is newer than this class
   */
  public static void require(List<DeviceRequest> devices) throws SeedException {
    for (int i = 0; i < devices.size(); i++) {
      String path = "devices[" + i + "]";
      DeviceRequest device = devices.get(i);
      if (device instanceof DeviceRequest.Pci pci) {
        throw new SeedException(
            "DEVICE_NOT_USABLE",
            path + ".pci",
            "a program in a container can do nothing with PCI device "
                + pci.address()
                + " itself; give it to an executor that hands it on to a guest, or give the"
                + " container the device node or the network interface that its driver makes of"
                + " it");
      }
      boolean passed =
          device instanceof DeviceRequest.Node
              || device instanceof DeviceRequest.Cdi
              || device instanceof DeviceRequest.Usb
              || device instanceof DeviceRequest.Nic;
      if (!passed) {
        throw SeedException.unsupported(path, device);
      }
    }
  }
}
