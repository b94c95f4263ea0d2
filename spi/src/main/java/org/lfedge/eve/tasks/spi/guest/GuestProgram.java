package org.lfedge.eve.tasks.spi.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.container.ContainerProgram;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * The program of an image or a directory, in a guest that runs nothing else: the same that a
 * container would run, with the same variables, directory, user, addresses and exit code.
 *
 * <p>The init of the guest's initramfs, a part of the tools, defines the functions that the script
 * calls; the last one does not return.
 *
 * @param script to be at {@value #SCRIPT} in the root of the anchor
 * @param secrets the names of variables that are secrets, whose files are in {@value #SECRETS} of
 *     the anchor, and which the guest finds in {@value #SHARED_SECRETS}
 * @since 1.1
 */
public record GuestProgram(String script, List<String> secrets) {

  /** Where the script is for the guest. */
  public static final String SCRIPT = GuestVolumes.SHARE + "/task/start";

  /** Where a container finds its secrets; a variable holds the path of the file of its name. */
  public static final String SECRETS = "/run/secrets/";

  private static final String SECRETS_VOLUME = "_secrets";

  /** Where the anchor puts them for the guest; no volume has such a name. */
  public static final String SHARED_SECRETS = GuestVolumes.SHARE + "/volumes/" + SECRETS_VOLUME;

  /** Keeps a copy. */
  public GuestProgram {
    secrets = List.copyOf(secrets);
  }

  /**
   * Writes the script for a task whose root is an image or a directory.
   *
   * @param volumes of that task
   * @throws SeedException as {@link ContainerProgram#of}
   */
  public static GuestProgram of(SeedRequest request, GuestVolumes volumes) throws SeedException {
    TaskConfig task = request.task();
    List<String> secrets =
        task.env().entrySet().stream()
            .filter(variable -> variable.getValue().equals(SECRETS + variable.getKey()))
            .map(variable -> variable.getKey())
            .toList();
    return new GuestProgram(
        script(task, ContainerProgram.of(request), volumes.placed(), !secrets.isEmpty()), secrets);
  }

  private static String script(
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
          .call("chown", "-R", owner, SHARED_SECRETS)
          .call("volume", SECRETS_VOLUME, "/run/secrets", "ro");
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
    return script.call("run", run).toString();
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
