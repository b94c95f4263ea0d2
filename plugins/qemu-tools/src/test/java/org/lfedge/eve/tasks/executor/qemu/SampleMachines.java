package org.lfedge.eve.tasks.executor.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/** Machines of every form that can be asked for, none of which is refused. */
final class SampleMachines {

  /** What a guest of any architecture starts from. */
  enum Form {
    PROGRAM,
    DISK,
    KERNEL
  }

  private static final List<String> AWKWARD =
      List.of(
          "", " ", "a,b=c", ",,", "-x", "--", "it's", "\"\\$HOME`", "käse", "日本語", "\uD83D\uDE00");

  private final SplittableRandom random;
  private final boolean ofThisNode;

  private SampleMachines(long seed, boolean ofThisNode) {
    this.random = new SplittableRandom(seed);
    this.ofThisNode = ofThisNode;
  }

  /** With devices of nodes that do not exist, KVM, and as many CPUs as there can be. */
  static GuestRequest any(long seed) {
    return new SampleMachines(seed, false).request();
  }

  /** What QEMU can start where the tests run. */
  static GuestRequest emulated(long seed) {
    return new SampleMachines(seed, true).request();
  }

  private GuestRequest request() {
    Form form = one(List.of(Form.values()));
    String architecture = one(List.of("amd64", "arm64"));
    GuestRequest request = root(form, architecture);
    int volumes = random.nextInt(4);
    for (int i = 0; i < volumes; i++) {
      addVolume(request, form, i);
    }
    int links = random.nextInt(ofThisNode ? 3 : 5);
    for (int i = 0; i < links; i++) {
      request.link(
          one(List.of("eth", "tap", "lan.")) + i,
          String.format(Locale.ROOT, "02:16:3e:00:00:%02x", random.nextInt(256)),
          random.nextBoolean() ? 1500 : 9000,
          random.nextBoolean()
              ? new String[0]
              : new String[] {"10.0.0." + (i + 2) + "/24", "fd00::" + (i + 2) + "/64"});
    }
    if (!ofThisNode) {
      request.devices(devices());
      if (random.nextBoolean()) {
        request.kvm();
      }
    }
    addOptions(request, form, architecture);
    return request
        .milliCpus(random.nextInt(1, ofThisNode ? 4_000 : 100_000))
        .memory((32L << 20) + random.nextLong(ofThisNode ? 1L << 28 : 1L << 36));
  }

  private GuestRequest root(Form form, String architecture) {
    boolean readOnly = random.nextBoolean();
    GuestRequest request =
        switch (form) {
          case DISK ->
              Requests.of(
                  new Root.File(
                      "/srv/x", one(List.of("raw", "qcow2", "vmdk", "vhdx", "iso")), readOnly));
          case KERNEL -> Requests.kernel().option("commandLine", "x=" + one(AWKWARD));
          case PROGRAM ->
              random.nextBoolean()
                  ? Requests.of(new Root.Image("app", readOnly))
                  : Requests.of(new Root.Directory("/srv/x", readOnly)).command("/bin/sh");
        };
    if (request.root() instanceof Root.Image) {
      request.image(GuestRequest.Image.of(architecture, program()));
    } else {
      request.option("architecture", architecture);
    }
    if (form == Form.KERNEL && random.nextBoolean()) {
      request.volume("initrd", View.FILE);
    }
    if (form == Form.DISK && random.nextInt(4) == 0) {
      request.volume("kernel", View.FILE);
    }
    if (form == Form.PROGRAM) {
      request.env("A", one(AWKWARD)).as(new User(random.nextInt(3), 5, List.of(7, 6)));
      if (random.nextBoolean()) {
        request.env("TOKEN", "/run/secrets/TOKEN");
      }
    }
    return request;
  }

  private List<String> program() {
    List<String> program = new ArrayList<>(List.of("/bin/program"));
    for (int i = random.nextInt(4); i > 0; i--) {
      program.add(one(AWKWARD));
    }
    return program;
  }

  private void addVolume(GuestRequest request, Form form, int index) {
    String name = one(List.of("data", "root", "v" + "0".repeat(50) + ".")) + index;
    boolean readOnly = random.nextBoolean();
    Optional<String> target = Optional.of("/" + one(AWKWARD) + index);
    switch (random.nextInt(form == Form.PROGRAM ? 3 : 4)) {
      case 0 -> request.volume(name, target, Optional.empty(), readOnly, View.FILESYSTEM);
      case 1 ->
          request.volume(
              name,
              target,
              Optional.of(one(List.of("raw", "qcow2", "vmdk", "vhdx", "iso"))),
              readOnly,
              View.BLOCK);
      case 2 ->
          request.volume(name, target, Optional.empty(), readOnly, View.BLOCK, View.FILESYSTEM);
      default -> request.volume(name, Optional.empty(), Optional.empty(), true, View.ISO9660);
    }
  }

  private DeviceRequest[] devices() {
    List<DeviceRequest> devices = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      devices.add(new DeviceRequest.Pci("0000:03:0" + i + ".0"));
      devices.add(new DeviceRequest.Usb("1-" + i + ".4"));
      devices.add(new DeviceRequest.Node("/dev/serial/by-id/usb-a,b:c=d " + i, "rw"));
    }
    return devices.toArray(new DeviceRequest[0]);
  }

  private void addOptions(GuestRequest request, Form form, String architecture) {
    maybe(request, "tpm", random::nextBoolean);
    maybe(request, "balloon", random::nextBoolean);
    maybe(request, "cache", () -> one(List.of("none", "writeback")));
    maybe(request, "sockets", () -> 1 + random.nextInt(2));
    maybe(
        request,
        "machine",
        () ->
            architecture.equals("amd64")
                ? one(List.of("q35", "pc-q35-7.2", "pc-q35-6.0"))
                : one(List.of("virt", "virt-7.2", "virt-6.0")));
    if (random.nextInt(3) == 0) {
      request
          .option("cpuModel", architecture.equals("amd64") ? "Nehalem,+aes" : "max,pauth-impdef=on")
          .option("threads", 1 + random.nextInt(2));
    }
    maybe(request, "vnc", () -> one(List.of("unix", "loopback")));
    if (form != Form.PROGRAM) {
      maybe(request, "agent", random::nextBoolean);
      maybe(
          request,
          "firmware",
          () -> architecture.equals("amd64") && random.nextBoolean() ? "bios" : "uefi");
    }
  }

  private void maybe(GuestRequest request, String option, Supplier<Object> value) {
    if (random.nextInt(3) == 0) {
      request.option(option, value.get());
    }
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
