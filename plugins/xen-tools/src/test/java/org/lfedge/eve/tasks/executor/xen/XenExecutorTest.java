package org.lfedge.eve.tasks.executor.xen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.View;

class XenExecutorTest {

  private static final String TASK = GuestRequest.TASK.toString();

  @Test
  void aProgramRunsUnderTheKernelOfTheTools() throws SeedException {
    Seed seed =
        Requests.image("/bin/web", "it's")
            .volume("data", View.FILESYSTEM)
            .diskVolume("disk", "qcow2")
            .link("eth0", "02:16:3e:00:00:01", 1400, "10.0.0.5/24")
            .env("TOKEN", "/run/secrets/TOKEN")
            .milliCpus(1500)
            .memory(256 << 20)
            .seed();
    assertEquals(
        """
        name = "vm-1.example"
        type = "pvh"
        uuid = "%s"
        kernel = "/usr/lib/taskmanager/guest/vmlinuz"
        ramdisk = "/usr/lib/taskmanager/guest/initrd"
        memory = 256
        vcpus = 2
        cap = 150
        extra = "console=hvc0 quiet loglevel=1 panic=-1"
        disk = ["format=qcow2,vdev=xvda,access=rw,backendtype=qdisk,target=/guest/volumes/disk"]
        p9 = ["tag=share,security_model=none,path=/share", "tag=root,security_model=none,path=/share/root"]
        vif = ["mac=02:16:3e:00:00:01,bridge=domain0,script=vif-task,type=vif"]
        on_poweroff = "destroy"
        on_reboot = "destroy"
        on_crash = "destroy"
        on_watchdog = "destroy"
        on_soft_reset = "destroy"
        """
            .formatted(TASK),
        Requests.text(seed));
    assertEquals(
        List.of(
            "/usr/lib/taskmanager/launch",
            "--copy",
            "/run/secrets/TOKEN",
            "/share/volumes/_secrets/TOKEN",
            "/etc/xen/domain.cfg"),
        seed.process().args());
    String script = "";
    for (SeedFile file : seed.files()) {
      if (file.target().equals("/share/task/start")) {
        script = new String(file.content(), StandardCharsets.UTF_8);
      }
    }
    assertTrue(script.startsWith("hostname 'vm-1.example'\n"), script);
    assertTrue(script.contains("volume 'data' '/data' 'rw'\n"), script);
    assertTrue(script.contains("'/bin/web' 'it'\\''s'"), script);
    assertEquals(new ExitRule.CodeIn("exit"), seed.exits().get(0));
  }

  @Test
  void aDiskIsAPcWhereThereCanBeOne() throws SeedException {
    Map<String, Object> config = Requests.config(Requests.disk("raw"));
    assertEquals("hvm", config.get("type"));
    assertEquals("dc", config.get("boot"));
    assertEquals(List.of("pty"), config.get("serial"));
    assertFalse(config.containsKey("kernel"));
    Map<String, Object> without =
        Requests.config(Requests.disk("raw").hypervisor("xen", "4.17.7", "pv"));
    assertEquals("pv", without.get("type"));
    assertEquals("/usr/lib/grub-xen/grub-x86_64-xen.bin", without.get("kernel"));
    assertFalse(without.containsKey("extra"));
  }

  @Test
  void aCdIsADriveOfAPc() throws SeedException {
    Map<String, Object> config = Requests.config(Requests.disk("iso"));
    assertEquals(
        List.of(
            "format=raw,vdev=xvda,access=ro,backendtype=qdisk,devtype=cdrom,target=/guest/root"),
        config.get("disk"));
  }

  /** For QEMU, which serves nothing else that is read-only. */
  @Test
  void aDiskThatIsReadOnlyIsACd() throws SeedException {
    List<?> disks = (List<?>) Requests.config(reading(Requests.disk("raw"), "pv")).get("disk");
    assertEquals(
        "format=raw,vdev=xvdb,access=ro,backendtype=qdisk,devtype=cdrom,target=/guest/volumes/seed",
        disks.get(1));
    assertEquals(
        "DISK_NOT_USABLE at volumes[0]", Requests.refusal(reading(Requests.disk("raw"), "pvh")));
    assertEquals("pv", Requests.config(reading(Requests.kernel())).get("type"));
    assertEquals("pvh", Requests.config(Requests.kernel()).get("type"));
    GuestRequest many = Requests.disk("raw").option("type", "hvm");
    for (int i = 0; i < 3; i++) {
      many = many.diskVolume("disk-" + i, "raw");
    }
    assertEquals("DISK_NOT_USABLE at volumes[3]", Requests.refusal(reading(many)));
  }

  private static GuestRequest reading(GuestRequest request, String type) {
    return reading(request.option("type", type));
  }

  private static GuestRequest reading(GuestRequest request) {
    return request.volume("seed", Optional.empty(), Optional.of("raw"), true, View.BLOCK);
  }

  @Test
  void aScreenIsShownOnASocketOrALoopbackPort() throws SeedException {
    Map<String, Object> pc = Requests.config(screen(Requests.disk("raw"), "unix"));
    assertEquals("unix:/run/task/vnc", pc.get("vnclisten"));
    assertEquals(0L, pc.get("vncunused"));
    Map<String, Object> guest = Requests.config(screen(Requests.kernel(), "loopback"));
    assertEquals(List.of("vnc=1,vnclisten=127.0.0.1,vncunused=0,vncdisplay=0"), guest.get("vfb"));
  }

  private static GuestRequest screen(GuestRequest request, String where) {
    return request.option("vnc", where);
  }

  @Test
  void devicesOfTheNodeAreHandedOn() throws SeedException {
    Map<String, Object> config =
        Requests.config(
            Requests.disk("raw")
                .devices(
                    new DeviceRequest.Pci("0000:03:00.0"),
                    new DeviceRequest.Usb("1-2.4"),
                    new DeviceRequest.Node("/dev/ttyS1", "rw")));
    assertEquals(List.of("0000:03:00.0"), config.get("pci"));
    assertEquals(List.of("pty", "/dev/ttyS1"), config.get("serial"));
    assertEquals(
        List.of(
            "-device",
            "qemu-xhci,id=task",
            "-device",
            "usb-host,bus=task.0,hostbus=1,hostport=2.4"),
        config.get("device_model_args_hvm"));
  }

  /** Whatever else it has: that comes once xl has given back what it took for the kernel. */
  @Test
  void xlHasRoomForAKernelThatItUnpacks() throws SeedException {
    long least = XenTax.XL + XenTax.KERNEL + XenTax.RUN + XenTax.RUNTIME_DIRECTORY;
    assertEquals(least, Requests.kernel().seed().tax().bytes(Pool.CGROUP));
    assertEquals(
        least, Requests.kernel().option("vnc", "unix").seed().tax().bytes(Pool.CGROUP), "no more");
    assertTrue(Requests.image("/app").seed().tax().bytes(Pool.CGROUP) >= least);
    // QEMU loads the kernel of a PC, and GRUB in the guest that of a disk.
    assertFalse(hasPart(Requests.kernel().option("type", "hvm"), "kernel"));
    assertFalse(hasPart(Requests.disk("raw").option("type", "pv"), "kernel"));
  }

  private static boolean hasPart(GuestRequest request, String name) throws SeedException {
    return request.seed().tax().parts().stream().anyMatch(part -> part.name().equals(name));
  }

  @Test
  void aStopAsksThenDestroys() throws SeedException {
    Seed seed = Requests.kernel().seed();
    assertEquals(
        List.of(
            List.of("/usr/lib/taskmanager/stop", "shutdown", TASK),
            List.of("/usr/lib/taskmanager/stop", "destroy", TASK)),
        seed.stop().steps().stream().map(step -> ((StopStep.Exec) step).args()).toList());
    assertEquals(List.of("/usr/lib/taskmanager/cleanup", TASK), seed.cleanup().orElseThrow());
  }

  @Test
  void noMorePrivilegesAreAskedForThanItTakes() throws SeedException {
    assertFalse(
        Requests.kernel().seed().process().capabilities().orElseThrow().contains("CAP_SYS_ADMIN"));
    assertTrue(
        Requests.kernel().seed().mounts().stream()
            .noneMatch(m -> m.target().equals("/run/node/net")));
    Seed connected = Requests.kernel().link("eth0", "02:16:3e:00:00:01", 1500).seed();
    assertTrue(
        connected
            .process()
            .capabilities()
            .orElseThrow()
            .containsAll(List.of("CAP_SYS_ADMIN", "CAP_NET_ADMIN")));
  }

  @Test
  void namesOfDisksGoOnAfterTheAlphabet() {
    assertEquals(
        List.of("xvda", "xvdz", "xvdaa", "xvdaz", "xvdba"),
        List.of(0, 25, 26, 51, 52).stream().map(DomainConfig::disk).toList());
  }

  @Test
  void aNodeWithoutXenIsTold() {
    GuestRequest request = GuestRequest.kernel(new XenExecutor());
    assertEquals("NO_XEN at executor", Requests.refusal(request));
    assertEquals("NO_XEN at executor", Requests.refusal(request.hypervisor("other", "1.0", "pv")));
  }

  @Test
  void toolsForAnotherXenAreRefused() {
    String label = "org.lfedge.eve.tasks.xen.version";
    assertEquals("none", Requests.refusal(Requests.kernel().toolsLabel(label, "4.17")));
    assertEquals(
        "TOOLS_FOR_OTHER_XEN at tools",
        Requests.refusal(Requests.kernel().toolsLabel(label, "4.1")));
    assertEquals("TOOLS_MISSING at tools", Requests.refusal(Requests.kernel().withoutTools()));
  }

  @Test
  void whatCannotBeIsRefusedAtItsPlace() {
    assertEquals(
        "BAD_VALUE at options.type", Requests.refusal(Requests.disk("iso").option("type", "pv")));
    assertEquals(
        "BAD_VALUE at options.type",
        Requests.refusal(
            Requests.kernel().hypervisor("xen", "4.17.7", "pv").option("type", "hvm")));
    assertEquals(
        "BAD_VALUE at options.type",
        Requests.refusal(Requests.kernel().devices(new DeviceRequest.Pci("0000:03:00.0"))));
    assertEquals(
        "BAD_VALUE at options.cpus", Requests.refusal(Requests.kernel().option("cpus", "all")));
    assertEquals(
        "BAD_VALUE at options.maxMemoryMib",
        Requests.refusal(Requests.kernel().option("maxMemoryMib", 64)));
    assertEquals(
        "ROOT_FORMAT_UNSUPPORTED at root.file.format", Requests.refusal(Requests.disk("vmdk")));
    assertEquals(
        "OPTION_NOT_USABLE at options.kernel",
        Requests.refusal(
            Requests.image("/bin/sh").option("kernel", "data").volume("data", View.FILE)));
    assertEquals("NO_KERNEL at options.kernel", Requests.refusal(Requests.of(new Root.None())));
    assertEquals(
        "DEVICE_NOT_USABLE at devices[0].usb",
        Requests.refusal(
            Requests.disk("raw").option("type", "pv").devices(new DeviceRequest.Usb("1-1"))));
    assertEquals(
        "MEMORY_TOO_SMALL at resources.memory",
        Requests.refusal(Requests.kernel().memory(1 << 20)));
    assertEquals(
        "WRONG_PLATFORM at root.image",
        Requests.refusal(
            Requests.image("/bin/sh").image(GuestRequest.Image.of("arm64", List.of("/bin/sh")))));
  }
}
