package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * The volumes that the node keeps, and the volumes of tasks as they see them. Each volume of a task
 * is made ready at a path of its own, which the task then mounts; what lies at that path is what
 * was checked, whatever becomes of the path that a document named.
 */
public interface Volumes {

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
   * Removes a volume that the node keeps, and its content.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException refused with VOLUME_IN_USE while a task
   *     has it, not found with VOLUME_NOT_FOUND
   */
  @Effect
  void remove(String name);

  /**
   * Refuses volumes that cannot be made ready, as far as that can be told without doing it.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException with every problem, its path such as
   *     {@code volumes[0].source}
   */
  void check(String task, List<VolumeConfig> volumes);

  /** In which ways a volume can be seen; at least one. */
  SortedSet<View> views(VolumeConfig volume);

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

  /** Undoes {@link #prepare} for all volumes of a task; volumes that the node keeps stay. */
  @Effect
  void release(String task);

  /** Removes the volumes that were made with a task. */
  @Effect
  void purge(String task);

  /** The tasks for which something is ready. */
  List<String> tasks();
}
