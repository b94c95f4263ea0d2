package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * The volumes that the node keeps, and the volumes of tasks as they see them. Each volume of a task
 * is made ready at a path of its own, which the task then mounts; what lies at that path is what
 * was checked, whatever becomes of the path that a document named.
 */
public interface Volumes {

  /**
   * Stands for the root of a task, where that is mounted as volumes are: no volume of a document
   * can be called so.
   */
  String ROOT = "root.";

  /** Stands for the tools of a task, where they are mounted beside it. */
  String TOOLS = "tools.";

  /** The volumes that the node keeps, by name. */
  List<StoredVolume> list();

  /** One of them. */
  Optional<StoredVolume> find(String name);

  /**
   * Makes a volume that the node keeps; whole, or not at all.
   *
   * @param name as a task's
   * @param bytes how much it holds
   * @param content a directory of the node whose content is copied into it, within {@code
   *     policy.directories}
   * @param owner whom its uppermost directory is given to
   * @throws org.lfedge.eve.tasks.core.error.TaskException refused with VOLUME_EXISTS if there is
   *     one
   */
  @Effect
  StoredVolume create(
      String name, long bytes, Optional<String> content, Optional<VolumeConfig.Owner> owner);

  /**
   * Makes a volume that the node keeps, a raw disk with the content of another disk; whole, or not
   * at all. All of its space is taken at once; where the content is zeros, nothing is written.
   *
   * @param name as a task's
   * @param content which may change or go afterwards
   * @param bytes how large the disk is at least, with zeros after the content; 0 for as large as
   *     the content. Rounded up to whole sectors
   * @throws org.lfedge.eve.tasks.core.error.TaskException refused with VOLUME_EXISTS if there is
   *     one; with DIGEST_MISMATCH if the content is not the one that is meant, DISK_FULL, the
   *     refusals of sources of volumes and those of {@link #diskBytes}
   */
  @Effect
  StoredVolume createDisk(String name, DiskContent content, long bytes);

  /**
   * Removes a volume that the node keeps, and its content.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException refused with VOLUME_IN_USE while a task
   *     has it, not found with VOLUME_NOT_FOUND
   */
  @Effect
  void remove(String name);

  /**
   * Why volumes cannot be made ready, as far as that can be told without doing it.
   *
   * @return every problem, its path such as {@code volumes[0].source}
   */
  List<Problem> check(String task, List<VolumeConfig> volumes);

  /** In which ways a volume can be seen; at least one. */
  SortedSet<View> views(VolumeConfig volume);

  /**
   * Reads the user data of cloud-init from a file of the node. Nothing is made ready by that.
   *
   * @param path of a file within {@code policy.directories}
   * @return at most 64 KiB
   * @throws org.lfedge.eve.tasks.core.error.TaskException if the file cannot be the source of a
   *     volume, with TOO_LARGE if it holds more, with BAD_VALUE if it is not UTF-8
   */
  @Effect
  String userData(String task, VolumeConfig volume, String path);

  /** Where a volume of a task is made ready, whether it is or not. */
  Path path(String task, String volume);

  /**
   * Makes a volume of a task ready at its {@link #path}, making it first if it is one that comes
   * with the task. Succeeds if it is ready.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException with what is wrong; nothing is left then
   */
  @Effect
  void prepare(String task, VolumeConfig volume, View view);

  /**
   * Makes the file system of an image ready at the {@link #path} of {@link #ROOT}. What is written
   * to it is kept until {@link #release}. Succeeds if it is ready.
   *
   * @param chainId the chain ID of its uppermost layer, which must be unpacked
   * @param limited whether what is written goes to the disk of {@link #prepareWritable}, which must
   *     be ready
   */
  @Effect
  void prepareRoot(String task, String chainId, boolean readOnly, boolean limited);

  /**
   * Makes the file system of the tools ready at the {@link #path} of {@link #TOOLS}, to be read by
   * the node. Succeeds if it is ready.
   *
   * @param chainId the chain ID of its uppermost layer, which must be unpacked
   */
  @Effect
  void prepareTools(String task, String chainId);

  /**
   * How large a disk is for whoever uses it, in bytes. Nothing is made ready by that.
   *
   * @param volume one that offers {@link View#BLOCK}
   * @throws org.lfedge.eve.tasks.core.error.TaskException if the disk cannot be the source of a
   *     volume; with BACKING_FILE_REFUSED if it builds on other files, DISK_UNREADABLE if it is not
   *     what it is declared to be, DISK_TOO_LARGE
   */
  @Effect
  long diskBytes(String task, VolumeConfig volume);

  /**
   * What a JAR says of itself. Nothing is made ready by that.
   *
   * @param volume a file of the node, or a directory in which the path of the query is looked for
   * @return one that is not present if the directory has no such file
   * @throws org.lfedge.eve.tasks.core.error.TaskException if the file cannot be the source of a
   *     volume; with NOT_A_JAR if it is none
   */
  @Effect
  Fact jar(String task, VolumeConfig volume, FactQuery.JarFile query);

  /** Where the limited disk of a task's root is made ready, whether it is or not. */
  Path writable(String task);

  /**
   * Makes the limited disk ready that holds what a task writes to its root, in the directories
   * {@code fs} and {@code work} of an overlay; it is gone with {@link #release}. Succeeds if it is
   * ready.
   *
   * @param bytes its size
   * @return {@link #writable}
   */
  @Effect
  Path prepareWritable(String task, long bytes);

  /** How full the limited disk of a task's root is, if it has one that is ready. */
  Optional<StorageUse> writableUse(String task);

  /** Where a state of a task is made ready, whether it is or not. */
  Path state(String task, String name);

  /**
   * Makes a state of a task ready at its {@link #state}: a directory of its own that is empty at
   * first, and kept until {@link #removeStates}. One that is there stays as large as it is.
   * Succeeds if it is ready.
   *
   * @param bytes how much it holds
   * @param owner whose it is at first
   */
  @Effect
  void prepareState(String task, String name, long bytes, User owner);

  /** Removes the states of a task with all that is in them. */
  @Effect
  void removeStates(String task);

  /** Where the runtime directory of a task is made, whether it is there or not. */
  Path runtimeDirectory(String task);

  /**
   * Makes the runtime directory of a task: a file system in memory. What is written to it counts
   * towards the memory of whoever writes; what is left in it when a task has ended stays until the
   * next start or {@link #release}.
   *
   * @param bytes how much it holds
   * @param owner whose it is
   * @param anew whether it is empty, in place of an earlier one; if not, one that is there stays
   */
  @Effect
  void prepareRuntimeDirectory(String task, long bytes, User owner, boolean anew);

  /**
   * The end of a file in the runtime directory of a task. The task may have put anything there:
   * only a regular file is read, no link is followed, and nothing is waited for.
   *
   * @param name without a slash
   * @param maxBytes how much of a longer file
   * @return empty if there is no such file, or it cannot be read
   */
  Optional<byte[]> runtimeFile(String task, String name, int maxBytes);

  /**
   * Undoes {@link #prepare}, {@link #prepareRoot}, {@link #prepareWritable} and {@link
   * #prepareRuntimeDirectory} for a task, and has its states at rest; volumes that the node keeps
   * stay, those that were made with the task too.
   */
  @Effect
  void release(String task);

  /** Removes the volumes that were made with a task. */
  @Effect
  void purge(String task);

  /** The tasks for which something is ready. */
  List<String> tasks();
}
