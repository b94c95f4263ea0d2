package org.lfedge.eve.tasks.core.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * Holds a seed to the interfaces of its task: what its attachments join, and how they are called.
 */
public final class Attachments {

  private Attachments() {}

  /**
   * Checks a seed.
   *
   * @param executor that made it
   * @throws TaskException with code {@code ATTACHMENT_INVALID} and all that is wrong
   */
  public static void require(Seed seed, String executor, TaskConfig task) {
    List<String> names = task.interfaces().stream().map(NetworkInterface::name).toList();
    List<Problem> problems = new ArrayList<>();
    for (Attachment attachment : seed.attachments()) {
      if (!names.contains(attachment.interfaceName())) {
        problems.add(
            problem(
                executor,
                task,
                attachment,
                "joins interface "
                    + attachment.interfaceName()
                    + ", which the task does not have"));
      }
      if (names.contains(attachment.tapName())) {
        problems.add(
            problem(executor, task, attachment, "has the name of an interface of the task"));
      }
      if (seed.shared().contains(Namespace.NETWORK)) {
        problems.add(
            problem(
                executor,
                task,
                attachment,
                "is in the network namespace of the task, and the seed asks for the node's"));
      }
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  private static Problem problem(
      String executor, TaskConfig task, Attachment attachment, String what) {
    return Problem.internal(
        "ATTACHMENT_INVALID",
        "in the seed that executor "
            + executor
            + " made for task "
            + task.name()
            + ", "
            + attachment.form().name().toLowerCase(Locale.ROOT)
            + " "
            + attachment.tapName()
            + " "
            + what
            + "; report this to the vendor of the executor");
  }
}
