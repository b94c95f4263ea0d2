package org.lfedge.eve.tasks.dist;

import java.util.List;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.directory.DocumentDirectory;
import org.lfedge.eve.tasks.core.engine.Change;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the documents of the node's task directory.
 *
 * @param prune whether tasks that none of them names are deleted
 */
record DirectoryDeclaration(TaskManager tasks, boolean prune)
    implements DocumentDirectory.Declaration {

  private static final Logger log = LoggerFactory.getLogger(DirectoryDeclaration.class);

  @Override
  public boolean apply(List<TaskDocument> documents, boolean whole) {
    List<Change> changes = tasks.apply(documents, false, prune && whole, true).join();
    boolean good = true;
    for (Change change : changes) {
      if (!change.problems().isEmpty()) {
        good = false;
        change.problems().forEach(problem -> log.error("task {}: {}", change.task(), problem));
      } else if (change.action() != Change.Action.NONE) {
        log.info("task {}: {}", change.task(), change.action());
      }
    }
    return good && whole;
  }
}
