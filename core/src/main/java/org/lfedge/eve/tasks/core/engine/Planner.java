package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;
import org.lfedge.eve.tasks.core.admission.TaskCharge;
import org.lfedge.eve.tasks.core.config.OptionValues;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.engine.ToolsLookup.Tools;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.FactSource;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.spec.AssembledSpec;
import org.lfedge.eve.tasks.core.spec.Attachments;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Mount;
import org.lfedge.eve.tasks.core.spec.SpecAssembly;
import org.lfedge.eve.tasks.core.spec.SpecInputs;
import org.lfedge.eve.tasks.core.spec.Users;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;

/** Makes the blueprint of a task: from its document, through the seed, to the final spec. */
public final class Planner {

  private final TaskImages images;
  private final FactSource factSource;
  private final Seeding seeding;
  private final TaskSurroundings surroundings;
  private final SpecKnowledge knowledge;
  private final Policy policy;

  /**
   * What every spec of the node refers to.
   *
   * @param cgroupParent absolute path below which tasks get their cgroups, such as {@code
   *     /taskmanager}
   * @param initProgram the tiny init for tasks that ask for one
   */
  public record NodeLayout(String cgroupParent, Path initProgram) {

    /** The cgroup of a task. */
    public String cgroup(String task) {
      return cgroupParent + "/" + task;
    }
  }

  /**
   * What was planned for a task.
   *
   * @param charge its limits
   */
  record Plan(Blueprint blueprint, AssembledSpec spec, TaskCharge charge) {}

  /**
   * Looks things up in these; of them, only the images and the files that were fetched are changed.
   *
   * @param toolsByExecutor the names of the images of tools by the executors that run in them where
   *     documents name none
   * @param emulates whether tasks that name no executor get the one that emulates, if their image
   *     is for another platform
   */
  public Planner(
      ExecutorCatalog executors,
      SandboxedExecutors sandboxed,
      ImageStore images,
      FetchedFiles fetched,
      SortedMap<String, String> toolsByExecutor,
      boolean emulates,
      FactSource factSource,
      NetworkNamespaces namespaces,
      Networks networks,
      BinaryFormats binaryFormats,
      Volumes volumes,
      Devices devices,
      TaskFiles files,
      HostFacts host,
      Policy policy,
      NodeLayout layout) {
    this.images =
        new TaskImages(
            new RootLookup(images, fetched, factSource, volumes, policy),
            new ToolsLookup(
                executors, images, new ArtifactExecutors(images, sandboxed), toolsByExecutor),
            new RootPlatforms(executors, host.architecture(), emulates));
    this.factSource = factSource;
    this.seeding = new Seeding(factSource, devices, host);
    this.surroundings = new TaskSurroundings(networks, volumes, devices, files);
    this.knowledge =
        new SpecKnowledge(surroundings, namespaces, binaryFormats, files, factSource, host, layout);
    this.policy = policy;
  }

  /**
   * Checks a document as far as that needs no root.
   *
   * @throws TaskException with what is wrong
   */
  public void check(TaskDocument asked) {
    TaskDocument document = images.rooted(asked);
    policy.checkDocument(document);
    surroundings.check(document);
    // Its tools may have to be fetched before anybody knows which executor it has.
    images.executor(document).ifPresent(found -> check(document, found.executor().info()));
  }

  /**
   * Whether the executor of a task gives it a user namespace of its own, to which its network
   * namespace belongs then.
   */
  boolean wantsUserNamespace(TaskDocument document) {
    return images
        .executor(images.decided(images.rooted(document)))
        .filter(found -> found.executor().info().userNamespace())
        .isPresent();
  }

  private static void check(TaskDocument document, ExecutorInfo info) {
    if (info.userNamespace() && document.hostNetwork()) {
      throw TaskException.failed(
          Problem.inDocument(
              "CONFLICT",
              "interfaces[0].network",
              "host",
              "tasks of executor "
                  + info.name()
                  + " have a user namespace of their own, to which the network of the node does not"
                  + " belong; name another network"));
    }
    if (!info.rootKinds().contains(document.root().kind())) {
      throw TaskException.failed(
          Problem.inDocument(
              "ROOT_NOT_SUPPORTED",
              "root",
              document.root().kind().name().toLowerCase(Locale.ROOT),
              "executor "
                  + info.name()
                  + " starts only roots of these kinds: "
                  + info.rootKinds()));
    }
    OptionValues.check(info.options(), document.options());
  }

  /** Whether an image has to be fetched before a task can be planned. */
  boolean wantsFetch(TaskDocument document) {
    return images.wantsFetch(document);
  }

  /** Fetches the images of a task. */
  void fetch(TaskDocument document) {
    images.fetch(document, this::check);
  }

  /** The names of the images of tools that the node's config has for executors. */
  SortedSet<String> toolsOfNode() {
    return images.toolsOfNode();
  }

  /** Plans a task and leaves nothing behind. */
  Plan render(UUID uuid, TaskDocument asked) {
    check(asked);
    TaskDocument document = images.rooted(asked);
    return plan(uuid, images.examine(document), surroundings.expected(document));
  }

  /**
   * Plans a task, bringing in and unpacking its images; if that fails, nothing is left of it.
   *
   * @param interfaces as they were made
   */
  Plan plan(UUID uuid, TaskDocument asked, List<AttachedInterface> interfaces) {
    check(asked);
    TaskDocument document = images.rooted(asked);
    try {
      return plan(uuid, images.prepare(uuid, document), interfaces);
    } catch (RuntimeException e) {
      images.forget(uuid);
      throw e;
    }
  }

  /**
   * Whether planning a task may bring something to the node that is found by its record alone: an
   * image, or interfaces.
   */
  boolean bringsBeforePlan(TaskDocument document) {
    return RootLookup.bringsImage(document) || !document.interfaces().isEmpty();
  }

  /** Removes what planning a task brought to the node, when the task was not made after all. */
  void forget(UUID uuid) {
    images.forget(uuid);
  }

  private Plan plan(UUID uuid, TaskImages.Found found, List<AttachedInterface> interfaces) {
    RootLookup.Found root = found.root();
    TaskDocument document = surroundings.withUserData(found.document());
    CloudInitReading cloudInit = CloudInitReading.of(document);
    LoadedExecutor loaded = images.executor(document).orElseThrow();
    ExecutorInfo info = loaded.executor().info();
    check(document, info);
    TaskConfig config =
        SeedInput.config(
            uuid,
            document,
            root.root(),
            OptionValues.check(info.options(), document.options()),
            cloudInit.env(),
            surroundings.volumes(document),
            interfaces);
    Seed seed =
        seeding.seed(
            loaded.executor(),
            config,
            root.image().map(ImageDetails::config),
            found.tools().map(tools -> tools.image().config()),
            user(document, root),
            query -> surroundings.root().answer(document, query));
    Attachments.require(seed, info.name(), config);
    TaskCharge charge = charge(document, seed);
    Grants grants = grants(document, loaded.origin());
    SpecInputs inputs =
        knowledge.inputs(
            uuid,
            document,
            info.name(),
            info.userNamespace(),
            seed,
            charge,
            grants,
            cloudInit.files(seed));
    Optional<Tools> used = used(document, loaded, seed, found.tools(), inputs);
    AssembledSpec spec = SpecAssembly.assemble(seed, inputs, grants);
    RootFilesystem filesystem =
        used.filter(tools -> seed.base() == Base.TOOLS)
            .<RootFilesystem>map(tools -> new RootFilesystem.Layers(tools.image().chainId()))
            .orElseGet(() -> filesystem(document, seed, root, inputs));
    if (filesystem instanceof RootFilesystem.Host) {
      requireMountTargets(document.name(), spec.spec().mounts());
    }
    Blueprint blueprint =
        new Blueprint(
            info.name(),
            loaded.version(),
            loaded.digest(),
            loaded.origin(),
            root.image().map(image -> image.config().digest()),
            root.trust(),
            filesystem,
            used.map(tools -> tools(tools, seed, root)),
            info.userNamespace(),
            seed,
            spec.json(),
            cloudInit.text().filter(text -> !found.document().equals(document)),
            found.emulation(),
            root.fetched());
    return new Plan(blueprint, spec, charge);
  }

  private static TaskRecord.Tools tools(Tools found, Seed seed, RootLookup.Found root) {
    return new TaskRecord.Tools(
        found.image().config().digest(),
        found.trust(),
        seed.base() == Base.TOOLS
            ? root.image().map(ImageDetails::chainId)
            : Optional.of(found.image().chainId()));
  }

  /** The tools of a task, if its anchor runs in them or is given interpreters out of them. */
  private static Optional<Tools> used(
      TaskDocument document,
      LoadedExecutor loaded,
      Seed seed,
      Optional<Tools> found,
      SpecInputs inputs) {
    boolean interpreters = !seed.binaryFormats().isEmpty();
    if (seed.base() != Base.TOOLS && !interpreters) {
      if (loaded.origin() != Origin.TOOLS_ARTIFACT) {
        ToolsLookup.refuseUnused(document, loaded.executor().info().name());
      }
      return Optional.empty();
    }
    if (found.isEmpty()) {
      throw TaskException.failed(inputs.defect("NO_TOOLS", "needs tools, and the task has none"));
    }
    return found;
  }

  private RootFilesystem filesystem(
      TaskDocument document, Seed seed, RootLookup.Found root, SpecInputs inputs) {
    if (seed.base() == Base.HOST) {
      return hostRoot();
    }
    return root.filesystem()
        .map(below -> surroundings.limited(document, below))
        .orElseThrow(
            () ->
                TaskException.failed(
                    inputs.defect(
                        "ROOT_NOT_A_FILESYSTEM",
                        "runs in the root of the task, which is no file system")));
  }

  /** A task that serves names on a network has to answer those who have no address there yet. */
  private Grants grants(TaskDocument document, Origin origin) {
    Grants grants = policy.grants(origin);
    return surroundings.servesNames(document.name()) ? grants.with("CAP_NET_ADMIN") : grants;
  }

  /**
   * The blueprint of a task on record with its devices as they are now, by the policy of now. One
   * without devices stays as it is.
   *
   * @throws TaskException if a device is missing, no longer allowed, or cannot be handed over
   */
  Blueprint withDevices(TaskRecord record, Blueprint blueprint) {
    TaskDocument document = blueprint.completed(record.document());
    Seed seed = blueprint.seed();
    if (document.devices().isEmpty() && seed.devices().isEmpty()) {
      return blueprint;
    }
    policy.checkDevices(document);
    Grants grants = grants(document, blueprint.origin());
    AssembledSpec spec =
        SpecAssembly.assemble(
            seed,
            knowledge.inputs(
                record.uuid(),
                document,
                blueprint.executor(),
                blueprint.userNamespace(),
                seed,
                charge(record),
                grants,
                CloudInitReading.of(document).files(seed)),
            grants);
    return blueprint.withSpec(spec.json());
  }

  private RootFilesystem hostRoot() {
    if (!policy.allowHostRoot()) {
      throw TaskException.failed(Policy.hostRootNotAllowed());
    }
    return new RootFilesystem.Host();
  }

  /** A target that is missing would be made on the node itself, and stay there. */
  private void requireMountTargets(String task, List<Mount> mounts) {
    List<Path> mounted = new ArrayList<>();
    for (Mount mount : mounts) {
      Path target = Path.of(String.valueOf(mount.destination()));
      boolean inside = mounted.stream().anyMatch(above -> target.startsWith(above));
      if (!inside && !factSource.exists(target.toString())) {
        throw TaskException.failed(
            Problem.host(
                "MOUNT_TARGET_MISSING",
                "task "
                    + task
                    + " has the node's own root and mounts "
                    + target
                    + ", which the node does not have; make it (mkdir "
                    + target
                    + "), or give the task a root of its own"));
      }
      mounted.add(target);
    }
  }

  private static TaskCharge charge(TaskDocument document, Seed seed) {
    return TaskCharge.of(
        document.name(),
        document.memoryBytes(),
        document.milliCpus(),
        seed,
        document.taxMemoryBytes());
  }

  /** What a task on record takes from the node. */
  static TaskCharge charge(TaskRecord record) {
    TaskDocument document = record.document();
    return record
        .blueprint()
        .map(blueprint -> charge(document, blueprint.seed()))
        .orElseGet(
            () ->
                TaskCharge.unseeded(
                    document.name(),
                    document.memoryBytes(),
                    document.milliCpus(),
                    document.taxMemoryBytes()));
  }

  private static Optional<User> user(TaskDocument document, RootLookup.Found root) {
    return document
        .user()
        .or(() -> root.image().flatMap(ImageDetails::user))
        .map(text -> Users.resolve(text, root.accounts()));
  }
}
