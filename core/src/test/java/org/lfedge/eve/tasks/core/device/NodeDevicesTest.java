package org.lfedge.eve.tasks.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.DeviceNode;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.seed.Namespace;

/** Devices of a machine that is staged in a directory; for device nodes, those of this one. */
class NodeDevicesTest {

  private static final String PCI = "0000:03:00.0";

  @TempDir Path directory;
  private Path sys;
  private Path dev;
  private Path proc;
  private final Map<String, String> switchPorts = new TreeMap<>();
  private NodeDevices devices;

  @BeforeEach
  void stage() throws IOException {
    sys = Files.createDirectory(directory.resolve("sys"));
    dev = Files.createDirectory(directory.resolve("dev"));
    proc = Files.createDirectory(directory.resolve("proc"));
    Files.createDirectories(proc.resolve("net"));
    devices =
        new NodeDevices(
            new NodeDevices.Settings(
                List.of(directory.resolve("etc-cdi"), directory.resolve("run-cdi")),
                () -> switchPorts),
            directory.resolve("nics"),
            new NoNamespaces(),
            (task, purpose, command) -> "",
            new SystemTree(sys, dev, proc),
            name -> name.equals("eth0") ? List.of("192.0.2.1") : List.of());
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  /** Needs root, as all of the tests that make things on the machine do. */
  private void mknod(String path, String type, int major, int minor) throws Exception {
    Path node = dev.resolve(path);
    Files.createDirectories(node.getParent());
    Process made =
        new ProcessBuilder("mknod", "-m", "640", node.toString(), type, "" + major, "" + minor)
            .inheritIO()
            .start();
    assertEquals(0, made.waitFor());
  }

  private List<String> refusals(DeviceConfig... wanted) {
    return assertThrows(TaskException.class, () -> devices.resolve("web", List.of(wanted)))
        .problems()
        .stream()
        .map(problem -> problem.code() + " " + problem.path())
        .toList();
  }

  private String message(DeviceConfig wanted) {
    return assertThrows(TaskException.class, () -> devices.resolve("web", List.of(wanted)))
        .problems()
        .toString();
  }

  @Test
  void nodesHaveTheNumbersOfNowAlsoThroughLinks() throws Exception {
    mknod("ttyUSB0", "c", 188, 300);
    mknod("sd/a", "b", 259, 1 << 19);
    Files.createDirectories(dev.resolve("serial/by-id"));
    Files.createSymbolicLink(dev.resolve("serial/by-id/usb-x"), Path.of("../../ttyUSB0"));
    Files.createSymbolicLink(dev.resolve("out"), Path.of("/dev/null"));
    assertEquals(
        List.of(
            new DeviceNode(
                "/dev/serial/by-id/usb-x",
                DeviceNode.Type.CHARACTER,
                188,
                300,
                0640,
                OptionalInt.of(0),
                OptionalInt.of(0),
                "r"),
            new DeviceNode(
                "/dev/sd/a",
                DeviceNode.Type.BLOCK,
                259,
                1 << 19,
                0640,
                OptionalInt.of(0),
                OptionalInt.of(0),
                "rw")),
        devices
            .resolve(
                "web",
                List.of(
                    new DeviceConfig.Node("/dev/serial/by-id/usb-x", "r"),
                    new DeviceConfig.Node("/dev/sd/a", "rw")))
            .nodes());
    assertEquals(
        List.of(
            "DEVICE_NOT_FOUND devices[0].path",
            "DEVICE_NOT_A_NODE devices[1].path",
            "DEVICE_NOT_A_NODE devices[2].path"),
        refusals(
            new DeviceConfig.Node("/dev/none", "r"),
            new DeviceConfig.Node("/dev/sd", "r"),
            new DeviceConfig.Node("/dev/out", "r")));
    FactQuery known = new FactQuery.HostDevice("/dev/ttyUSB0");
    assertEquals(
        Fact.present(known, Map.of("type", "c", "major", "188", "minor", "300")),
        devices.answer(known));
    FactQuery unknown = new FactQuery.HostDevice("/dev/none");
    assertEquals(Fact.absent(unknown), devices.answer(unknown));
  }

  @Test
  void usbDevicesAreFoundWhereTheyArePluggedIn() throws Exception {
    Path place = sys.resolve("bus/usb/devices/1-2.4");
    write(place.resolve("idVendor"), "0403\n");
    write(place.resolve("idProduct"), "6001\n");
    write(place.resolve("busnum"), "1\n");
    write(place.resolve("devnum"), "17\n");
    mknod("bus/usb/001/017", "c", 189, 16);
    DeviceEdits edits = devices.resolve("web", List.of(new DeviceConfig.Usb("1-2.4")));
    assertEquals("/dev/bus/usb/001/017", edits.nodes().get(0).path());
    assertEquals(16, edits.nodes().get(0).minor());
    FactQuery query = new FactQuery.UsbDevice("1-2.4");
    assertEquals(
        Map.of(
            "vendor", "0403",
            "product", "6001",
            "bus", "1",
            "device", "17",
            "node", "/dev/bus/usb/001/017"),
        devices.answer(query).values());
    assertEquals(List.of("DEVICE_NOT_FOUND devices[0].usb"), refusals(new DeviceConfig.Usb("1-3")));
  }

  private void function(String address, String driver, String deviceClass) throws IOException {
    Path place = sys.resolve("bus/pci/devices").resolve(address);
    write(place.resolve("class"), deviceClass + "\n");
    write(place.resolve("vendor"), "0x8086\n");
    write(place.resolve("device"), "0x1533\n");
    write(place.resolve("numa_node"), "-1\n");
    Path group = sys.resolve("kernel/iommu_groups/7");
    Files.createDirectories(group.resolve("devices"));
    Files.createSymbolicLink(group.resolve("devices").resolve(address), place);
    Files.createSymbolicLink(place.resolve("iommu_group"), group);
    if (!driver.isEmpty()) {
      Files.createSymbolicLink(
          place.resolve("driver"), Path.of("../../../../bus/pci/drivers/" + driver));
    }
  }

  @Test
  void pciDevicesGoWithTheirWholeGroup() throws Exception {
    function(PCI, "vfio-pci", "0x020000");
    function("0000:03:00.1", "igb", "0x020000");
    function("0000:02:00.0", "pcieport", "0x060400");
    FactQuery query = new FactQuery.PciDevice(PCI);
    assertEquals(
        Map.of(
            "class", "0x020000",
            "vendor", "0x8086",
            "device", "0x1533",
            "driver", "vfio-pci",
            "iommuGroup", "7",
            "iommuDevices", "0000:02:00.0,0000:03:00.1",
            "numaNode", "-1"),
        devices.answer(query).values());
    DeviceConfig card = new DeviceConfig.Pci(PCI);
    assertEquals(List.of("DEVICE_NOT_READY devices[0].pci"), refusals(card));
    assertTrue(message(card).contains("0000:03:00.1 must be given to the driver vfio-pci"));

    Path driver = sys.resolve("bus/pci/devices/0000:03:00.1/driver");
    Files.delete(driver);
    Files.createSymbolicLink(driver, Path.of("x/vfio-pci"));
    assertTrue(message(card).contains("the node has no /dev/vfio/vfio"));
    mknod("vfio/vfio", "c", 10, 196);
    mknod("vfio/7", "c", 243, 0);
    assertEquals(
        List.of("/dev/vfio/vfio", "/dev/vfio/7"),
        devices.resolve("web", List.of(card)).nodes().stream().map(DeviceNode::path).toList());
    assertEquals(Set.of("pci:" + PCI, "iommu:7"), devices.exclusive(card));
    assertTrue(devices.exclusive(new DeviceConfig.Pci("0000:03:00.1")).contains("iommu:7"));

    Files.delete(sys.resolve("bus/pci/devices").resolve(PCI).resolve("iommu_group"));
    assertTrue(message(card).contains("IOMMU"));
    // Set aside for a domain of the hypervisor, it needs neither a group nor a node.
    Path own = sys.resolve("bus/pci/devices").resolve(PCI).resolve("driver");
    Files.delete(own);
    Files.createSymbolicLink(own, Path.of("x/pciback"));
    assertEquals(List.of(), devices.resolve("web", List.of(card)).nodes());
    DeviceConfig none = new DeviceConfig.Pci("0000:09:00.0");
    assertEquals(List.of("DEVICE_NOT_FOUND devices[0].pci"), refusals(none));
    assertFalse(devices.answer(new FactQuery.PciDevice("0000:09:00.0")).present());
  }

  @Test
  void serialLinesAndUsbDevicesAreForOneTask() throws Exception {
    mknod("ttyS0", "c", 4, 64);
    mknod("fuse", "c", 10, 229);
    Files.createDirectories(sys.resolve("dev/char/4:64"));
    Files.createSymbolicLink(sys.resolve("dev/char/4:64/subsystem"), Path.of("../class/tty"));
    Files.createSymbolicLink(dev.resolve("modbus"), Path.of("ttyS0"));
    assertEquals(
        Set.of("/dev/ttyS0", "c 4:64"),
        devices.exclusive(new DeviceConfig.Node("/dev/ttyS0", "r")));
    assertEquals(
        Set.of("/dev/modbus", "c 4:64"),
        devices.exclusive(new DeviceConfig.Node("/dev/modbus", "rw")));
    assertEquals(
        Set.of("/dev/ttyUSB7"), devices.exclusive(new DeviceConfig.Node("/dev/ttyUSB7", "rw")));
    assertEquals(Set.of(), devices.exclusive(new DeviceConfig.Node("/dev/fuse", "rw")));
    assertEquals(Set.of(), devices.exclusive(new DeviceConfig.Cdi("vendor.com/gpu=0")));
    assertEquals(Set.of("usb:1-2"), devices.exclusive(new DeviceConfig.Usb("1-2")));
    assertEquals(Set.of("nic:eth1"), devices.exclusive(new DeviceConfig.Nic("eth1")));
  }

  @Test
  void aCardThatTheNodeNeedsStays() throws IOException {
    for (String name : List.of("eth0", "eth1", "eth2", "eth3", "eth7", "br0", "wlan0", "free")) {
      Files.createDirectories(sys.resolve("class/net").resolve(name));
    }
    Path net = sys.resolve("class/net");
    Files.createDirectory(net.resolve("br0/bridge"));
    Files.createDirectory(net.resolve("wlan0/phy80211"));
    Files.createSymbolicLink(net.resolve("eth2/master"), Path.of("../br0"));
    Files.createSymbolicLink(net.resolve("eth2/upper_br0"), Path.of("../br0"));
    Files.createSymbolicLink(net.resolve("eth3/upper_eth3.5"), Path.of("../eth3.5"));
    Files.writeString(
        proc.resolve("net/route"),
        """
        Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
        eth1\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
        free\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
        """);
    // A network may be declared while the daemon runs.
    assertEquals(DeviceEdits.NONE, devices.resolve("web", List.of(new DeviceConfig.Nic("eth7"))));
    switchPorts.put("eth7", "plant");
    Map<String, String> reasons =
        Map.of(
            "eth0", "it has the address 192.0.2.1",
            "eth1", "it carries the default route",
            "eth2", "it is a part of br0;",
            "eth3", "it carries eth3.5",
            "eth7", "it is the port of network plant",
            "br0", "cannot be moved",
            "wlan0", "cannot be moved",
            "eth9", "no network interface of this name");
    reasons.forEach(
        (name, reason) -> {
          String message = message(new DeviceConfig.Nic(name));
          assertTrue(message.contains(reason), message);
        });
    assertEquals(DeviceEdits.NONE, devices.resolve("web", List.of(new DeviceConfig.Nic("free"))));
  }

  private void cdi(String file, String text) throws IOException {
    write(directory.resolve(file), text);
  }

  private DeviceEdits cdi(String... names) {
    List<DeviceConfig> wanted =
        List.of(names).stream().<DeviceConfig>map(DeviceConfig.Cdi::new).toList();
    return devices.resolve("web", wanted);
  }

  @Test
  void whatCdiDescribesIsReadFromYamlAndJson() throws Exception {
    mknod("gpu0", "c", 240, 3);
    mknod("ctl", "c", 240, 255);
    cdi(
        "etc-cdi/gpu.yaml",
        """
        cdiVersion: "0.6.0"
        kind: vendor.com/gpu
        annotations: {vendor.com/anything: "yes"}
        devices:
          - name: "0"
            annotations: {x: y}
            containerEdits:
              env: [GPU=0]
              deviceNodes:
                - path: /dev/dri/card0
                  hostPath: /dev/gpu0
                  permissions: rw
                  fileMode: 432
                  uid: 1
                  gid: 44
          - name: "1"
            containerEdits: {env: [GPU=1]}
        containerEdits:
          env: [VENDOR=1]
          deviceNodes: [{path: /dev/ctl}, {path: /dev/fixed, type: b, major: 9, minor: 1}]
          mounts: [{hostPath: /usr/lib/v, containerPath: /usr/lib/v, options: [ro, rbind]}]
          hooks: [{hookName: createContainer, path: /bin/h, args: [h, -x], timeout: 3}]
          additionalGids: [0, 44]
        """);
    cdi(
        "run-cdi/more.json",
        """
        {"cdiVersion": "1.0.0", "kind": "vendor.com/nic",
         "devices": [{"name": "a.b", "containerEdits": {"env": ["NIC=a"]}}]}
        """);
    DeviceEdits edits = cdi("vendor.com/gpu=0", "vendor.com/nic=a.b", "vendor.com/gpu=1");
    assertEquals(List.of("GPU=0", "VENDOR=1", "NIC=a", "GPU=1"), edits.env());
    assertEquals(
        List.of(
            new DeviceNode(
                "/dev/dri/card0",
                DeviceNode.Type.CHARACTER,
                240,
                3,
                0660,
                OptionalInt.of(1),
                OptionalInt.of(44),
                "rw"),
            new DeviceNode(
                "/dev/ctl",
                DeviceNode.Type.CHARACTER,
                240,
                255,
                0666,
                OptionalInt.empty(),
                OptionalInt.empty(),
                "rwm"),
            new DeviceNode(
                "/dev/fixed",
                DeviceNode.Type.BLOCK,
                9,
                1,
                0666,
                OptionalInt.empty(),
                OptionalInt.empty(),
                "rwm")),
        edits.nodes());
    assertEquals("createContainer", edits.hooks().get(0).when());
    assertEquals(OptionalInt.of(3), edits.hooks().get(0).timeout());
    assertEquals("/usr/lib/v", edits.mounts().get(0).source());
    assertEquals(List.of(44), edits.additionalGids());
  }

  private static String gpu(String env) {
    return "{cdiVersion: 0.5.0, kind: vendor.com/gpu, devices: [{name: a, containerEdits: {env: ["
        + env
        + "]}}]}";
  }

  @Test
  void aLaterDirectoryWinsAndTwoFilesOfOneAreAConflict() throws IOException {
    cdi("etc-cdi/one.yaml", gpu("FROM=etc"));
    cdi("run-cdi/one.yaml", gpu("FROM=run"));
    assertEquals(List.of("FROM=run"), cdi("vendor.com/gpu=a").env());
    cdi("run-cdi/two.yaml", gpu("FROM=two"));
    assertEquals(
        List.of("CDI_CONFLICT devices[0].cdi"), refusals(new DeviceConfig.Cdi("vendor.com/gpu=a")));
    String message = message(new DeviceConfig.Cdi("vendor.com/gpu=a"));
    assertTrue(message.contains("run-cdi/one.yaml and by"), message);
  }

  @Test
  void whatCannotBeUsedOfCdiIsRefusedWithTheFile() throws IOException {
    DeviceConfig wanted = new DeviceConfig.Cdi("vendor.com/gpu=a");
    assertEquals(List.of("DEVICE_NOT_FOUND devices[0].cdi"), refusals(wanted));
    Map<String, String> files =
        Map.ofEntries(
            Map.entry("{", "is not YAML"),
            Map.entry("[1]", "is not an object"),
            Map.entry(gpu("A=b").replace("0.5.0", "2.0.0"), "cdiVersion 2.0.0"),
            Map.entry(gpu("A=b").replace("vendor.com/gpu", "gpu"), "kind gpu"),
            Map.entry(gpu("A=b").replace("name: a", "name: /a"), "a device with the name"),
            Map.entry(gpu("A=b").replace("devices:", "surprise: 1, devices:"), "surprise"),
            Map.entry(gpu("=b"), "\"=b\" cannot be used"),
            Map.entry(edits("netDevices: []"), "netDevices"),
            Map.entry(edits("intelRdt: {}"), "intelRdt"),
            Map.entry(edits("deviceNodes: [{path: /etc/x}]"), "must lie below /dev"),
            Map.entry(edits("deviceNodes: [{path: /dev/none}]"), "needs /dev/none"),
            Map.entry(edits("deviceNodes: [{path: /dev/x, type: z, major: 1, minor: 1}]"), "type"),
            Map.entry(edits("deviceNodes: [{path: /dev/x, major: -1}]"), "major"),
            Map.entry(edits("mounts: [{hostPath: x, containerPath: /y}]"), "hostPath"),
            Map.entry(edits("mounts: [{hostPath: /x, containerPath: /a/../y}]"), "containerPath"),
            Map.entry(edits("hooks: [{hookName: never, path: /x}]"), "hookName"),
            Map.entry(edits("hooks: [{hookName: poststop, path: x}]"), "hooks.path"),
            Map.entry(edits("additionalGids: [-1]"), "additionalGids"),
            Map.entry(edits("env: x"), "env must be a list"));
    for (Map.Entry<String, String> file : files.entrySet()) {
      cdi("etc-cdi/f.yaml", file.getKey());
      String message = message(wanted);
      assertTrue(message.contains(file.getValue()), message);
      assertTrue(message.contains("etc-cdi/f.yaml"), message);
    }
  }

  private static String edits(String edits) {
    return gpu("A=b").replace("{env: [A=b]}", "{" + edits + "}");
  }

  private static final class NoNamespaces implements NetworkNamespaces {
    @Override
    public Path pin(String task, Kind kind) {
      return path(task);
    }

    @Override
    public Path path(String task) {
      return Path.of("/none", task);
    }

    @Override
    public Path users(String task) {
      return Path.of("/no-users", task);
    }

    @Override
    public Path ofNode(Namespace namespace) {
      return Path.of("/no-node", namespace.name());
    }

    @Override
    public void unpin(String task) {}

    @Override
    public List<String> pinned() {
      return List.of();
    }
  }
}
