package org.lfedge.eve.tasks.core.policy;

import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * What the seeds of executors of one origin may have. Whatever has no component here is granted to
 * nobody.
 *
 * @param origin whose seeds these are
 * @param capabilities Linux capabilities
 * @param namespaces of the node that a task may share
 * @param hostPaths files and directories of the node that a task may mount, with all that is below;
 *     normalized
 * @param devices device nodes that a seed may ask for on top of those of the document; {@code *} in
 *     them stands for any characters but a slash
 * @param hostRoot whether the root of the node may be the root of a task
 */
public record Grants(
    Origin origin,
    SortedSet<String> capabilities,
    SortedSet<Namespace> namespaces,
    SortedSet<String> hostPaths,
    SortedSet<String> devices,
    boolean hostRoot) {

  /** The capabilities that containers usually have: those of Docker and containerd. */
  public static final SortedSet<String> USUAL_CAPABILITIES =
      SortedCopies.setOf(
          List.of(
              "CAP_AUDIT_WRITE",
              "CAP_CHOWN",
              "CAP_DAC_OVERRIDE",
              "CAP_FOWNER",
              "CAP_FSETID",
              "CAP_KILL",
              "CAP_MKNOD",
              "CAP_NET_BIND_SERVICE",
              "CAP_NET_RAW",
              "CAP_SETFCAP",
              "CAP_SETGID",
              "CAP_SETPCAP",
              "CAP_SETUID",
              "CAP_SYS_CHROOT"));

  /**
   * The devices that the bundled executors of virtual machines need, and that give nothing of the
   * node away: a tap acts in the network namespace of its task, and a machine of KVM in its memory.
   */
  public static final SortedSet<String> DEVICES_FOR_GUESTS =
      SortedCopies.setOf(List.of("/dev/kvm", "/dev/net/tun"));

  /** Keeps sorted copies, and paths in their one spelling. */
  public Grants {
    capabilities = SortedCopies.setOf(capabilities);
    namespaces = SortedCopies.setOf(namespaces);
    hostPaths = SortedCopies.setOf(hostPaths.stream().map(LexicalPath::normalize).toList());
    devices = SortedCopies.setOf(devices);
  }

  /** The same and a capability. */
  public Grants with(String capability) {
    SortedSet<String> more = new TreeSet<>(capabilities);
    more.add(capability);
    return new Grants(origin, more, namespaces, hostPaths, devices, hostRoot);
  }

  /**
   * Whether a path of the node may be mounted. This looks at the text of the path alone: whoever
   * mounts it resolves symbolic links first and asks again.
   */
  public boolean allowsHostPath(String path) {
    return LexicalPath.isSound(path)
        && hostPaths.stream()
            .anyMatch(granted -> LexicalPath.isWithin(LexicalPath.normalize(path), granted));
  }

  /**
   * Whether a seed may have a device node that is not among the devices of its task.
   *
   * @param path below {@code /dev}
   */
  public boolean allowsDevice(String path) {
    return devices.stream().anyMatch(text -> new DevicePattern(text).matches(path));
  }

  /**
   * Whether a seed may have every device node that is, or ever comes to be, in a directory.
   *
   * @param path of a directory below {@code /dev}
   */
  public boolean allowsDevicesIn(String path) {
    return LexicalPath.isSound(path)
        && devices.stream()
            .anyMatch(text -> new DevicePattern(text).matchesAllIn(LexicalPath.normalize(path)));
  }

  /** The key of the node's config that grants more of a kind to this origin. */
  public String configKey(String kind) {
    return Policy.configKey(origin) + "." + kind;
  }

  /** The problem of a seed that runs in the root of the node, where that is not granted. */
  public Problem hostRootRefused() {
    return origin.isVouchedFor()
        ? Policy.hostRootNotAllowed()
        : Problem.user(
            "HOST_ROOT_NOT_GRANTED",
            "its executor runs it in the root of the node, which one that came as "
                + origin.name().toLowerCase(Locale.ROOT).replace('_', ' ')
                + " never may; use a bundled executor, or name the digest of its JAR in"
                + " policy.trustedPlugins");
  }
}
