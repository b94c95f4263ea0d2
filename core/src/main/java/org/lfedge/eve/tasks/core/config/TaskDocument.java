package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.lifecycle.Dependency;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;
import org.lfedge.eve.tasks.spi.task.Root.Kind;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * A task document after it was read and checked, all defaults filled in. What the keys mean stands
 * in {@code docs/task-document.md}.
 *
 * @param name unique on the node
 * @param displayName for people
 * @param executor as the document names it
 * @param tools the image of tools that the document names, which is fetched if it is not here
 * @param root where the root file system comes from
 * @param readOnlyRoot whether the task sees its root read-only
 * @param maxWritableBytes how much the task may write to its root, over what lies below; empty
 *     where nothing but the disk limits it
 * @param command replaces the image's; may be empty
 * @param user replaces the image's, by names or numbers
 * @param workingDir replaces the image's
 * @param env on top of the image's
 * @param init whether a tiny init is PID 1
 * @param memoryBytes what the workload asks for
 * @param milliCpus what the workload asks for, in thousandths of a CPU
 * @param taxMemoryBytes the operator's override of the anchor tax
 * @param pinnedCpus CPUs of the node that the task has for itself, sorted; empty to share the
 *     others
 * @param terminal whether the anchor's streams are a terminal
 * @param stopGrace how long the first stop step may take
 * @param restart what follows an exit that was not asked for
 * @param health how it is found out whether the task works
 * @param after which tasks must have come how far before this one is started; sorted by name, each
 *     of them once, never the task itself
 * @param volumes in the order of the document; names and targets are distinct
 * @param interfaces in the order of the document; names, MACs and ports of the node are distinct
 * @param hostNetwork whether the task is on the network of the node itself, and has no interfaces
 * @param devices each of them once
 * @param options the executor's own, an object; checked when the executor is known
 */
public record TaskDocument(
    String name,
    Optional<String> displayName,
    Optional<String> executor,
    Optional<String> tools,
    RootSource root,
    boolean readOnlyRoot,
    OptionalLong maxWritableBytes,
    List<String> command,
    Optional<String> user,
    Optional<String> workingDir,
    SortedMap<String, EnvValue> env,
    boolean init,
    long memoryBytes,
    int milliCpus,
    OptionalLong taxMemoryBytes,
    List<Integer> pinnedCpus,
    boolean terminal,
    Duration stopGrace,
    RestartPolicy restart,
    Optional<HealthCheck> health,
    List<Dependency> after,
    List<VolumeConfig> volumes,
    List<InterfaceConfig> interfaces,
    boolean hostNetwork,
    List<DeviceConfig> devices,
    JsonNode options) {

  /** Keeps copies of the collections. */
  public TaskDocument {
    command = List.copyOf(command);
    env = SortedCopies.mapOf(env);
    pinnedCpus = List.copyOf(pinnedCpus);
    after = List.copyOf(after);
    volumes = List.copyOf(volumes);
    interfaces = List.copyOf(interfaces);
    devices = List.copyOf(devices);
  }

  /**
   * The volumes of the node that the task has or makes, by the names that the node keeps them by.
   */
  public SortedSet<String> storedVolumes() {
    SortedSet<String> names = new TreeSet<>();
    volumes.forEach(volume -> volume.storedName(name).ifPresent(stored -> names.add(stored)));
    if (root instanceof RootSource.Volume kept) {
      names.add(kept.name());
    }
    return names;
  }

  /** With other volumes. */
  public TaskDocument withVolumes(List<VolumeConfig> others) {
    return with(executor, root, others, options);
  }

  /** With another root. */
  public TaskDocument withRoot(RootSource other) {
    return with(executor, other, volumes, options);
  }

  /** With an executor that it need not have named, and an option of that. */
  public TaskDocument withExecutor(String name, String option, String value) {
    ObjectNode more = options.deepCopy();
    more.put(option, value);
    return with(Optional.of(name), root, volumes, more);
  }

  private TaskDocument with(
      Optional<String> newExecutor,
      RootSource newRoot,
      List<VolumeConfig> newVolumes,
      JsonNode newOptions) {
    return new TaskDocument(
        name,
        displayName,
        newExecutor,
        tools,
        newRoot,
        readOnlyRoot,
        maxWritableBytes,
        command,
        user,
        workingDir,
        env,
        init,
        memoryBytes,
        milliCpus,
        taxMemoryBytes,
        pinnedCpus,
        terminal,
        stopGrace,
        restart,
        health,
        after,
        newVolumes,
        interfaces,
        hostNetwork,
        devices,
        newOptions);
  }

  /** Where the root comes from. Paths are absolute. */
  public sealed interface RootSource {

    /** What executors call it. */
    Kind kind();

    /** An image by name. */
    record Image(String reference, Pull pull) implements RootSource {
      @Override
      public Kind kind() {
        return Kind.IMAGE;
      }
    }

    /** An image in an OCI layout, a directory or an archive. */
    record Layout(String path) implements RootSource {
      @Override
      public Kind kind() {
        return Kind.IMAGE;
      }
    }

    /** A directory with a root file system. */
    record Directory(String path) implements RootSource {
      @Override
      public Kind kind() {
        return Kind.DIRECTORY;
      }
    }

    /** An OCI bundle. */
    record Bundle(String path) implements RootSource {
      @Override
      public Kind kind() {
        return Kind.BUNDLE;
      }
    }

    /** The node's own root. */
    record Host() implements RootSource {
      @Override
      public Kind kind() {
        return Kind.HOST;
      }
    }

    /**
     * A file of the node with a root in it, such as a disk or a JAR; what it holds is declared and
     * never guessed.
     */
    record File(String path, VolumeConfig.Format format) implements RootSource {
      @Override
      public Kind kind() {
        return Kind.FILE;
      }

      /** The key of documents that stands for files like this one. */
      public String key() {
        return format.isDisk() ? "disk" : format.word();
      }
    }

    /**
     * A file with a root in it that the node fetches and keeps for the task, and to which nobody
     * writes.
     *
     * @param digest of the file; empty as long as only a registry could tell
     */
    record Fetched(FileOrigin from, VolumeConfig.Format format, Optional<String> digest)
        implements RootSource {
      @Override
      public Kind kind() {
        return Kind.FILE;
      }

      /** The same file, of which it is known by now what is in it. */
      public Fetched as(String found) {
        return new Fetched(from, format, Optional.of(found));
      }

      /** The key of documents that stands for where it comes from. */
      public String key() {
        return new File("", format).key() + (from instanceof FileOrigin.Url ? ".url" : ".artifact");
      }
    }

    /**
     * A disk that the node keeps as a volume: what the task writes to it outlives the task.
     *
     * @param name of the volume
     */
    record Volume(String name) implements RootSource {
      @Override
      public Kind kind() {
        return Kind.FILE;
      }
    }

    /**
     * The document says nothing of a root: for a task with tools there is none then, for any other
     * it is the node's.
     */
    record Unsaid() implements RootSource {
      @Override
      public Kind kind() {
        return Kind.NONE;
      }
    }
  }

  /** When the image of a task is fetched from its registry, as the task is made. */
  public enum Pull {
    /** Each time, so that a tag that has moved is followed. */
    ALWAYS,
    /** If it is not on the node. */
    MISSING,
    /** By hand alone. */
    NEVER
  }

  /** The value of a variable. */
  public sealed interface EnvValue {

    /** As it stands in the document. */
    record Text(String value) implements EnvValue {}

    /** The content of a file of the node, which reaches the task as a file alone. */
    record Secret(String path) implements EnvValue {}
  }
}
