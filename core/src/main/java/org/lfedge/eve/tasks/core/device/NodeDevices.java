package org.lfedge.eve.tasks.core.device;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;

/** The devices of the node as its kernel shows them, and as CDI describes them. */
public final class NodeDevices implements Devices {

  /** Whose character devices one task alone can have: serial lines, and devices on USB. */
  private static final List<String> SUBSYSTEMS = List.of("tty", "usb");

  /** What these are called, for those that are not there. */
  private static final Pattern OF_ONE = Pattern.compile("/dev/(tty.+|serial/.+|bus/usb/.+)");

  private final SystemTree tree;
  private final PciDevices pci;
  private final UsbDevices usb;
  private final CdiDevices cdi;
  private final NetworkCards cards;
  private final MovedCards moved;

  /**
   * What there is to know of devices beside what the kernel shows.
   *
   * @param cdiDirectories where spec files of CDI are, the most important one last
   * @param switchPorts the names of interfaces that switches need, and the names of those networks;
   *     asked each time, as networks come and go
   */
  public record Settings(List<Path> cdiDirectories, Supplier<Map<String, String>> switchPorts) {

    /** Where CDI has its files unless a node's config says otherwise. */
    public static final List<Path> CDI_DIRECTORIES =
        List.of(Path.of("/etc/cdi"), Path.of("/run/cdi"));

    /** Keeps a copy. */
    public Settings {
      cdiDirectories = List.copyOf(cdiDirectories);
    }
  }

  /**
   * Looks at the devices of this machine.
   *
   * @param records where is kept which tasks have network interfaces of the node; best on a file
   *     system that a reboot empties
   */
  public NodeDevices(
      Settings settings, Path records, NetworkNamespaces namespaces, HelperCommand helper) {
    this(
        settings,
        records,
        namespaces,
        helper,
        new SystemTree(Path.of("/sys"), Path.of("/dev"), Path.of("/proc")),
        NetworkCards::addressesOf);
  }

  NodeDevices(
      Settings settings,
      Path records,
      NetworkNamespaces namespaces,
      HelperCommand helper,
      SystemTree tree,
      Function<String, List<String>> addresses) {
    this.tree = tree;
    this.pci = new PciDevices(tree);
    this.usb = new UsbDevices(tree);
    this.cdi = new CdiDevices(tree, settings.cdiDirectories());
    this.cards = new NetworkCards(tree, settings.switchPorts(), addresses);
    this.moved = new MovedCards(records, namespaces, helper);
  }

  @Override
  public Fact answer(FactQuery query) {
    if (query instanceof FactQuery.PciDevice device) {
      return pci.fact(device);
    } else if (query instanceof FactQuery.UsbDevice device) {
      return usb.fact(device);
    } else if (query instanceof FactQuery.HostDevice device) {
      return tree.node(device.path(), "r")
          .map(
              node ->
                  Fact.present(
                      query,
                      Map.of(
                          "type", node.type().letter(),
                          "major", Integer.toString(node.major()),
                          "minor", Integer.toString(node.minor()))))
          .orElseGet(() -> Fact.absent(query));
    }
    throw TaskException.failed(
        Problem.internal("UNSUPPORTED_FACT", "no source for the fact " + query));
  }

  @Override
  public DeviceEdits resolve(String task, List<DeviceConfig> devices) {
    List<Problem> problems = new ArrayList<>();
    List<DeviceNode> nodes = new ArrayList<>();
    Map<String, DeviceConfig.Cdi> described = new LinkedHashMap<>();
    for (int i = 0; i < devices.size(); i++) {
      DeviceConfig device = devices.get(i);
      String path = "devices[" + i + "]." + device.key();
      if (device instanceof DeviceConfig.Node node) {
        tree.node(node.path(), node.access())
            .ifPresentOrElse(nodes::add, () -> problems.add(missing(path, node)));
      } else if (device instanceof DeviceConfig.Pci card) {
        nodes.addAll(pci.nodes(path, card, problems));
      } else if (device instanceof DeviceConfig.Usb plugged) {
        usb.node(plugged.id())
            .ifPresentOrElse(nodes::add, () -> problems.add(unplugged(path, plugged)));
      } else if (device instanceof DeviceConfig.Nic nic) {
        if (!moved.has(task, nic.name())) {
          cards.problem(path, nic.name()).ifPresent(problems::add);
        }
      } else if (device instanceof DeviceConfig.Cdi one) {
        described.put(path, one);
      }
    }
    DeviceEdits edits = DeviceEdits.of(nodes);
    if (!described.isEmpty()) {
      edits = edits.and(cdi.resolve(described, problems));
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
    return edits;
  }

  private Problem missing(String path, DeviceConfig.Node node) {
    return tree.exists(node.path())
        ? Problem.inDocument(
            "DEVICE_NOT_A_NODE",
            path,
            node.path(),
            "it is no device node; name the node itself, or one in this directory")
        : Problem.inDocument(
            "DEVICE_NOT_FOUND",
            path,
            node.path(),
            "the node has no such device now; connect it, load its driver, or correct the path");
  }

  private static Problem unplugged(String path, DeviceConfig.Usb usb) {
    return Problem.inDocument(
        "DEVICE_NOT_FOUND",
        path,
        usb.id(),
        "no USB device is plugged in there now; /sys/bus/usb/devices lists those there are");
  }

  @Override
  public DeviceNode node(DeviceConfig.Node node) {
    return tree.node(node.path(), node.access())
        .orElseThrow(
            () -> {
              Problem problem = missing("", node);
              return TaskException.failed(
                  Problem.host(
                      problem.code(),
                      "the executor of the task asks for "
                          + node.path()
                          + " as well: "
                          + problem.message()));
            });
  }

  /** A serial line has one speed and one reader, a USB device one driver, a group one guest. */
  @Override
  public SortedSet<String> exclusive(DeviceConfig device) {
    SortedSet<String> names = new TreeSet<>();
    if (device instanceof DeviceConfig.Node node) {
      Optional<DeviceNode> there = tree.node(node.path(), node.access());
      if (there.isPresent() ? isOfOne(there.get()) : OF_ONE.matcher(node.path()).matches()) {
        names.add(node.path());
        there.map(NodeDevices::number).ifPresent(names::add);
      }
    } else if (device instanceof DeviceConfig.Usb plugged) {
      names.add(plugged.policyName());
      usb.node(plugged.id()).map(NodeDevices::number).ifPresent(names::add);
    } else if (device instanceof DeviceConfig.Pci card) {
      names.add(card.policyName());
      pci.group(card.address()).ifPresent(group -> names.add("iommu:" + group));
    } else if (device instanceof DeviceConfig.Nic nic) {
      names.add(nic.policyName());
    }
    return names;
  }

  private boolean isOfOne(DeviceNode node) {
    Path shown = tree.sys().resolve("dev/char/" + node.major() + ":" + node.minor());
    return node.type() == DeviceNode.Type.CHARACTER
        && SystemTree.linked(shown.resolve("subsystem")).filter(SUBSYSTEMS::contains).isPresent();
  }

  private static String number(DeviceNode node) {
    return node.type().letter() + " " + node.major() + ":" + node.minor();
  }

  @Override
  public void moveIn(String task, List<String> nics) {
    moved.moveIn(task, nics);
  }

  @Override
  public void moveBack(String task) {
    moved.moveBack(task);
  }

  @Override
  public List<String> tasks() {
    return moved.tasks();
  }
}
