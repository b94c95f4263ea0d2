package org.lfedge.eve.tasks.executor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/** What each form of a machine looks like. */
class QemuExecutorTest {

  /** The program of the first step of a stop. */
  static List<String> stopped(Seed seed) {
    assertEquals(Duration.ofSeconds(30), seed.stop().steps().get(0).grace());
    assertEquals(new StopStep.Signal("SIGTERM", Duration.ofSeconds(5)), seed.stop().steps().get(1));
    return ((StopStep.Exec) seed.stop().steps().get(0)).args();
  }

  private static Optional<ExitRule.FileMatch> reason(String reason) {
    return Optional.of(new ExitRule.FileMatch("qmp.out", "\"reason\": \"" + reason + "\""));
  }

  @Test
  void itIsFoundAsAService() {
    assertTrue(
        ServiceLoader.load(Executor.class).stream()
            .anyMatch(provider -> provider.type() == QemuExecutor.class));
  }

  @Test
  void theAnchorIsQemuInTheRootOfTheTools() throws SeedException {
    Seed seed = Requests.disk("raw").seed();
    assertEquals(Base.TOOLS, seed.base());
    assertTrue(seed.readOnly());
    assertEquals(User.ROOT, seed.process().user());
    assertEquals("/usr/bin/qemu-system-x86_64", Argv.of(seed).program());
    assertEquals(
        List.of("/usr/lib/taskmanager/console", "/run/task/console"), seed.console().get());
    assertEquals(
        Optional.of(new Measurement.AllBut(QemuTax.GUEST_MEMORY)), seed.tax().measurement());
    assertTrue(
        seed.mounts()
            .contains(
                new Mount(
                    new Source.RuntimeDirectory(QemuTax.RUNTIME_DIRECTORY), "/run/task", false)));
    Argv argv = Argv.of(seed);
    assertEquals(
        List.of(
            List.of("--fifo", "/run/task/qmp.in"),
            List.of("--file", "/run/task/qmp.out", ""),
            List.of("--say", "/run/task/qmp.in", "{\"execute\":\"qmp_capabilities\"}")),
        argv.launcher());
    assertEquals("on", argv.options("-sandbox").get(0).get(""));
    assertEquals("qemu", argv.one("-runas"));
    assertEquals(GuestRequest.TASK.toString(), argv.one("-uuid"));
  }

  @Test
  void aDiskIsWhatTheGuestStartsFrom() throws SeedException {
    Seed seed = Requests.disk("qcow2").seed();
    assertTrue(
        seed.mounts().contains(new Mount(new Source.OfRoot(View.BLOCK), "/guest/root", false)));
    Argv argv = Argv.of(seed);
    JsonNode disk = argv.json("-blockdev").get(0);
    assertEquals("qcow2", disk.get("driver").textValue());
    assertTrue(disk.get("backing").isNull());
    assertTrue(disk.at("/cache/direct").booleanValue());
    JsonNode device = argv.devices("virtio-blk-pci").get(0);
    assertEquals("root", device.get("serial").textValue());
    assertEquals(1, device.get("bootindex").intValue());
    assertEquals(List.of(), argv.all("-kernel"));
    assertEquals(
        List.of(
            "/usr/lib/taskmanager/tell", "/run/task/qmp.in", "{\"execute\":\"system_powerdown\"}"),
        stopped(seed));
    assertEquals(
        List.of(
            new ExitRule.Meaning(
                OptionalInt.empty(),
                reason("guest-panic"),
                ExitRule.Outcome.CRASH,
                "the guest's kernel panicked"),
            new ExitRule.Meaning(
                OptionalInt.empty(),
                reason("host-signal"),
                ExitRule.Outcome.FAILURE,
                "the guest was switched off, since it did not power off by itself"),
            new ExitRule.Meaning(
                OptionalInt.empty(),
                reason("guest-reset"),
                ExitRule.Outcome.REBOOT,
                "the guest rebooted"),
            new ExitRule.Meaning(
                OptionalInt.empty(),
                reason("guest-shutdown"),
                ExitRule.Outcome.SUCCESS,
                "the guest powered off")),
        seed.exits());
  }

  @Test
  void aDiskWithoutAFormatOfItsOwnIsNotLookedInto() throws SeedException {
    QemuExecutor executor = new QemuExecutor();
    assertEquals(List.of(), executor.facts(Requests.disk("raw"), List.of()));
    assertEquals(List.of(), executor.facts(Requests.disk("iso"), List.of()));
    assertEquals(
        List.of(
            new FactQuery.DiskImage(Optional.empty()),
            new FactQuery.DiskImage(Optional.of("more"))),
        executor.facts(
            Requests.disk("vmdk").diskVolume("raw", "raw").diskVolume("more", "vhdx"), List.of()));
  }

  @Test
  void aDiskThatSaysNothingOrTooMuchIsRefused() {
    assertEquals(
        "DISK_NOT_READABLE at root",
        Refusals.of(Requests.disk("qcow2").diskBytes(Optional.empty())));
    for (String bytes : List.of("1125899906842625", "9".repeat(40))) {
      assertEquals(
          "DISK_TOO_LARGE at volumes[0]",
          Refusals.of(Requests.disk("raw").diskVolume("a", "vmdk").diskBytes(Optional.of(bytes))));
    }
  }

  @Test
  void theTablesOfADiskAreBounded() throws SeedException {
    Map<String, Long> tables =
        Map.of("1", 1L, "8589934592", 1L, "8589942784", 2L, "1099511627776", 8L);
    for (Map.Entry<String, Long> of : tables.entrySet()) {
      Seed seed = Requests.disk("qcow2").diskBytes(Optional.of(of.getKey())).seed();
      assertEquals(
          of.getValue() << 20,
          Argv.of(seed).json("-blockdev").get(0).get("l2-cache-size").longValue());
    }
  }

  @Test
  void theCacheOfTheNodeIsUsedOnRequest() throws SeedException {
    Argv argv = Argv.of(Requests.disk("raw").option("cache", "writeback").seed());
    assertFalse(argv.json("-blockdev").get(0).at("/cache/direct").booleanValue());
    assertFalse(argv.json("-blockdev").get(0).at("/file/cache/direct").booleanValue());
  }

  @Test
  void aCdIsReadOnlyAndNoDisk() throws SeedException {
    Seed seed = Requests.disk("iso").seed();
    assertTrue(
        seed.mounts().contains(new Mount(new Source.OfRoot(View.BLOCK), "/guest/root", true)));
    Argv argv = Argv.of(seed);
    assertEquals(1, argv.devices("ide-cd").get(0).get("bootindex").intValue());
    assertEquals("on", argv.options("-machine").get(0).get("sata"));
    Argv arm = Argv.of(Requests.disk("iso").option("architecture", "arm64").seed());
    assertEquals("scsi0.0", arm.devices("scsi-cd").get(0).get("bus").textValue());
  }

  @Test
  void uefiKeepsItsVariables() throws SeedException {
    Seed seed = Requests.disk("raw").option("firmware", "uefi").seed();
    Argv argv = Argv.of(seed);
    assertTrue(
        argv.launcher()
            .contains(
                List.of("--copy", "/usr/share/OVMF/OVMF_VARS_4M.fd", "/var/lib/task/variables")));
    assertEquals("firmware", argv.options("-machine").get(0).get("pflash0"));
    assertEquals("variables", argv.options("-machine").get(0).get("pflash1"));
    assertEquals(
        List.of(true, false, false),
        argv.json("-blockdev").stream().map(b -> b.get("read-only").booleanValue()).toList());
    assertEquals(1, seed.mounts().stream().filter(m -> m.source() instanceof Source.State).count());
  }

  @Test
  void anArm64GuestStartsFromADiskByUefiAlone() throws SeedException {
    Seed seed = Requests.disk("raw").option("architecture", "arm64").seed();
    Argv argv = Argv.of(seed);
    assertEquals("/usr/bin/qemu-system-aarch64", argv.program());
    assertTrue(
        argv.launcher()
            .contains(
                List.of("--copy", "/usr/share/AAVMF/AAVMF_VARS.qcow2", "/var/lib/task/variables")));
    assertEquals("cortex-a72", argv.one("-cpu"));
    assertEquals("/usr/share/AAVMF/QEMU_EFI.fd", argv.one("-bios"));
    assertTrue(argv.json("-blockdev").get(0).get("backing").isNull());
    // The image of its variables, of 64 MiB, is held in memory as a whole.
    assertTrue(
        seed.tax().parts().stream()
            .anyMatch(part -> part.name().equals("firmware") && part.bytes() >= 66 << 20));
    assertEquals(
        List.of(),
        Argv.of(Requests.kernel().option("architecture", "arm64").seed()).json("-blockdev"));
  }

  @Test
  void aTpmIsACompanionWithAState() throws SeedException {
    Seed seed = Requests.disk("raw").option("tpm", true).seed();
    Argv argv = Argv.of(seed);
    assertTrue(argv.launcher().contains(List.of("--swtpm", "/run/task/tpm", "/var/lib/task")));
    assertEquals("tpm", argv.devices("tpm-tis").get(0).get("tpmdev").textValue());
    assertTrue(
        seed.mounts()
            .contains(new Mount(new Source.State("guest", 16 << 20), "/var/lib/task", false)));
  }

  @Test
  void aKernelStartsWithoutALoader() throws SeedException {
    Seed seed =
        Requests.of(new Root.None())
            .volume("boot", View.FILE)
            .volume("ram", View.FILE)
            .option("kernel", "boot")
            .option("initrd", "ram")
            .option("commandLine", "console=ttyS0 a='b,c'")
            .seed();
    Argv argv = Argv.of(seed);
    assertEquals("/guest/volumes/boot", argv.one("-kernel"));
    assertEquals("/guest/volumes/ram", argv.one("-initrd"));
    assertEquals("console=ttyS0 a='b,c'", argv.one("-append"));
    assertTrue(
        seed.mounts()
            .contains(
                new Mount(new Source.OfVolume("boot", View.FILE), "/guest/volumes/boot", true)));
    assertEquals("console=ttyS0", Argv.of(Requests.kernel().seed()).one("-append"));
    assertEquals(
        "console=ttyAMA0",
        Argv.of(Requests.kernel().option("architecture", "arm64").seed()).one("-append"));
  }

  @Test
  void aKernelMayHaveADiskAsItsRoot() throws SeedException {
    Argv argv =
        Argv.of(
            Requests.disk("raw").volume("kernel", View.FILE).volume("initrd", View.FILE).seed());
    assertEquals("/guest/volumes/kernel", argv.one("-kernel"));
    assertEquals(1, argv.devices("virtio-blk-pci").size());
  }

  @Test
  void aGuestOfItsOwnMountsDirectoriesItself() throws SeedException {
    Seed seed =
        Requests.disk("raw")
            .volume("data", View.FILESYSTEM)
            .volume("init-data", Optional.empty(), Optional.empty(), true, View.ISO9660)
            .seed();
    Argv argv = Argv.of(seed);
    assertEquals(1, argv.devices("vhost-user-fs-pci").size());
    assertEquals(List.of(), seed.files());
    assertTrue(
        seed.mounts()
            .contains(
                new Mount(
                    new Source.OfVolume("init-data", View.ISO9660),
                    "/guest/volumes/init-data",
                    true)));
    assertEquals(
        List.of("root", "init-data"),
        argv.devices("virtio-blk-pci").stream().map(d -> d.get("serial").textValue()).toList());
  }

  @Test
  void interfacesAreTapsThatTheCoreMakes() throws SeedException {
    Seed seed =
        Requests.disk("raw")
            .link("tap0", "02:16:3e:00:00:01", 9000)
            .link("eth0", "02:16:3e:00:00:02", 1500)
            .seed();
    assertEquals(
        List.of(
            new Attachment("tap0", "tap1", 0, Join.REDIRECT),
            new Attachment("eth0", "tap2", 0, Join.REDIRECT)),
        seed.attachments());
    assertEquals(List.of(new DeviceRequest.Node("/dev/net/tun", "rw")), seed.devices());
    JsonNode net = Argv.of(seed).json("-netdev").get(0);
    assertEquals("no", net.get("script").textValue());
    assertFalse(net.get("vhost").booleanValue());
    JsonNode card = Argv.of(seed).devices("virtio-net-pci").get(0);
    assertEquals(9000, card.get("host_mtu").intValue());
  }

  @Test
  void kvmIsUsedWhereItWorksAndFitsTheGuest() throws SeedException {
    Seed seed = Requests.disk("raw").kvm().seed();
    assertEquals(List.of(new DeviceRequest.Node("/dev/kvm", "rw")), seed.devices());
    assertEquals("kvm", Argv.of(seed).one("-accel"));
    assertEquals("host", Argv.of(seed).one("-cpu"));
    for (GuestRequest emulated :
        List.of(Requests.disk("raw"), Requests.disk("raw").option("architecture", "arm64").kvm())) {
      Argv argv = Argv.of(emulated.seed());
      assertEquals("tcg", argv.options("-accel").get(0).get(""));
      assertEquals("80", argv.options("-accel").get(0).get("tb-size"));
      assertEquals(List.of(), emulated.seed().devices());
    }
    assertEquals(
        "host",
        Argv.of(Requests.disk("raw").node("arm64").kvm().seed())
            .options("-machine")
            .get(0)
            .get("gic-version"));
  }

  @Test
  void devicesOfTheNodeAreHandedOn() throws SeedException {
    DeviceRequest[] devices = {
      new DeviceRequest.Pci("0000:03:00.1"),
      new DeviceRequest.Usb("1-2.4"),
      new DeviceRequest.Node("/dev/ttyUSB0", "rw")
    };
    Seed seed = Requests.disk("raw").devices(devices).seed();
    assertEquals(List.of(devices), seed.devices());
    Argv argv = Argv.of(seed);
    JsonNode port = argv.devices("pcie-root-port").get(0);
    JsonNode card = argv.devices("vfio-pci").get(0);
    assertEquals("0000:03:00.1", card.get("host").textValue());
    assertEquals(port.get("id"), card.get("bus"));
    JsonNode usb = argv.devices("usb-host").get(0);
    assertEquals(1, usb.get("hostbus").intValue());
    assertEquals("2.4", usb.get("hostport").textValue());
    assertEquals("serial0", argv.devices("pci-serial").get(0).get("chardev").textValue());
    assertEquals(List.of(), argv.devices("virtio-balloon-pci"));
  }

  @Test
  void theScreenIsShownWithoutAPasswordOnTheCommandLine() throws SeedException {
    Argv open = Argv.of(Requests.disk("raw").option("vnc", "unix").seed());
    assertEquals("unix:/run/task/vnc", open.one("-vnc"));
    Argv closed =
        Argv.of(
            Requests.disk("raw")
                .env("SCREEN", "/run/secrets/SCREEN")
                .option("vnc", "loopback")
                .option("vncPassword", "SCREEN")
                .seed());
    assertEquals("127.0.0.1:0,password-secret=vnc", closed.one("-vnc"));
    assertTrue(
        closed.json("-object").stream()
            .anyMatch(object -> object.path("file").asText().equals("/run/secrets/SCREEN")));
    assertEquals(1, open.devices("VGA").size());
    assertEquals(List.of(), Argv.of(Requests.disk("raw").seed()).devices("VGA"));
  }

  @Test
  void anAgentIsAskedToPowerOff() throws SeedException {
    Seed seed = Requests.disk("raw").option("agent", true).seed();
    assertEquals(
        "org.qemu.guest_agent.0",
        Argv.of(seed).devices("virtserialport").get(0).get("name").textValue());
    assertEquals(
        List.of(
            "/usr/lib/taskmanager/tell",
            "/run/task/agent.in",
            "{\"execute\":\"guest-shutdown\",\"arguments\":{\"mode\":\"powerdown\"}}"),
        stopped(seed));
  }

  @Test
  void cpusAreWhatTheTaskAskedForRoundedUp() throws SeedException {
    assertEquals(
        "cpus=3,sockets=1,cores=3,threads=1",
        Argv.of(Requests.disk("raw").milliCpus(2001).seed()).one("-smp"));
    assertEquals(
        "cpus=4,sockets=2,cores=2,threads=1",
        Argv.of(Requests.disk("raw").milliCpus(3500).option("sockets", 2).seed()).one("-smp"));
    assertEquals(
        "cpus=12,sockets=2,cores=3,threads=2",
        Argv.of(
                Requests.disk("raw")
                    .option("cpuModel", "Nehalem")
                    .option("sockets", 2)
                    .option("cores", 3)
                    .option("threads", 2)
                    .seed())
            .one("-smp"));
  }
}
