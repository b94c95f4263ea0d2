package org.lfedge.eve.tasks.executor.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.spi.container.ContainerProgram;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * The script that sets up a guest for the program of an image. The init of the guest kernel's
 * initramfs, a part of the tools, defines the functions that it calls; the last one does not
 * return.
 */
final class StartScript {

  /** Where a guest that has secrets finds them, below the volumes of the share. */
  static final String SECRETS = "_secrets";

  private StartScript() {}

  static byte[] of(
      TaskConfig task,
      ContainerProgram program,
      List<GuestVolumes.Placed> volumes,
      boolean secrets) {
    ShellScript script = new ShellScript().call("hostname", task.name());
    network(script, task.interfaces());
    AnchorProcess process = program.process();
    User user = process.user();
    for (GuestVolumes.Placed volume : volumes) {
      script.call(
          volume.function(), volume.handle(), volume.target(), volume.readOnly() ? "ro" : "rw");
    }
    if (secrets) {
      String owner = user.uid() + ":" + user.gid();
      script
          .call("chown", "-R", owner, "/share/volumes/" + SECRETS)
          .call("volume", SECRETS, "/run/secrets", "ro");
    }
    List<String> run = new ArrayList<>();
    run.add(Integer.toString(user.uid()));
    run.add(Integer.toString(user.gid()));
    run.add(String.join(",", user.additionalGids().stream().map(String::valueOf).toList()));
    run.add(process.workingDir());
    run.add(program.stopSignal());
    run.add(Integer.toString(process.env().size()));
    run.addAll(process.env());
    run.addAll(process.args());
    return script.call("run", run).bytes();
  }

  /** One default route for each of IPv4 and IPv6: that of the first interface with a gateway. */
  private static void network(ShellScript script, List<NetworkInterface> interfaces) {
    SortedSet<Boolean> routed = new TreeSet<>();
    List<String> servers = new ArrayList<>();
    for (NetworkInterface one : interfaces) {
      script.call("interface", one.mac(), one.name(), Integer.toString(one.mtu()));
      one.addresses().forEach(address -> script.call("address", one.name(), address));
      for (String gateway : one.gateways()) {
        if (routed.add(gateway.contains(":"))) {
          script.call("gateway", one.name(), gateway);
        }
      }
      servers.addAll(one.dns());
    }
    servers.stream().distinct().forEach(server -> script.call("nameserver", server));
  }
}
