package org.lfedge.eve.tasks.executor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.guest.GuestVolumes;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** What holds for every machine. */
class MachinesTest {

  private static final long GIB = 1L << 30;

  @Property
  void theContractIsKept(@ForAll long seed) {
    assertEquals(List.of(), Contract.check(QemuExecutor::new, SampleMachines.any(seed)));
  }

  @Property
  void noTwoDevicesAreAtOneAddress(@ForAll long seed) throws SeedException {
    List<JsonNode> devices =
        Argv.of(SampleMachines.any(seed).seed()).json("-device").stream()
            .filter(device -> device.has("addr"))
            .toList();
    Set<String> addresses = new HashSet<>();
    for (JsonNode device : devices) {
      String address = device.get("addr").textValue();
      assertEquals("pcie.0", device.get("bus").textValue());
      assertTrue(addresses.add(address), "twice: " + address);
      // The others of a slot are not looked for if its first function is missing.
      assertTrue(addresses.contains(address.replaceAll("\\..*", ".0")), "first of " + address);
      int slot = Integer.parseInt(address.replaceAll("\\..*", ""), 16);
      assertTrue(slot >= 1 && slot <= 30, address);
    }
  }

  @Property
  void eachDiskIsThereOnceAndInOrder(@ForAll long seed) throws SeedException {
    GuestRequest request = SampleMachines.any(seed);
    Seed made = request.seed();
    Argv argv = Argv.of(made);
    List<String> expected = new ArrayList<>();
    List<Boolean> readOnly = new ArrayList<>();
    for (Mount mount : made.mounts()) {
      boolean isDisk =
          mount.source() instanceof Source.OfRoot root && root.view() == View.BLOCK
              || mount.source() instanceof Source.OfVolume volume
                  && (volume.view() == View.BLOCK || volume.view() == View.ISO9660);
      if (isDisk) {
        expected.add(mount.target());
        readOnly.add(mount.readOnly());
      }
    }
    List<JsonNode> disks =
        argv.json("-blockdev").stream()
            .filter(device -> device.get("node-name").textValue().startsWith("disk"))
            .toList();
    assertEquals(
        expected, disks.stream().map(disk -> disk.at("/file/filename").textValue()).toList());
    assertEquals(
        readOnly, disks.stream().map(disk -> disk.get("read-only").booleanValue()).toList());
    List<String> drives =
        argv.json("-device").stream()
            .filter(device -> device.has("drive"))
            .map(device -> device.get("drive").textValue())
            .toList();
    assertEquals(disks.stream().map(disk -> disk.get("node-name").textValue()).toList(), drives);
    List<String> serials =
        argv.devices("virtio-blk-pci").stream()
            .map(device -> device.get("serial").textValue())
            .toList();
    assertEquals(serials.size(), serials.stream().distinct().count(), "" + serials);
    assertTrue(serials.stream().allMatch(serial -> serial.length() <= 20), "" + serials);
  }

  @Property
  void eachInterfaceIsThereOnceAndInOrder(@ForAll long seed) throws SeedException {
    GuestRequest request = SampleMachines.any(seed);
    Seed made = request.seed();
    Argv argv = Argv.of(made);
    List<JsonNode> cards = argv.devices("virtio-net-pci");
    assertEquals(
        request.interfaces().stream().map(NetworkInterface::mac).toList(),
        cards.stream().map(card -> card.get("mac").textValue()).toList());
    assertEquals(
        request.interfaces().stream().map(NetworkInterface::mtu).toList(),
        cards.stream().map(card -> card.path("host_mtu").asInt(1500)).toList());
    assertEquals(
        request.interfaces().stream().map(NetworkInterface::name).toList(),
        made.attachments().stream().map(Attachment::interfaceName).toList());
    Map<String, String> taps = new HashMap<>();
    argv.json("-netdev")
        .forEach(net -> taps.put(net.get("id").textValue(), net.get("ifname").textValue()));
    assertEquals(
        made.attachments().stream().map(Attachment::tapName).toList(),
        cards.stream().map(card -> taps.get(card.get("netdev").textValue())).toList());
  }

  @Property
  void textsOfTheDocumentReachTheMachineAsTheyAre(@ForAll long seed) throws SeedException {
    GuestRequest request = SampleMachines.any(seed);
    Seed made = request.seed();
    Argv argv = Argv.of(made);
    assertEquals(
        Map.of("guest", request.name()), argv.options("-name").get(0), "name of the machine");
    request
        .options()
        .string("commandLine")
        .ifPresent(text -> assertEquals(text, argv.one("-append")));
    List<String> ports =
        request.devices().stream()
            .filter(DeviceRequest.Node.class::isInstance)
            .map(device -> ((DeviceRequest.Node) device).path())
            .toList();
    assertEquals(
        ports,
        argv.options("-chardev").stream()
            .filter(options -> options.get("").equals("serial"))
            .map(options -> options.get("path"))
            .toList());
  }

  /** What is on the command line belongs to something that is there. */
  @Property
  void whatIsReferredToIsThere(@ForAll long seed) throws SeedException {
    Seed made = SampleMachines.any(seed).seed();
    Argv argv = Argv.of(made);
    Set<String> chardevs = new HashSet<>();
    argv.options("-chardev")
        .forEach(options -> assertTrue(chardevs.add(options.get("id")), "" + options));
    argv.json("-device").stream()
        .filter(device -> device.has("chardev"))
        .forEach(
            device ->
                assertTrue(chardevs.contains(device.get("chardev").textValue()), "" + device));
    List<String> places = new ArrayList<>();
    made.mounts().forEach(mount -> places.add(mount.target()));
    made.files().stream().map(SeedFile::target).forEach(places::add);
    List<String> files = new ArrayList<>();
    argv.json("-blockdev").forEach(device -> files.add(device.at("/file/filename").textValue()));
    files.addAll(argv.all("-kernel"));
    files.addAll(argv.all("-initrd"));
    for (List<String> option : argv.launcher()) {
      files.addAll(option.subList(1, option.get(0).equals("--copy") ? 3 : 2));
    }
    for (String file : files) {
      assertTrue(
          file.startsWith("/usr/")
              || file.startsWith("/run/secrets/")
              || places.stream().anyMatch(place -> (file + "/").startsWith(place + "/")),
          file + " is not in " + places);
    }
  }

  @Property
  void theMemoryOfTheGuestIsWhatTheTaskAskedFor(@ForAll long seed) throws SeedException {
    GuestRequest request = SampleMachines.any(seed);
    Argv argv = Argv.of(request.seed());
    long asked = request.resources().memoryBytes();
    JsonNode ram = argv.json("-object").stream().filter(o -> o.has("size")).findFirst().get();
    long bytes = ram.get("size").longValue();
    assertTrue(bytes <= asked && bytes > asked - (1 << 20), bytes + " of " + asked);
    assertEquals((bytes >> 20) + "M", argv.options("-m").get(0).get("size"));
    Map<String, String> cpus = argv.options("-smp").get(0);
    assertEquals(
        Integer.parseInt(cpus.get("cpus")),
        Integer.parseInt(cpus.get("sockets"))
            * Integer.parseInt(cpus.get("cores"))
            * Integer.parseInt(cpus.get("threads")));
  }

  private static long tax(GuestRequest request) throws SeedException {
    return request.seed().tax().bytes(Pool.CGROUP);
  }

  @Property
  void theTaxGrowsWithMemoryAndCpus(@ForAll long seed) throws SeedException {
    long before = tax(SampleMachines.any(seed));
    GuestRequest more = SampleMachines.any(seed);
    more.memory(more.resources().memoryBytes() + GIB);
    assertTrue(tax(more) > before);
    GuestRequest faster = SampleMachines.any(seed);
    faster.milliCpus(1).option("cores", 1).option("sockets", 1).option("threads", 1);
    long one = tax(faster);
    assertTrue(tax(faster.option("cores", 2)) > one);
  }

  @Property
  void theTaxGrowsWithDevices(@ForAll long seed) throws SeedException {
    long before = tax(SampleMachines.any(seed));
    assertTrue(tax(SampleMachines.any(seed).link("more", "02:16:3e:ff:00:01", 1500)) > before);
    assertTrue(tax(SampleMachines.any(seed).diskVolume("more", "raw")) > before);
    assertTrue(tax(SampleMachines.any(seed).volume("more", View.FILESYSTEM)) >= before);
    GuestRequest handedOn = SampleMachines.any(seed);
    List<DeviceRequest> devices = new ArrayList<>(handedOn.devices());
    devices.add(new DeviceRequest.Usb("7-7"));
    assertTrue(tax(handedOn.devices(devices.toArray(new DeviceRequest[0]))) > before);
    assertTrue(tax(SampleMachines.any(seed).option("tpm", true)) >= before);
    assertTrue(tax(SampleMachines.any(seed).option("vnc", "unix")) >= before);
  }

  /** A further disk does not rename the interfaces of a guest, nor the reverse. */
  @Property
  void addressesDoNotDependOnDevicesOfOtherKinds(@ForAll long seed) throws SeedException {
    Argv before = Argv.of(SampleMachines.any(seed).seed());
    Argv withDisk = Argv.of(SampleMachines.any(seed).diskVolume("more", "raw").seed());
    Argv withCard =
        Argv.of(SampleMachines.any(seed).link("more", "02:16:3e:ff:00:01", 1500).seed());
    assertEquals(before.devices("virtio-net-pci"), withDisk.devices("virtio-net-pci"));
    assertEquals(before.devices("virtio-blk-pci"), withCard.devices("virtio-blk-pci"));
  }

  @Property
  void volumesOfAProgramAreMountedParentsFirst(@ForAll long seed) throws SeedException {
    GuestRequest request = SampleMachines.any(seed);
    if (request.root().kind() != Root.Kind.IMAGE && request.root().kind() != Root.Kind.DIRECTORY) {
      return;
    }
    List<String> targets =
        GuestVolumes.of(request, GuestOptions.of(request), QemuExecutor.DISKS).placed().stream()
            .map(GuestVolumes.Placed::target)
            .toList();
    assertEquals(
        request.volumes().stream().map(Volume::target).map(t -> t.orElse("")).sorted().toList(),
        targets);
  }
}
