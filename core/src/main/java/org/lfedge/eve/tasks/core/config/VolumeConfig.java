package org.lfedge.eve.tasks.core.config;

import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * A volume of a task document, checked and with its defaults.
 *
 * @param name unique in its task, for people and for the seed
 * @param source where its content comes from
 * @param target where the task sees it: absolute and normalized; empty for one that only a guest is
 *     handed
 * @param readOnly whether the task may not write to it
 * @param propagation whether what the node mounts below it later shows inside
 * @param owner whom its uppermost directory is given to when the volume is made
 */
public record VolumeConfig(
    String name,
    Source source,
    Optional<String> target,
    boolean readOnly,
    Propagation propagation,
    Optional<Owner> owner) {

  /**
   * The name by which the node keeps it, if it does: the content of such a volume outlives the
   * task.
   *
   * @param task whose volume it is
   */
  public Optional<String> storedName(String task) {
    if (source instanceof Source.Named named) {
      return Optional.of(named.volume());
    }
    boolean kept = source instanceof Source.Blank || (source instanceof Source.Image && !readOnly);
    return kept ? Optional.of(task + "." + name) : Optional.empty();
  }

  /** With another source. */
  public VolumeConfig from(Source other) {
    return new VolumeConfig(name, other, target, readOnly, propagation, owner);
  }

  /** With the text of user data in place of a file with it; any other volume stays as it is. */
  public VolumeConfig withUserData(Source.CloudInit.UserData.Text text) {
    return source instanceof Source.CloudInit data
            && data.userData() instanceof Source.CloudInit.UserData.InFile
        ? from(new Source.CloudInit(text, data.metaData(), data.networkConfig()))
        : this;
  }

  /** Whether the task may not write to it, as the document says so or what it is. */
  public boolean neverWritable() {
    return readOnly || source instanceof Source.CloudInit;
  }

  /** Whether what the node mounts below a volume later shows inside the task. */
  public enum Propagation {
    /** Neither way; the default. */
    PRIVATE,
    /** From the node to the task, never back. */
    SLAVE
  }

  /**
   * A numeric owner.
   *
   * @param uid 0 to 2^31 - 1
   * @param gid 0 to 2^31 - 1
   */
  public record Owner(int uid, int gid) {

    /** Refuses negative numbers. */
    public Owner {
      if (uid < 0 || gid < 0) {
        throw new IllegalArgumentException("ids must not be negative: " + uid + ":" + gid);
      }
    }
  }

  /** What a disk or another single file holds; it is declared, never guessed from the content. */
  public enum Format {
    RAW,
    QCOW2,
    VMDK,
    VHDX,
    ISO,
    JAR,
    /** A file that is handed on as it is. */
    FILE;

    /** Those of disks. */
    static Format[] disks() {
      return Stream.of(values()).filter(Format::isDisk).toArray(Format[]::new);
    }

    /** Whether it is one of a program, which alone can say what a disk in it holds. */
    public boolean isForeign() {
      return switch (this) {
        case QCOW2, VMDK, VHDX -> true;
        case RAW, ISO, JAR, FILE -> false;
      };
    }

    /** Whether it is one of a disk. */
    public boolean isDisk() {
      return switch (this) {
        case RAW, QCOW2, VMDK, VHDX, ISO -> true;
        case JAR, FILE -> false;
      };
    }

    /** The word that documents have for it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where the content of a volume comes from. Paths are absolute. */
  public sealed interface Source {

    /** A directory or a file of the node, within {@code policy.directories}. */
    record HostPath(String path) implements Source {}

    /**
     * A file of the node, within {@code policy.directories}, with what it holds. Disks are mounted
     * for containers and handed to guests as they are.
     */
    record DiskFile(String path, Format format) implements Source {}

    /**
     * A file that the node has fetched, with what it holds, for reading alone. No document has it
     * as a volume: it is the root of a task.
     *
     * @param digest {@code sha256:} and 64 hex digits
     */
    record Fetched(String digest, Format format) implements Source {}

    /** A volume of the node by its name, see {@code taskctl volumes}. */
    record Named(String volume) implements Source {}

    /**
     * A volume of the node that is made with the task, empty, and outlives it: {@code TASK.NAME}.
     *
     * @param bytes how much it holds
     */
    record Blank(long bytes) implements Source {}

    /** The root file system of an image; what is written to it outlives the task. */
    record Image(String reference) implements Source {}

    /**
     * In memory; what is written to it counts towards the task's memory and is gone with its stop.
     *
     * @param bytes its size limit
     */
    record Tmpfs(long bytes) implements Source {}

    /**
     * The names and addresses of all tasks on a network, as files that follow every change; for
     * tasks that are on it themselves. What they are is told by {@code docs/task-document.md}.
     *
     * @param network of the node
     */
    record NetworkNames(String network) implements Source {}

    /**
     * Data of cloud-init: a disk for guests, variables and files for containers. At most one volume
     * of a task is such.
     *
     * @param userData what {@code user-data} holds
     * @param metaData keys and values beside those that the node sets
     * @param networkConfig the text of {@code network-config}
     */
    record CloudInit(
        UserData userData, SortedMap<String, String> metaData, Optional<String> networkConfig)
        implements Source {

      /** Where the text of {@code user-data} is. It may be private to the task. */
      public sealed interface UserData {

        /** In the document. */
        record Text(String text) implements UserData {

          /** Without the text. */
          @Override
          public String toString() {
            return "Text[" + text.length() + " characters]";
          }
        }

        /** In a file of the node, within {@code policy.directories}. */
        record InFile(String path) implements UserData {}
      }

      /** Keeps a copy. */
      public CloudInit {
        metaData = SortedCopies.mapOf(metaData);
      }

      /** Without its content, which may be private to the task. */
      @Override
      public String toString() {
        return "CloudInit[" + userData + "]";
      }
    }
  }
}
