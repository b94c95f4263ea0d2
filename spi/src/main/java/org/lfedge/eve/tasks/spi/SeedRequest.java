package org.lfedge.eve.tasks.spi;

import java.util.Optional;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;

/** Everything that an executor may know when it makes a seed. */
public interface SeedRequest {

  /** What the task document says. */
  TaskConfig task();

  /** The image of the root, if the root is one; it is on the node and its config was read. */
  Optional<ResolvedImage> image();

  /** The image of the tools, if the document or the node's config names one; it is on the node. */
  Optional<ResolvedImage> tools();

  /**
   * The user that the task document asks for, else that of the image; names were resolved by the
   * core in the passwd and group files of the root itself. Empty if neither names one.
   */
  Optional<User> user();

  /** The node. */
  HostFacts host();

  /**
   * The answer to a question that {@link Executor#facts} asked.
   *
   * @throws IllegalArgumentException if it was not asked
   */
  Fact fact(FactQuery query);
}
