package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;

/** Kinds of executable files that the kernel runs by interpreters, for one task or for all. */
public interface BinaryFormats {

  /** For whom a format holds that a task asks for. */
  enum Scope {
    /** For the processes of the task alone, in its user namespace. */
    TASK,
    /** For all of the node, since its kernel knows no tables of user namespaces. */
    NODE
  }

  /**
   * For whom formats will hold that are registered on this node.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException {@code BINARY_FORMATS_NOT_ALLOWED} if
   *     that is the whole node and its config does not allow it
   */
  Scope scope();

  /**
   * Registers formats for a task whose anchor was made and not started. Succeeds if they are.
   *
   * @param pid of the anchor
   * @param tools where the file system is mounted that the interpreters are in; they are opened
   *     now, and are not looked for again while the task runs
   * @throws org.lfedge.eve.tasks.core.error.TaskException {@code INTERPRETER_NOT_FOUND} if one is
   *     not in the tools, {@code BINARY_FORMAT_REFUSED} if the kernel takes none, and what {@link
   *     #scope} throws
   */
  @Effect
  void register(String task, int pid, List<BinaryFormat> formats, Path tools);

  /** Removes what holds for the whole node and was registered for a task. */
  @Effect
  void release(String task);

  /** The tasks for which something is registered that holds for the whole node. */
  List<String> tasks();
}
