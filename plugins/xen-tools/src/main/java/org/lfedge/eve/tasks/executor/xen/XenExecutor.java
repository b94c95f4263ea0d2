package org.lfedge.eve.tasks.executor.xen;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.guest.GuestProgram;
import org.lfedge.eve.tasks.spi.guest.GuestVolumes;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * Runs a domain of the Xen hypervisor. The anchor is xl, out of the tools; it makes the domain,
 * waits for its end, and ends with it. What an anchor that dies leaves behind is cleared away.
 *
 * <p>The guest is the same that the executor for QEMU makes of a document: of its own, from a disk
 * or a kernel, or the program of an image. Its memory is the hypervisor's to give, not the node's.
 */
public final class XenExecutor implements Executor {

  private static final ExecutorInfo INFO = buildInfo();

  private static final List<String> ENV = List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin");

  static final GuestVolumes.Disks DISKS =
      new GuestVolumes.Disks(
          List.of("raw", "qcow2"), (volume, number) -> DomainConfig.disk(number));

  /** By which a program of the control domain speaks to the hypervisor and to xenstored. */
  private static final List<String> DEVICES =
      List.of(
          "/dev/xen/evtchn",
          "/dev/xen/gntalloc",
          "/dev/xen/gntdev",
          "/dev/xen/hypercall",
          "/dev/xen/privcmd",
          "/dev/xen/xenbus");

  /** What QEMU needs to be root for the files of a guest. */
  private static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FOWNER",
          "CAP_FSETID",
          "CAP_KILL",
          "CAP_MKNOD",
          "CAP_SETFCAP",
          "CAP_SETGID",
          "CAP_SETUID");

  private static ExecutorInfo buildInfo() {
    ExecutorInfo.Builder info =
        ExecutorInfo.builder("xen", "a domain of the Xen hypervisor, or an image in one, by xl")
            .root(Root.Kind.IMAGE)
            .root(Root.Kind.DIRECTORY)
            .root(Root.Kind.FILE)
            .root(Root.Kind.NONE);
    DomainOptions.declared().forEach(info::option);
    return info.build();
  }

  @Override
  public ExecutorInfo info() {
    return INFO;
  }

  /**
   * What is wrong with a document is told before anything is looked up; there is nothing to ask.
   */
  @Override
  public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
    GuestVolumes.of(task, DomainOptions.of(task).guest(), DISKS);
    return List.of();
  }

  @Override
  public Seed seed(SeedRequest request) throws SeedException {
    TaskConfig task = request.task();
    DomainOptions options = DomainOptions.of(task);
    GuestVolumes volumes = GuestVolumes.of(task, options.guest(), DISKS);
    Domain domain = Domain.of(request, options, volumes);
    DomainDevices devices = DomainDevices.of(task.devices(), domain.type());
    List<String> bridges = bridges(task.interfaces());
    Optional<GuestProgram> program =
        domain.isProgram() ? Optional.of(GuestProgram.of(request, volumes)) : Optional.empty();
    boolean secrets = program.isPresent() && !program.get().secrets().isEmpty();
    try {
      Seed.Builder seed =
          Seed.builder(Base.TOOLS, true, anchor(task, program))
              .memory(Pool.HYPERVISOR)
              .mount(new Mount(new Source.Tmpfs(XenTax.RUN), "/run", false))
              .mount(
                  new Mount(
                      new Source.RuntimeDirectory(XenTax.RUNTIME_DIRECTORY),
                      Launcher.RUNTIME,
                      false))
              .mount(new Mount(new Source.OfHost("/dev/pts"), Launcher.TERMINALS, false))
              .file(file(DomainConfig.PATH, DomainConfig.of(domain, task, devices, bridges)))
              .tax(XenTax.of(domain, devices, bridges.size(), secrets))
              .stop(Ends.stop(task.uuid(), task.stopGrace()))
              .cleanup(Launcher.cleanup(task.uuid()))
              .console(List.of(Launcher.program("console")));
      Ends.rules(domain).forEach(seed::exit);
      if (!domain.shares().isEmpty()) {
        seed.mount(new Mount(new Source.Tmpfs(XenTax.SHARE_DIRECTORY), GuestVolumes.SHARE, false));
      }
      volumes.mounts().forEach(seed::mount);
      program.ifPresent(one -> seed.file(file(GuestProgram.SCRIPT, one.script())));
      if (secrets) {
        seed.mount(new Mount(new Source.Tmpfs(XenTax.SECRETS), GuestProgram.SHARED_SECRETS, false));
      }
      task.devices().forEach(seed::device);
      for (String device : DEVICES) {
        seed.device(new DeviceRequest.Node(device, "rw"));
      }
      addInterfaces(seed, task.interfaces(), bridges);
      return seed.build();
    } catch (IllegalArgumentException malformed) {
      throw new SeedException(
          "MALFORMED_PROGRAM",
          "root",
          "the domain cannot be started as it is asked for: " + malformed.getMessage());
    }
  }

  private static AnchorProcess anchor(TaskConfig task, Optional<GuestProgram> program) {
    List<String> args = new ArrayList<>(List.of(Launcher.program("launch")));
    for (String name : program.map(GuestProgram::secrets).orElse(List.of())) {
      args.addAll(
          List.of("--copy", GuestProgram.SECRETS + name, GuestProgram.SHARED_SECRETS + "/" + name));
    }
    args.add(DomainConfig.PATH);
    SortedSet<String> capabilities = new TreeSet<>(CAPABILITIES);
    boolean isConnected = !task.interfaces().isEmpty();
    boolean hasPci = task.devices().stream().anyMatch(DeviceRequest.Pci.class::isInstance);
    if (program.isPresent() || isConnected || hasPci) {
      capabilities.add("CAP_SYS_ADMIN");
    }
    if (isConnected) {
      capabilities.add("CAP_NET_ADMIN");
    }
    return AnchorProcess.builder(args).env(ENV).capabilities(capabilities).build();
  }

  private static SeedFile file(String path, String text) {
    return new SeedFile(path, text.getBytes(StandardCharsets.UTF_8), 0400);
  }

  private static void addInterfaces(
      Seed.Builder seed, List<NetworkInterface> interfaces, List<String> bridges) {
    if (!interfaces.isEmpty()) {
      seed.mount(new Mount(new Source.OfNamespace(Namespace.NETWORK), Launcher.NETWORK, true));
    }
    for (int i = 0; i < bridges.size(); i++) {
      seed.attachment(
          new Attachment(
              interfaces.get(i).name(), bridges.get(i), 0, Join.REDIRECT, Attachment.Form.BRIDGE));
    }
  }

  /** Names for bridges, none of which is that of an interface. */
  private static List<String> bridges(List<NetworkInterface> interfaces) {
    List<String> names = interfaces.stream().map(NetworkInterface::name).toList();
    List<String> bridges = new ArrayList<>();
    for (int number = 0; bridges.size() < names.size(); number++) {
      String bridge = "domain" + number;
      if (!names.contains(bridge)) {
        bridges.add(bridge);
      }
    }
    return bridges;
  }
}
