package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.lfedge.eve.tasks.core.admission.TaskCharge;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.FactSource;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.spec.OwnUsers;
import org.lfedge.eve.tasks.core.spec.SpecInputs;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.task.HostFacts;

/** What the core knows of a task that is not in its seed, brought together for its spec. */
final class SpecKnowledge {

  private final TaskSurroundings surroundings;
  private final NetworkNamespaces namespaces;
  private final BinaryFormats binaryFormats;
  private final TaskFiles files;
  private final FactSource facts;
  private final HostFacts host;
  private final Planner.NodeLayout layout;

  SpecKnowledge(
      TaskSurroundings surroundings,
      NetworkNamespaces namespaces,
      BinaryFormats binaryFormats,
      TaskFiles files,
      FactSource facts,
      HostFacts host,
      Planner.NodeLayout layout) {
    this.surroundings = surroundings;
    this.namespaces = namespaces;
    this.binaryFormats = binaryFormats;
    this.files = files;
    this.facts = facts;
    this.host = host;
    this.layout = layout;
  }

  /**
   * All that the core knows of a task for its spec.
   *
   * @param executor whose seed it is
   * @param userNamespace whether the task has one of its own
   * @param cloudInit files that the core makes of data of cloud-init
   */
  SpecInputs inputs(
      UUID uuid,
      TaskDocument document,
      String executor,
      boolean userNamespace,
      Seed seed,
      TaskCharge charge,
      Grants grants,
      List<SeedFile> cloudInit) {
    String name = document.name();
    boolean secrets =
        document.env().values().stream().anyMatch(value -> value instanceof EnvValue.Secret);
    return new SpecInputs(
        name,
        uuid,
        charge.limitBytes(),
        charge.milliCpus(),
        layout.cgroup(name),
        namespaces.path(name),
        IntStream.range(0, seed.files().size())
            .mapToObj(index -> files.seedFile(name, index))
            .toList(),
        secrets ? Optional.of(files.secretsDirectory(name)) : Optional.empty(),
        layout.initProgram(),
        host.architecture(),
        document.terminal(),
        executor,
        surroundings.root().place(document, seed),
        surroundings.places(document),
        surroundings.cloudInitPlaces(document, seed, cloudInit),
        surroundings.networkFiles(document, seed, file -> facts.exists(file.toString())),
        surroundings.devices(document, seed, grants),
        surroundings.own(name, seed, namespaces::ofNode),
        users(document, seed, userNamespace));
  }

  private Optional<OwnUsers> users(TaskDocument document, Seed seed, boolean userNamespace) {
    return userNamespace
        ? Optional.of(
            new OwnUsers(
                namespaces.users(document.name()),
                !seed.binaryFormats().isEmpty()
                    && binaryFormats.scope() == BinaryFormats.Scope.TASK))
        : Optional.empty();
  }
}
