package org.lfedge.eve.tasks.core.engine;

import java.util.Optional;
import java.util.SortedSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.engine.ToolsLookup.Tools;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.TaskRecord.Emulation;
import org.lfedge.eve.tasks.spi.ExecutorInfo;

/**
 * The images of a task and the executor that follows from them: those of its tools may bring one
 * along, and that of its root may be for another platform.
 */
final class TaskImages {

  private final RootLookup roots;
  private final ToolsLookup tools;
  private final RootPlatforms platforms;

  TaskImages(RootLookup roots, ToolsLookup tools, RootPlatforms platforms) {
    this.roots = roots;
    this.tools = tools;
    this.platforms = platforms;
  }

  /**
   * What a task needs.
   *
   * @param document with the executor that the node chose, if it did
   * @param emulation that choice
   */
  record Found(
      TaskDocument document,
      RootLookup.Found root,
      Optional<Tools> tools,
      Optional<Emulation> emulation) {}

  /** A document that says what its root is. */
  TaskDocument rooted(TaskDocument document) {
    return tools.rooted(document);
  }

  /** The executor of a task; see {@link ToolsLookup#executor}. */
  Optional<LoadedExecutor> executor(TaskDocument document) {
    return tools.executor(document);
  }

  /** The names of the images of tools that the node's config has for executors. */
  SortedSet<String> toolsOfNode() {
    return tools.ofNode();
  }

  /** Whether an image may have to be fetched before a task can be planned; tells that at once. */
  boolean wantsFetch(TaskDocument document) {
    if (document.root() instanceof RootSource.Layout && platforms.isLeftToNode(document)) {
      // To look into an archive takes a while.
      return true;
    }
    return tools.wantsFetch(document)
        || ofRoot(document, choice -> roots.wantsFetch(document, choice))
        || tools.wantsFetch(decided(document));
  }

  /**
   * Fetches the images of a task.
   *
   * @param check of a document whose executor is known since its tools are here
   */
  void fetch(TaskDocument document, Consumer<TaskDocument> check) {
    fetchTools(document, check);
    boolean unused =
        ofRoot(
            document,
            choice -> {
              roots.fetch(document, choice);
              return true;
            });
    fetchTools(decided(document), check);
  }

  private void fetchTools(TaskDocument document, Consumer<TaskDocument> check) {
    if (tools.wantsFetch(document)) {
      tools.fetch(document);
      check.accept(document);
    }
  }

  /** A document with the executor that the node chooses for it, as far as its image is here. */
  TaskDocument decided(TaskDocument document) {
    return platforms.isLeftToNode(document)
        ? platforms.decided(document, ofRoot(document, choice -> roots.platform(document, choice)))
        : document;
  }

  /** Looks at the images of a task and changes nothing. */
  Found examine(TaskDocument document) {
    return find(document, tools::examine, choice -> roots.examine(document, choice));
  }

  /** The same, and makes them ready to be mounted; if that fails, nothing is left of it. */
  Found prepare(UUID task, TaskDocument document) {
    return find(document, tools::prepare, choice -> roots.prepare(task, document, choice));
  }

  private Found find(
      TaskDocument document,
      Function<TaskDocument, Optional<Tools>> findTools,
      Function<PlatformChoice, RootLookup.Found> findRoot) {
    Optional<Tools> named = findTools.apply(document);
    RootLookup.Found root = ofRoot(document, findRoot);
    TaskDocument decided = platforms.decided(document, root.platform());
    return new Found(
        root.resolved(decided),
        root,
        decided.equals(document) ? named : findTools.apply(decided),
        platforms.emulation(document, root.platform()));
  }

  /** Removes what {@link #prepare} brought to the node, when the task was not made after all. */
  void forget(UUID task) {
    roots.forget(task);
  }

  private <T> T ofRoot(TaskDocument document, Function<PlatformChoice, T> step) {
    Optional<ExecutorInfo> info = tools.executor(document).map(found -> found.executor().info());
    return platforms.of(document, info, () -> step.apply(platforms.choice(document, info)));
  }
}
