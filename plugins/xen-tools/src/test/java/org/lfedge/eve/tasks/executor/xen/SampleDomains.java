package org.lfedge.eve.tasks.executor.xen;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/** Domains of every form that can be asked for, none of which is refused. */
final class SampleDomains {

  private static final List<String> AWKWARD =
      List.of(
          "",
          " ",
          "a,b=c",
          ",,",
          "-x",
          "--",
          "it's",
          "\"\\$HOME`",
          "\\",
          "\\x41",
          "#",
          "[\"",
          "käse",
          "日本語",
          "\uD83D\uDE00");

  private final SplittableRandom random;

  private SampleDomains(long seed) {
    this.random = new SplittableRandom(seed);
  }

  static GuestRequest any(long seed) {
    return new SampleDomains(seed).request();
  }

  private GuestRequest request() {
    DomainType type = one(List.of(DomainType.values()));
    int form = random.nextInt(3);
    GuestRequest request = root(type, form);
    if (random.nextInt(4) > 0) {
      request.option("type", type.word());
    } else if (form != 1) {
      // What such a guest is where the document does not say.
      type = DomainType.PVH;
    } else {
      type = DomainType.HVM;
    }
    int volumes = random.nextInt(4);
    for (int i = 0; i < volumes; i++) {
      addVolume(request, type, form == 2, i);
    }
    int links = random.nextInt(4);
    for (int i = 0; i < links; i++) {
      request.link(
          one(List.of("eth", "domain", "lan.")) + i,
          String.format(Locale.ROOT, "02:16:3e:00:00:%02x", random.nextInt(256)),
          random.nextBoolean() ? 1500 : 9000,
          "10.0.0." + (i + 2) + "/24");
    }
    if (type != DomainType.PVH) {
      request.devices(devices(type));
    }
    addOptions(request);
    return request
        .milliCpus(random.nextInt(1, 128_001))
        .memory((32L << 20) + random.nextLong(1L << 36));
  }

  private GuestRequest root(DomainType type, int form) {
    // With a disk that is read-only, one is none of these.
    boolean readOnly = random.nextBoolean() && (form == 2 || type != DomainType.PVH);
    if (form == 0) {
      GuestRequest kernel = Requests.kernel().option("commandLine", "x=" + one(AWKWARD));
      return random.nextBoolean() ? kernel.volume("initrd", View.FILE) : kernel;
    }
    if (form == 1) {
      List<String> formats =
          type == DomainType.HVM ? List.of("raw", "qcow2", "iso") : List.of("raw", "qcow2");
      return Requests.of(new Root.File("/srv/x", one(formats), readOnly));
    }
    GuestRequest program =
        random.nextBoolean()
            ? Requests.image("/bin/program", one(AWKWARD), one(AWKWARD))
            : Requests.of(new Root.Directory("/srv/x", readOnly)).command("/bin/sh");
    program.env("A", one(AWKWARD)).as(new User(random.nextInt(3), 5, List.of(7, 6)));
    return random.nextBoolean() ? program.env("TOKEN", "/run/secrets/TOKEN") : program;
  }

  private void addVolume(GuestRequest request, DomainType type, boolean isProgram, int index) {
    String name = one(List.of("data", "root", "v" + "0".repeat(50) + ".")) + index;
    boolean readOnly = random.nextBoolean();
    Optional<String> target = Optional.of("/" + one(AWKWARD) + index);
    boolean reads = type != DomainType.PVH;
    switch (random.nextInt(isProgram || !reads ? 2 : 3)) {
      case 0 -> request.volume(name, target, Optional.empty(), readOnly, View.FILESYSTEM);
      case 1 ->
          request.volume(
              name,
              target,
              Optional.of(one(List.of("raw", "qcow2"))),
              readOnly && reads,
              View.BLOCK);
      default -> request.volume(name, Optional.empty(), Optional.empty(), true, View.ISO9660);
    }
  }

  private DeviceRequest[] devices(DomainType type) {
    List<DeviceRequest> devices = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      devices.add(new DeviceRequest.Pci("0000:03:0" + i + ".0"));
      if (type == DomainType.HVM) {
        devices.add(new DeviceRequest.Usb("1-" + i + ".4"));
        devices.add(new DeviceRequest.Node("/dev/ttyS" + i, "rw"));
      }
    }
    return devices.toArray(new DeviceRequest[0]);
  }

  private void addOptions(GuestRequest request) {
    if (random.nextInt(3) == 0) {
      request.option("cpus", one(List.of("0", "2-3", "0-7,^4")));
    }
    if (random.nextInt(3) == 0) {
      request.option("maxMemoryMib", 1 << 24);
    }
    if (random.nextInt(3) == 0) {
      request.option("vnc", one(List.of("unix", "loopback")));
    }
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
