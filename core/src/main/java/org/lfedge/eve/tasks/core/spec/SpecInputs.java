package org.lfedge.eve.tasks.core.spec;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * What the core knows of a task that its seed does not say.
 *
 * @param name the task's name, which becomes its hostname
 * @param uuid becomes an annotation
 * @param memoryBytes the limit of the cgroup, the tax included
 * @param milliCpus the limit of the cgroup in thousandths of a CPU, the tax included
 * @param cgroupsPath where the cgroup lies
 * @param networkNamespace where the task's network namespace is pinned
 * @param seedFiles where the files of the seed lie on the node, in the seed's order
 * @param secrets the directory on the node with the task's secrets, if it has any
 * @param initProgram where the core's tiny init lies on the node
 * @param architecture of the node in Go's words, such as {@code amd64}
 * @param terminal whether the streams of the anchor are a terminal
 * @param executor whose seed it is, for messages
 * @param root the task's own root, where the seed is to mount it: its anchor stands on its tools
 * @param volumes all volumes of the task by name
 * @param files where further files for the task lie on the node, by their targets, such as those of
 *     cloud-init; mounted read-only, never in place of a volume
 * @param networkFiles mounted unless the root is the node's own, or the seed mounts something there
 * @param devices of the node
 * @param own directories that the seed asks for, and namespaces of the node
 * @param users its own user namespace, if it has one
 */
public record SpecInputs(
    String name,
    UUID uuid,
    long memoryBytes,
    int milliCpus,
    String cgroupsPath,
    Path networkNamespace,
    List<Path> seedFiles,
    Optional<Path> secrets,
    Path initProgram,
    String architecture,
    boolean terminal,
    String executor,
    Optional<VolumePlace> root,
    SortedMap<String, VolumePlace> volumes,
    SortedMap<String, Path> files,
    Optional<NetworkFiles> networkFiles,
    DeviceInputs devices,
    OwnDirectories own,
    Optional<OwnUsers> users) {

  /** Keeps copies of the collections. */
  public SpecInputs {
    seedFiles = List.copyOf(seedFiles);
    volumes = SortedCopies.mapOf(volumes);
    files = SortedCopies.mapOf(files);
  }

  /** For a seed that asks for no directories of its own, and no users. */
  public SpecInputs(
      String name,
      UUID uuid,
      long memoryBytes,
      int milliCpus,
      String cgroupsPath,
      Path networkNamespace,
      List<Path> seedFiles,
      Optional<Path> secrets,
      Path initProgram,
      String architecture,
      boolean terminal,
      String executor,
      Optional<VolumePlace> root,
      SortedMap<String, VolumePlace> volumes,
      SortedMap<String, Path> files,
      Optional<NetworkFiles> networkFiles,
      DeviceInputs devices) {
    this(
        name,
        uuid,
        memoryBytes,
        milliCpus,
        cgroupsPath,
        networkNamespace,
        seedFiles,
        secrets,
        initProgram,
        architecture,
        terminal,
        executor,
        root,
        volumes,
        files,
        networkFiles,
        devices,
        OwnDirectories.NONE,
        Optional.empty());
  }

  /** The problem of a seed that breaks its contract, which is a fault of its executor. */
  public Problem defect(String code, String what) {
    return Problem.internal(
        code,
        "the seed that executor "
            + executor
            + " made for task "
            + name
            + " "
            + what
            + "; report this to the vendor of the executor");
  }
}
