package org.lfedge.eve.tasks.core.spec;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.LexicalPath;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Mount;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * The mounts of a task, in this order: the core's file systems, those of the seed's patch, those of
 * its fields, its files, those of devices, the files about the network, the secrets, the init; but
 * what lies above another comes before it. Of two with one target the later stays, but none takes
 * the place of the core's own, nor of a volume.
 */
final class MountPlan {

  /**
   * Where the init is mounted. Below /dev, which is a file system of the task's own in memory: runc
   * makes the target there, and not in a directory of the node that is the task's root.
   */
  static final String INIT_TARGET = "/dev/task-init";

  /** Where secrets are mounted. */
  static final String SECRETS_TARGET = "/run/secrets";

  private static final String RESOLV_CONF_TARGET = "/etc/resolv.conf";
  private static final String HOSTS_TARGET = "/etc/hosts";
  private static final String HOSTNAME_TARGET = "/etc/hostname";

  /** File systems of the core that a seed may replace by its own, say by a larger one. */
  private static final SortedSet<String> REPLACEABLE =
      SortedCopies.setOf(List.of("/dev/mqueue", "/dev/shm"));

  private static final List<String> PROTECTED_TREES =
      List.of("/proc", "/sys", "/dev/pts", INIT_TARGET, SECRETS_TARGET, OwnUsers.FORMATS_TARGET);

  private static final SortedSet<String> PROTECTED = SortedCopies.setOf(List.of("/", "/dev"));

  /** Options of a tmpfs that a patch may give; nosuid and nodev are added to them. */
  private static final Pattern TMPFS_OPTION =
      Pattern.compile(
          "rw|ro|noexec|relatime|noatime|strictatime|nosuid|nodev"
              + "|mode=[0-7]{1,4}|(size|nr_inodes)=[0-9]{1,15}[kKmMgG]?|[ug]id=[0-9]{1,9}");

  private final Seed seed;
  private final Grants grants;
  private final WithheldList withheld;
  private final Map<String, Mount> byTarget = new LinkedHashMap<>();
  private final Map<String, String> volumesByTarget = new TreeMap<>();

  MountPlan(Seed seed, Grants grants, WithheldList withheld) {
    this.seed = seed;
    this.grants = grants;
    this.withheld = withheld;
    SecureDefaults.MOUNTS.forEach(this::put);
  }

  /**
   * Plans all mounts of a spec, given those of the patched spec.
   *
   * @throws TaskException with code {@code VOLUME_NOT_PLACED} or {@code ROOT_NOT_PLACED}
   */
  List<Mount> plan(List<Mount> patched, SpecInputs inputs) {
    patched.forEach(this::addPatched);
    seed.mounts().forEach(mount -> addAsked(mount, inputs));
    for (int i = 0; i < seed.files().size(); i++) {
      String target = LexicalPath.normalize(seed.files().get(i).target());
      if (isProtected(target)) {
        withheld.add("file " + target, WithheldList.CORE_SETS_IT);
      } else {
        put(bind(target, inputs.seedFiles().get(i).toString(), true));
      }
    }
    inputs.files().forEach(this::addFile);
    inputs.devices().edits().mounts().forEach(this::addOfDevice);
    inputs.networkFiles().ifPresent(this::addNetworkFiles);
    inputs
        .secrets()
        .ifPresent(
            directory ->
                put(
                    Mount.of(
                        SECRETS_TARGET,
                        "bind",
                        directory.toString(),
                        List.of("bind", "nosuid", "nodev", "noexec", "ro"))));
    if (inputs.users().filter(OwnUsers::binaryFormats).isPresent()) {
      List<String> options = List.of("nosuid", "nodev", "noexec");
      put(Mount.of(OwnUsers.FORMATS_TARGET, "binfmt_misc", "binfmt_misc", options));
    }
    if (seed.process().init()) {
      put(bind(INIT_TARGET, inputs.initProgram().toString(), true));
    }
    VolumePlacement.require(seed, inputs, volumesByTarget.values());
    return parentsFirst(byTarget.values());
  }

  /**
   * Puts each mount before the first that lies below it, else at the end. Below a target comes what
   * would be hidden by it.
   */
  private static List<Mount> parentsFirst(Collection<Mount> mounts) {
    List<Mount> ordered = new ArrayList<>();
    for (Mount mount : mounts) {
      int at = 0;
      while (at < ordered.size() && !isWithin(ordered.get(at), mount)) {
        at++;
      }
      ordered.add(at, mount);
    }
    return List.copyOf(ordered);
  }

  private static boolean isWithin(Mount mount, Mount above) {
    return LexicalPath.isWithin(
        String.valueOf(mount.destination()), String.valueOf(above.destination()));
  }

  /** As the operator's CDI file says, but not in place of what the task needs. */
  private void addOfDevice(DeviceEdits.Bind mount) {
    String target = LexicalPath.normalize(mount.target());
    if (isProtected(target)) {
      withheld.add("mount " + target + " of a device", WithheldList.CORE_SETS_IT);
    } else if (volumesByTarget.containsKey(target)) {
      withheld.add("mount " + target + " of a device", "a volume of the task is mounted there");
    } else {
      List<String> options = new ArrayList<>(mount.options());
      boolean bind = mount.type().orElse("bind").equals("bind");
      if (bind && !options.contains("bind") && !options.contains("rbind")) {
        options.add("rbind");
      }
      put(Mount.of(target, mount.type().orElse("bind"), mount.source(), options));
    }
  }

  private void addFile(String target, Path file) {
    String place = LexicalPath.normalize(target);
    if (isProtected(place)) {
      withheld.add("file " + place, WithheldList.CORE_SETS_IT);
    } else if (volumesByTarget.containsKey(place)) {
      withheld.add("file " + place, "a volume of the task is mounted there");
    } else {
      put(bind(place, file.toString(), true));
    }
  }

  /**
   * Whoever mounts something at one of these places or above brings the file along; runc would make
   * an empty one in a directory of the user's otherwise. The node has files of its own.
   */
  private void addNetworkFiles(NetworkFiles files) {
    if (seed.base() != Base.HOST) {
      files.resolvConf().ifPresent(file -> addNetworkFile(RESOLV_CONF_TARGET, file));
      files.hosts().ifPresent(file -> addNetworkFile(HOSTS_TARGET, file));
      files.hostname().ifPresent(file -> addNetworkFile(HOSTNAME_TARGET, file));
    }
  }

  private void addNetworkFile(String target, Path file) {
    if (byTarget.keySet().stream().noneMatch(above -> LexicalPath.isWithin(target, above))) {
      put(bind(target, file.toString(), true));
    }
  }

  private void addAsked(org.lfedge.eve.tasks.spi.seed.Mount mount, SpecInputs inputs) {
    String target = LexicalPath.normalize(mount.target());
    if (mount.source() instanceof Source.OfVolume volume) {
      Optional<VolumePlace> place = Optional.ofNullable(inputs.volumes().get(volume.name()));
      if (place.isPresent() && !isProtected(target)) {
        addVolume(target, place.get(), mount.readOnly());
        volumesByTarget.put(target, volume.name());
      }
    } else if (mount.source() instanceof Source.OfRoot) {
      if (inputs.root().isPresent() && !isProtected(target)) {
        addVolume(target, inputs.root().get(), mount.readOnly());
        volumesByTarget.put(target, Volumes.ROOT);
      }
    } else if (isProtected(target)) {
      withheld.add("mount " + target, WithheldList.CORE_SETS_IT);
    } else if (mount.source() instanceof Source.Tmpfs tmpfs) {
      List<String> options =
          List.of("nosuid", "nodev", "size=" + tmpfs.bytes(), mount.readOnly() ? "ro" : "rw");
      put(Mount.of(target, "tmpfs", "tmpfs", options));
    } else if (mount.source() instanceof Source.OfHost host) {
      // Which of them can be opened is up to the task's cgroup, as with those that it makes itself.
      String devices = grants.allowsDevicesIn(host.path()) ? "noexec" : "nodev";
      addOfHost(target, host.path(), mount.readOnly(), devices);
    } else if (mount.source() instanceof Source.OfNamespace of) {
      addOfNamespace(target, of.namespace(), inputs.own());
    } else if (mount.source() instanceof Source.State state) {
      Path place = inputs.own().states().get(state.name());
      addOwn(target, Optional.ofNullable(place), mount.readOnly());
    } else if (mount.source() instanceof Source.RuntimeDirectory) {
      addOwn(target, inputs.own().runtime(), mount.readOnly(), "noexec");
    } else {
      withheld.add("mount " + target, "this version of the core does not know its source");
    }
  }

  private void addOfNamespace(String target, Namespace namespace, OwnDirectories places) {
    if (grants.namespaces().contains(namespace)) {
      Path place =
          Optional.ofNullable(places.namespaces().get(namespace))
              .orElseThrow(() -> notPlaced(target));
      put(bind(target, place.toString(), true));
    } else {
      withheld.notGranted(
          "mount " + target + " of the node's namespace " + namespace, grants, "namespaces");
    }
  }

  private static IllegalArgumentException notPlaced(String target) {
    return new IllegalArgumentException("no place is known for what is mounted at " + target);
  }

  /** A directory of the task's own, which policy need not grant. */
  private void addOwn(String target, Optional<Path> place, boolean readOnly, String... more) {
    Path source = place.orElseThrow(() -> notPlaced(target));
    List<String> options = new ArrayList<>(List.of("bind", "rprivate", "nosuid", "nodev"));
    options.addAll(List.of(more));
    options.add(readOnly ? "ro" : "rw");
    put(Mount.of(target, "bind", source.toString(), options));
  }

  private void addVolume(String target, VolumePlace place, boolean askedReadOnly) {
    List<String> options = new ArrayList<>();
    String access = place.readOnly() || askedReadOnly ? "ro" : "rw";
    if (place instanceof VolumePlace.OnNode onNode) {
      boolean follows = onNode.propagation() == Propagation.SLAVE;
      options.addAll(List.of("bind", follows ? "rslave" : "rprivate", "nosuid", "nodev", access));
      put(Mount.of(target, "bind", onNode.path().toString(), options));
    } else if (place instanceof VolumePlace.InMemory memory) {
      options.addAll(List.of("nosuid", "nodev", "size=" + memory.bytes(), access));
      memory
          .owner()
          .ifPresent(
              owner ->
                  options.addAll(List.of("mode=0755", "uid=" + owner.uid(), "gid=" + owner.gid())));
      put(Mount.of(target, "tmpfs", "tmpfs", options));
    }
  }

  private void addPatched(Mount mount) {
    String destination = mount.destination();
    if (destination == null || !LexicalPath.isSound(destination)) {
      withheld.add("mount " + destination, "its target is not an absolute path without \"..\"");
      return;
    }
    String target = LexicalPath.normalize(destination);
    Mount own = coreMount(target);
    if (own != null) {
      if (!isNoMoreThan(mount, own)) {
        withheld.add("mount " + target + " of type " + mount.type(), WithheldList.CORE_SETS_IT);
      }
    } else if (isProtected(target)) {
      withheld.add("mount " + target, WithheldList.CORE_SETS_IT);
    } else if (mount.options().contains("bind") || mount.options().contains("rbind")) {
      withheld.unknown("mount " + target, mount.other());
      String source = mount.source() == null ? "" : mount.source();
      addOfHost(target, source, mount.options().contains("ro"), "nodev");
    } else if ("tmpfs".equals(mount.type())) {
      withheld.unknown("mount " + target, mount.other());
      put(Mount.of(target, "tmpfs", "tmpfs", tmpfsOptions(target, mount.options())));
    } else {
      withheld.add(
          "mount " + target + " of type " + mount.type(),
          "a seed may mount tmpfs and what policy grants of the node's files alone");
    }
  }

  private void addOfHost(String target, String path, boolean readOnly, String devices) {
    if (grants.allowsHostPath(path)) {
      put(bind(target, LexicalPath.normalize(path), readOnly, devices));
    } else {
      withheld.notGranted("mount " + target + " from the node's " + path, grants, "hostPaths");
    }
  }

  private List<String> tmpfsOptions(String target, List<String> asked) {
    List<String> options = new ArrayList<>(List.of("nosuid", "nodev"));
    for (String option : asked) {
      if (!TMPFS_OPTION.matcher(option).matches()) {
        withheld.add(
            "option " + option + " of mount " + target,
            "it is not among the options of a tmpfs that are known to be harmless");
      } else if (!options.contains(option)) {
        options.add(option);
      }
    }
    return options;
  }

  /**
   * The file systems of the node are bound without those that are mounted below: options such as
   * read-only would not reach them.
   */
  private static Mount bind(String target, String source, boolean readOnly) {
    return bind(target, source, readOnly, "nodev");
  }

  private static Mount bind(String target, String source, boolean readOnly, String option) {
    List<String> options = List.of("bind", "rprivate", "nosuid", option, readOnly ? "ro" : "rw");
    return Mount.of(target, "bind", source, options);
  }

  private static @Nullable Mount coreMount(String target) {
    return SecureDefaults.MOUNTS.stream()
        .filter(mount -> target.equals(mount.destination()))
        .findFirst()
        .orElse(null);
  }

  /** Whether a mount of a patch asks for nothing that the core's own at its target lacks. */
  private static boolean isNoMoreThan(Mount asked, Mount own) {
    return asked.other().isEmpty()
        && own.options().containsAll(asked.options())
        && own.type() != null
        && own.type().equals(asked.type());
  }

  private static boolean isProtected(String target) {
    return PROTECTED.contains(target)
        || PROTECTED_TREES.stream().anyMatch(tree -> LexicalPath.isWithin(target, tree))
        || (coreMount(target) != null && !REPLACEABLE.contains(target));
  }

  /** A later mount stands where it came, so that it lies over all that came before. */
  private void put(Mount mount) {
    volumesByTarget.remove(String.valueOf(mount.destination()));
    byTarget.remove(mount.destination());
    byTarget.put(String.valueOf(mount.destination()), mount);
  }
}
