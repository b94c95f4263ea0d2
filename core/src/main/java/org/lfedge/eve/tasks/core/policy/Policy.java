package org.lfedge.eve.tasks.core.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * What the node's operator allows, as its config says under {@code policy:}.
 *
 * <p>Every origin has the usual capabilities of a container and nothing else: no namespace of the
 * node, none of its files. The operator may add to that for each origin. Bundled executors get no
 * more than others by themselves, because they do not need it.
 *
 * @param allowHostRoot {@code policy.allowHostRoot}: whether the root of the node may be the root
 *     of a task; never for executors that nobody vouches for
 * @param allowHostNetwork {@code policy.allowHostNetwork}: whether tasks may be on the network of
 *     the node itself
 * @param allowNodeBinaryFormats {@code policy.allowNodeBinaryFormats}: whether interpreters of
 *     tasks may run the files of everybody, where the kernel has no tables for tasks
 * @param directories {@code policy.directories}: where the directories, files, bundles and secrets
 *     that task documents name may lie; normalized
 * @param devices {@code policy.devices}: devices of the node that tasks may have, {@code *} in them
 *     for any characters: {@code /dev/ttyS*}, {@code cdi:vendor.com/gpu=*}, {@code
 *     pci:0000:03:00.0}, {@code usb:1-2}, {@code nic:eth1}
 * @param trustedPlugins {@code policy.trustedPlugins}: digests, {@code sha256:...}, of plugin JARs
 *     that may run in the daemon's JVM
 * @param additions {@code policy.grants}, by origin: {@code bundled}, {@code trusted}, {@code
 *     directory}, {@code artifact}
 */
public record Policy(
    boolean allowHostRoot,
    boolean allowHostNetwork,
    boolean allowNodeBinaryFormats,
    SortedSet<String> directories,
    SortedSet<String> devices,
    SortedSet<String> trustedPlugins,
    SortedMap<Origin, Additions> additions) {

  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern CAPABILITY = Pattern.compile("CAP_[A-Z_]+");

  /** What can stand in {@code policy.devices}. */
  public static final Pattern DEVICE = DevicePattern.FORM;

  /** What can stand in {@code devices} of an origin's grants. */
  public static final Pattern DEVICE_NODE = DevicePattern.NODE_FORM;

  /** What holds where the node's config says nothing. */
  public static final Policy DEFAULT =
      new Policy(
          false,
          false,
          false,
          SortedCopies.setOf(List.of("/srv")),
          SortedCopies.setOf(List.of()),
          SortedCopies.setOf(List.of()),
          SortedCopies.mapOf(Map.of()));

  /**
   * Keeps sorted copies, and paths in their one spelling.
   *
   * @throws IllegalArgumentException if a directory is not absolute, or a device or digest is
   *     malformed
   */
  public Policy {
    directories = SortedCopies.setOf(directories.stream().map(LexicalPath::normalize).toList());
    devices =
        SortedCopies.setOf(devices.stream().map(text -> new DevicePattern(text).text()).toList());
    trustedPlugins = SortedCopies.setOf(trustedPlugins);
    additions = SortedCopies.mapOf(additions);
    for (String digest : trustedPlugins) {
      if (!DIGEST.matcher(digest).matches()) {
        throw new IllegalArgumentException("not of the form sha256:<64 hex digits>: " + digest);
      }
    }
  }

  /**
   * What one origin has on top of the usual.
   *
   * @param capabilities such as {@code CAP_NET_ADMIN}
   * @param namespaces of the node that its tasks may share
   * @param hostPaths of the node that its tasks may mount
   * @param devices device nodes that seeds may ask for on top of those of documents, such as {@code
   *     /dev/net/tun}
   */
  public record Additions(
      SortedSet<String> capabilities,
      SortedSet<Namespace> namespaces,
      SortedSet<String> hostPaths,
      SortedSet<String> devices) {

    /**
     * Keeps sorted copies, and paths in their one spelling.
     *
     * @throws IllegalArgumentException if a path is not absolute, or a capability or device is
     *     malformed
     */
    public Additions {
      capabilities = SortedCopies.setOf(capabilities);
      namespaces = SortedCopies.setOf(namespaces);
      hostPaths = SortedCopies.setOf(hostPaths.stream().map(LexicalPath::normalize).toList());
      devices =
          SortedCopies.setOf(devices.stream().map(text -> new DevicePattern(text).text()).toList());
      for (String capability : capabilities) {
        if (!CAPABILITY.matcher(capability).matches()) {
          throw new IllegalArgumentException("not the name of a capability: " + capability);
        }
      }
    }

    private static final Additions NONE =
        new Additions(
            SortedCopies.setOf(List.<String>of()),
            SortedCopies.setOf(List.<Namespace>of()),
            SortedCopies.setOf(List.<String>of()),
            SortedCopies.setOf(List.<String>of()));
  }

  /** The key of the node's config under which an origin is given more. */
  static String configKey(Origin origin) {
    return switch (origin) {
      case BUNDLED -> "policy.grants.bundled";
      case TRUSTED_DIGEST -> "policy.grants.trusted";
      case PLUGINS_DIRECTORY -> "policy.grants.directory";
      case TOOLS_ARTIFACT -> "policy.grants.artifact";
    };
  }

  /** What seeds of executors of an origin may have. */
  public Grants grants(Origin origin) {
    Additions added = additions.getOrDefault(origin, Additions.NONE);
    SortedSet<String> devices = new TreeSet<>(added.devices());
    if (origin == Origin.BUNDLED) {
      devices.addAll(Grants.DEVICES_FOR_GUESTS);
    }
    SortedSet<String> capabilities = new TreeSet<>(Grants.USUAL_CAPABILITIES);
    capabilities.addAll(added.capabilities());
    return new Grants(
        origin,
        capabilities,
        added.namespaces(),
        added.hostPaths(),
        devices,
        allowHostRoot && origin.isVouchedFor());
  }

  /** The namespaces of the node that seeds of any origin may have. */
  public SortedSet<Namespace> grantedNamespaces() {
    return SortedCopies.setOf(
        additions.values().stream().flatMap(added -> added.namespaces().stream()).toList());
  }

  /** Whether a plugin JAR with this digest may run in the daemon's JVM. */
  public boolean trustsPlugin(String digest) {
    return trustedPlugins.contains(digest);
  }

  /** Whether tasks may have a device of the node. */
  public boolean allowsDevice(DeviceConfig device) {
    return devices.stream().anyMatch(text -> new DevicePattern(text).matches(device.policyName()));
  }

  /**
   * Refuses a document that asks for what the operator does not allow: the root of the node, a
   * device that is not among {@link #devices}, or directories, files, bundles and secrets from
   * anywhere but {@link #directories}.
   *
   * <p>This looks at the text of paths alone. Adapters resolve symbolic links when they open a
   * path, ask {@link #allowsSource} again, and refuse directories that hold the daemon's own state.
   *
   * @throws TaskException with every such problem
   */
  public void checkDocument(TaskDocument document) {
    List<Problem> problems = new ArrayList<>();
    RootSource root = document.root();
    if (root instanceof RootSource.Host && !allowHostRoot) {
      problems.add(hostRootNotAllowed());
    } else if (root instanceof RootSource.Directory directory) {
      checkSource("root.directory", directory.path(), problems);
    } else if (root instanceof RootSource.Bundle bundle) {
      checkSource("root.bundle", bundle.path(), problems);
    } else if (root instanceof RootSource.File file) {
      checkSource("root." + file.key(), file.path(), problems);
    }
    if (document.hostNetwork() && !allowHostNetwork) {
      problems.add(
          Problem.inDocument(
              "HOST_NETWORK_NOT_ALLOWED",
              "interfaces[0].network",
              "host",
              "this node does not let tasks use its own network; name another one, or set"
                  + " policy.allowHostNetwork: true in the node's config"));
    }
    document
        .env()
        .forEach(
            (key, value) -> {
              if (value instanceof EnvValue.Secret secret) {
                checkSource("env." + key + ".secret.file", secret.path(), problems);
              }
            });
    for (int i = 0; i < document.volumes().size(); i++) {
      checkVolume("volumes[" + i + "].source", document.volumes().get(i).source(), problems);
    }
    checkDevices(document, problems);
    refuse(problems);
  }

  /**
   * Refuses a document whose devices are not all among {@link #devices}.
   *
   * @throws TaskException with every such problem
   */
  public void checkDevices(TaskDocument document) {
    List<Problem> problems = new ArrayList<>();
    checkDevices(document, problems);
    refuse(problems);
  }

  private void checkDevices(TaskDocument document, List<Problem> problems) {
    for (int i = 0; i < document.devices().size(); i++) {
      checkDevice("devices[" + i + "]", document.devices().get(i), problems);
    }
  }

  private static void refuse(List<Problem> problems) {
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  private void checkVolume(String key, VolumeConfig.Source source, List<Problem> problems) {
    if (source instanceof VolumeConfig.Source.HostPath path) {
      checkSource(key, path.path(), problems);
    } else if (source instanceof VolumeConfig.Source.DiskFile disk) {
      checkSource(key, disk.path(), problems);
    } else if (source instanceof VolumeConfig.Source.CloudInit data
        && data.userData() instanceof UserData.InFile file) {
      checkSource(key + ".cloudInit.userData.file", file.path(), problems);
    }
  }

  private void checkDevice(String key, DeviceConfig device, List<Problem> problems) {
    if (!allowsDevice(device)) {
      problems.add(
          Problem.inDocument(
              "DEVICE_NOT_ALLOWED",
              key + "." + device.key(),
              device.id(),
              "this node does not let tasks have this device; remove it, or add "
                  + device.policyName()
                  + " to policy.devices in the node's config"));
    }
  }

  /** Whether a path of the node may be the source of a root, a volume, a bundle or a secret. */
  public boolean allowsSource(String path) {
    return LexicalPath.isSound(path)
        && directories.stream()
            .anyMatch(allowed -> LexicalPath.isWithin(LexicalPath.normalize(path), allowed));
  }

  /** The problem of a task that asks for the root of the node where that is not allowed. */
  public static Problem hostRootNotAllowed() {
    return Problem.inDocument(
        "HOST_ROOT_NOT_ALLOWED",
        "root",
        "host",
        "this node does not let tasks have its own root file system; name an image, a directory or"
            + " a bundle under root, or set policy.allowHostRoot: true in the node's config");
  }

  private void checkSource(String key, String path, List<Problem> problems) {
    if (!allowsSource(path)) {
      problems.add(
          Problem.inDocument(
              "SOURCE_NOT_ALLOWED",
              key,
              path,
              "this node lets tasks use files below "
                  + String.join(", ", directories)
                  + " alone; move it there, or add its directory to policy.directories in the"
                  + " node's config"));
    }
  }
}
