package org.lfedge.eve.tasks.dist.cli;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.lfedge.eve.tasks.core.config.OptionValues;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.task.Root;

/**
 * What the executors that came with this program declare, for checks without the daemon. They are
 * asked who they are and nothing else; those of vendors are never loaded here.
 */
final class BundledExecutors implements AutoCloseable {

  private static final String DEFAULT_EXECUTOR = "native-container";

  private final URLClassLoader loader;
  private final List<ExecutorInfo> executors = new ArrayList<>();

  private BundledExecutors(URLClassLoader loader) {
    this.loader = loader;
    for (Executor executor : ServiceLoader.load(Executor.class, loader)) {
      executors.add(executor.info());
    }
  }

  /** Loads all in a directory; none if it is not there. */
  static BundledExecutors in(Path directory) {
    List<URL> jars = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.jar")) {
        for (Path file : files) {
          jars.add(url(file));
        }
      } catch (IOException e) {
        throw TaskException.failed(
            Problem.host("CANNOT_READ", "cannot read the executors in " + directory + ": " + e), e);
      }
    }
    return new BundledExecutors(
        new URLClassLoader(jars.toArray(URL[]::new), Executor.class.getClassLoader()));
  }

  /** Whether an executor of this name came with this program. */
  boolean has(String name) {
    return executors.stream().anyMatch(info -> info.name().equals(name));
  }

  /**
   * Checks what a document asks of its executor.
   *
   * @return whether its executor is one of these
   * @throws TaskException with all that is wrong
   */
  boolean check(TaskDocument document) {
    if (document.executor().isEmpty() && document.tools().isPresent()) {
      return false;
    }
    String name = document.executor().orElse(DEFAULT_EXECUTOR);
    Optional<ExecutorInfo> found =
        executors.stream().filter(info -> info.name().equals(name)).findFirst();
    if (found.isEmpty()) {
      return false;
    }
    ExecutorInfo info = found.get();
    List<Root.Kind> kinds = kinds(document);
    if (kinds.stream().noneMatch(kind -> info.rootKinds().contains(kind))) {
      throw TaskException.failed(
          Problem.inDocument(
              "ROOT_NOT_SUPPORTED",
              "root",
              kinds.get(0),
              "executor " + name + " starts only roots of these kinds: " + info.rootKinds()));
    }
    OptionValues.check(info.options(), document.options());
    return true;
  }

  @Override
  public void close() {
    try {
      loader.close();
    } catch (IOException e) {
      // The files were only read.
    }
  }

  /**
   * Whether a task without a root has tools, the node's config may say, if it names an executor.
   */
  private static List<Root.Kind> kinds(TaskDocument document) {
    boolean unsaid = document.root() instanceof RootSource.Unsaid;
    if (unsaid && document.tools().isEmpty()) {
      return document.executor().isPresent()
          ? List.of(Root.Kind.HOST, Root.Kind.NONE)
          : List.of(Root.Kind.HOST);
    }
    return List.of(document.root().kind());
  }

  private static URL url(Path file) {
    try {
      return file.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalStateException("a file always has a URL", e);
    }
  }
}
