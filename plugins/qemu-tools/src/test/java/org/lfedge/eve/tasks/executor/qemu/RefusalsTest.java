package org.lfedge.eve.tasks.executor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.View;

/** Each request that cannot be, and what is said to it. */
class RefusalsTest {

  private static GuestRequest disk() {
    return Requests.disk("raw");
  }

  private static GuestRequest program() {
    return Requests.image("/bin/web");
  }

  @Test
  void withoutToolsThereIsNoMachine() {
    assertEquals("TOOLS_MISSING at tools", Refusals.of(disk().withoutTools()));
  }

  @Test
  void theRootMustBeOneThatAMachineCanStartFrom() {
    assertEquals("ROOT_FORMAT_UNSUPPORTED at root.file.format", Refusals.of(Requests.disk("jar")));
    assertEquals("UNSUPPORTED at root", Refusals.of(Requests.of(new Root.Host(false))));
    assertEquals("NO_KERNEL at options.kernel", Refusals.of(Requests.of(new Root.None())));
    assertEquals("NO_COMMAND at command", Refusals.of(Requests.image(new String[0])));
    assertEquals("NO_IMAGE at root.image", Refusals.of(Requests.of(new Root.Image("app", false))));
  }

  @Test
  void thereMustBeAMachineForTheGuest() {
    for (GuestRequest.Image image :
        List.of(
            GuestRequest.Image.of("riscv64", List.of("/a")),
            new GuestRequest.Image(
                "windows",
                "amd64",
                List.of(),
                List.of("/a"),
                List.of(),
                "/",
                Optional.empty(),
                new TreeMap<>()))) {
      assertEquals("WRONG_PLATFORM at root.image", Refusals.of(program().image(image)));
    }
    assertEquals("WRONG_PLATFORM at options.architecture", Refusals.of(disk().node("riscv64")));
    assertEquals(
        "BAD_VALUE at options.architecture",
        Refusals.of(program().option("architecture", "arm64")));
  }

  @Test
  void aMachineHasMemory() {
    assertEquals(
        "MEMORY_TOO_SMALL at resources.memory", Refusals.of(disk().memory((32 << 20) - 1)));
  }

  @ParameterizedTest
  @CsvSource({
    "machine,pc",
    "machine,virt",
    "machine,'q35,accel=kvm'",
    "machine,pc-q35-",
    "cpuModel,''",
    "cpuModel,help me",
    "cpuModel,'max,'",
    "cpuModel,-x",
    "kernel,nosuch",
    "initrd,nosuch",
    "commandLine,quiet",
    "vncPassword,A"
  })
  void aValueThatCannotBeIsRefused(String option, String value) {
    assertEquals("BAD_VALUE at options." + option, Refusals.of(disk().option(option, value)));
  }

  @Test
  void aCommandLineIsOneLineForAKernel() {
    for (String text : List.of("a\nb", "\0", "x".repeat(2048))) {
      assertEquals(
          "BAD_VALUE at options.commandLine",
          Refusals.of(Requests.kernel().option("commandLine", text)));
    }
  }

  @Test
  void aPasswordIsASecret() {
    assertEquals(
        "BAD_VALUE at options.vncPassword",
        Refusals.of(disk().env("A", "hunter2").option("vnc", "unix").option("vncPassword", "A")));
  }

  @Test
  void theVolumesOfAKernelAreItsOwn() {
    assertEquals(
        "BAD_VALUE at options.initrd", Refusals.of(Requests.kernel().option("initrd", "kernel")));
    assertEquals("BAD_VALUE at options.initrd", Refusals.of(disk().volume("initrd", View.FILE)));
    assertEquals(
        "BAD_VALUE at options.kernel",
        Refusals.of(disk().diskVolume("boot", "raw").option("kernel", "boot")));
  }

  @Test
  void anArm64GuestHasNoBios() {
    assertEquals(
        "BAD_VALUE at options.firmware",
        Refusals.of(disk().option("architecture", "arm64").option("firmware", "bios")));
  }

  @ParameterizedTest
  @CsvSource({"sockets,0", "cores,-1", "threads,129", "cores,9223372036854775807"})
  void countsHaveARange(String option, long value) {
    assertEquals("BAD_VALUE at options." + option, Refusals.of(disk().option(option, value)));
  }

  @Test
  void anEmulatedCoreHasOneThread() {
    assertEquals("BAD_VALUE at options.threads", Refusals.of(disk().option("threads", 2)));
  }

  @Test
  void thereAreNumbersForSoManyCpus() {
    assertEquals("TOO_MANY_CPUS at options.cores", Refusals.of(disk().milliCpus(128_001)));
    // 33 x 2 x 3 numbers, of which each third thread has none
    assertEquals(
        "TOO_MANY_CPUS at options.cores",
        Refusals.of(disk().option("sockets", 33).option("cores", 1).option("threads", 3)));
  }

  @ParameterizedTest
  @CsvSource({"kernel,a", "initrd,a", "commandLine,a", "firmware,uefi", "agent,true"})
  void aProgramHasNoSystemOfItsOwn(String option, String value) {
    assertEquals(
        "OPTION_NOT_USABLE at options." + option,
        Refusals.of(program().option(option, option.equals("agent") ? Boolean.TRUE : value)));
  }

  @Test
  void aProgramIsRefusedAsInAContainer() {
    assertEquals(
        "MALFORMED_PROGRAM at root", Refusals.of(Requests.image("/bin/web", "nul\0inside")));
    GuestRequest.Image odd =
        new GuestRequest.Image(
            "linux",
            "amd64",
            List.of("/a"),
            List.of(),
            List.of("novalue"),
            "/",
            Optional.of("SIGNONSENSE"),
            new TreeMap<>());
    assertEquals("UNKNOWN_STOP_SIGNAL at root", Refusals.of(program().image(odd)));
    assertEquals("MALFORMED_PROGRAM at root", Refusals.of(Requests.image("x".repeat(1 << 20))));
  }

  @Test
  void eachVolumeHasAUse() {
    assertEquals(
        "VOLUME_WITHOUT_TARGET at volumes[1]",
        Refusals.of(
            program()
                .volume("a", View.FILESYSTEM)
                .volume("b", Optional.empty(), Optional.empty(), false, View.FILESYSTEM)));
    assertEquals(
        "VOLUME_NOT_USABLE at volumes[0]",
        Refusals.of(program().volume("c", Optional.empty(), Optional.empty(), true, View.ISO9660)));
    assertEquals("VOLUME_NOT_USABLE at volumes[0]", Refusals.of(disk().volume("file", View.FILE)));
    assertEquals("VOLUME_NOT_USABLE at volumes[0]", Refusals.of(disk().diskVolume("d", "vdi")));
  }

  @Test
  void aMachineHasSoManyDevices() {
    GuestRequest links = disk();
    for (int i = 0; i <= 64; i++) {
      links.link("eth" + i, "02:16:3e:00:00:01", 1500);
    }
    assertEquals("TOO_MANY_DEVICES at interfaces[64]", Refusals.of(links));
    GuestRequest disks = disk();
    for (int i = 0; i < 144; i++) {
      disks.diskVolume("d" + i, "raw");
    }
    assertEquals("TOO_MANY_DEVICES at volumes[143]", Refusals.of(disks));
    GuestRequest cds = disk();
    for (int i = 0; i < 7; i++) {
      cds.diskVolume("d" + i, "iso");
    }
    assertEquals("TOO_MANY_DEVICES at volumes[6]", Refusals.of(cds));
  }

  @Test
  void aDeviceIsOneThatAGuestCanHave() {
    record Case(DeviceRequest device, String path) {}
    for (Case one :
        List.of(
            new Case(new DeviceRequest.Node("/dev/fuse", "rw"), "path"),
            new Case(new DeviceRequest.Node("/dev/kvm", "rw"), "path"),
            new Case(new DeviceRequest.Node("/dev/tty0", "rw"), "path"),
            new Case(new DeviceRequest.Node("/dev/ttyS0", "r"), "access"),
            new Case(new DeviceRequest.Cdi("vendor.com/gpu=0"), "cdi"),
            new Case(new DeviceRequest.Nic("eth1"), "nic"))) {
      assertEquals(
          "DEVICE_NOT_USABLE at devices[1]." + one.path(),
          Refusals.of(disk().devices(new DeviceRequest.Usb("1-1"), one.device())));
    }
  }
}
