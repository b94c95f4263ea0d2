package org.lfedge.eve.tasks.executor.qemu;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.guest.GuestProgram;
import org.lfedge.eve.tasks.spi.guest.GuestVolumes;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * Runs a virtual machine. The anchor is QEMU, out of the tools; it ends when the guest does.
 *
 * <p>A root that is a disk, or none and a kernel, makes a guest of its own. A root that is an image
 * or a directory is shared with a guest whose kernel is in the tools, and whose only program is the
 * one that a container would run, with the same variables, directory, user and exit code. KVM is
 * used where the node has it for the guest's architecture; anything else is emulated.
 */
public final class QemuExecutor implements Executor {

  private static final ExecutorInfo INFO = info(MachineOptions.declared());

  private static final List<String> ENV = List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin");

  /** VIRTIO's limit of a serial number. */
  private static final int SERIAL_LENGTH = 20;

  static final GuestVolumes.Disks DISKS =
      new GuestVolumes.Disks(List.of("raw", "qcow2", "vmdk", "vhdx"), QemuExecutor::serial);

  /** More than file systems hold: a disk that claims it is mistaken, or means harm. */
  private static final long MAX_DISK = 1L << 50;

  private static final long STATE_BYTES = 16 << 20;

  private static ExecutorInfo info(List<Option> options) {
    ExecutorInfo.Builder info =
        ExecutorInfo.builder("qemu", "a virtual machine, or an image in one, by QEMU")
            .root(Root.Kind.IMAGE)
            .root(Root.Kind.DIRECTORY)
            .root(Root.Kind.FILE)
            .root(Root.Kind.NONE);
    options.forEach(info::option);
    return info.build();
  }

  @Override
  public ExecutorInfo info() {
    return INFO;
  }

  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    return GuestVolumes.of(task, GuestOptions.of(task), DISKS).facts();
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    TaskConfig task = request.task();
    MachineOptions options = MachineOptions.of(task);
    GuestVolumes volumes = GuestVolumes.of(task, options.guest(), DISKS);
    if (request.tools().isEmpty()) {
      throw new SeedException(
          "TOOLS_MISSING",
          "tools",
          "a virtual machine needs a tools image with QEMU; name it in the document as tools, or for"
              + " all tasks under executors.qemu.tools in the config of the node");
    }
    Guest guest = Guest.of(request, options, volumes);
    GuestDevices devices = GuestDevices.of(task.devices());
    List<Long> diskTables = new ArrayList<>();
    for (GuestVolumes.Disk disk : volumes.disks()) {
      diskTables.add(tablesOf(disk, request));
    }
    List<String> taps = taps(task.interfaces());
    List<String> qemu = QemuMachine.args(guest, task, devices, taps, diskTables);
    Optional<GuestProgram> program =
        guest.isProgram() ? Optional.of(GuestProgram.of(request, volumes)) : Optional.empty();
    List<String> secrets = program.map(GuestProgram::secrets).orElse(List.of());
    List<String> args = launcher(guest, secrets).become(qemu);
    try {
      Seed.Builder seed =
          Seed.builder(Base.TOOLS, true, AnchorProcess.builder(args).env(ENV).build())
              .mount(new Mount(new Source.Tmpfs(QemuTax.RUN), "/run", false))
              .mount(
                  new Mount(
                      new Source.RuntimeDirectory(QemuTax.RUNTIME_DIRECTORY),
                      Launcher.RUNTIME,
                      false))
              .tax(
                  QemuTax.of(
                      guest,
                      devices,
                      taps.size(),
                      diskTables.stream().mapToLong(Long::longValue).sum(),
                      !secrets.isEmpty()))
              .stop(Ends.stop(guest, task.stopGrace()))
              .console(Launcher.console("console"));
      Ends.rules(guest).forEach(seed::exit);
      volumes.mounts().forEach(seed::mount);
      state(guest).ifPresent(seed::mount);
      program.ifPresent(
          one ->
              seed.file(
                  new SeedFile(
                      GuestProgram.SCRIPT, one.script().getBytes(StandardCharsets.UTF_8), 0400)));
      if (!secrets.isEmpty()) {
        seed.mount(
            new Mount(new Source.Tmpfs(QemuTax.SECRETS), GuestProgram.SHARED_SECRETS, false));
      }
      task.devices().forEach(seed::device);
      if (guest.kvm()) {
        seed.device(new DeviceRequest.Node("/dev/kvm", "rw"));
      }
      if (!taps.isEmpty()) {
        seed.device(new DeviceRequest.Node("/dev/net/tun", "rw"));
      }
      for (int i = 0; i < taps.size(); i++) {
        String name = task.interfaces().get(i).name();
        seed.attachment(new Attachment(name, taps.get(i), 0, Join.REDIRECT));
      }
      return seed.build();
    } catch (IllegalArgumentException malformed) {
      throw new SeedException(
          "MALFORMED_PROGRAM",
          "root",
          "the machine cannot be started as it is asked for: " + malformed.getMessage());
    }
  }

  /** For what is not raw: how much of its tables is to be kept in memory. */
  private static long tablesOf(GuestVolumes.Disk disk, SeedRequest request) throws SeedException {
    if (disk.size().isEmpty()) {
      return 0;
    }
    Fact fact = request.fact(disk.size().get());
    Optional<String> bytes = fact.value("bytes");
    if (!fact.present() || bytes.isEmpty()) {
      throw new SeedException(
          "DISK_NOT_READABLE",
          disk.path(),
          "nothing is known of the disk in " + disk.path() + "; see that the file is there");
    }
    long size;
    try {
      size = Long.parseLong(bytes.get());
    } catch (NumberFormatException tooLarge) {
      size = Long.MAX_VALUE;
    }
    if (size > MAX_DISK) {
      throw new SeedException(
          "DISK_TOO_LARGE",
          disk.path(),
          "the disk says that it has "
              + bytes.get()
              + " bytes, and more than "
              + MAX_DISK
              + " are not believed; use another one");
    }
    return disk.format().equals("qcow2") ? QemuTax.diskTables(size) : 0;
  }

  /** Names for taps, none of which is that of an interface. */
  private static List<String> taps(List<NetworkInterface> interfaces) {
    List<String> names = interfaces.stream().map(NetworkInterface::name).toList();
    List<String> taps = new ArrayList<>();
    for (int number = 0; taps.size() < names.size(); number++) {
      String tap = "tap" + number;
      if (!names.contains(tap)) {
        taps.add(tap);
      }
    }
    return taps;
  }

  /**
   * The name, if it is short; else its beginning and the number of the disk, after a character that
   * is in no name.
   */
  private static String serial(String volume, int number) {
    if (volume.length() <= SERIAL_LENGTH && !(volume.equals("root") && number > 0)) {
      return volume;
    }
    String end = "_" + number;
    return volume.substring(0, Math.min(volume.length(), SERIAL_LENGTH - end.length())) + end;
  }

  private static Launcher launcher(Guest guest, List<String> secrets) {
    Launcher launcher =
        new Launcher()
            .channel("qmp")
            .say("qmp", new JsonObject().put("execute", "qmp_capabilities").toString());
    if (guest.isProgram()) {
      launcher.channel("control");
    }
    if (guest.options().agent()) {
      launcher.channel("agent");
    }
    for (String name : secrets) {
      launcher.copy(GuestProgram.SECRETS + name, GuestProgram.SHARED_SECRETS + "/" + name);
    }
    if (guest.uefi()) {
      launcher.copy(guest.architecture().firmware().variables(), QemuMachine.VARIABLES);
    }
    if (guest.options().tpm()) {
      launcher.swtpm("tpm", QemuMachine.STATE);
    }
    if (guest.volumes().share()) {
      launcher.virtiofsd("share", GuestVolumes.SHARE);
    }
    return launcher;
  }

  /** What a firmware and a TPM have to remember: less than 1 MiB each, seldom written. */
  private static Optional<Mount> state(Guest guest) {
    boolean remembers = guest.uefi() || guest.options().tpm();
    return Optional.of(new Mount(new Source.State("guest", STATE_BYTES), QemuMachine.STATE, false))
        .filter(mount -> remembers);
  }
}
