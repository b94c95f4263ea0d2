package org.lfedge.eve.tasks.core.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.declarative.DeclarativeExecutor;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.spi.Executor;

/**
 * The executors that images of tools bring along. Labels of the image's config say of what form one
 * is and where it lies.
 */
final class ArtifactExecutors {

  private static final int REMEMBERED = 64;

  private final ImageStore images;
  private final SandboxedExecutors sandboxed;
  private final Map<String, LoadedExecutor> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, LoadedExecutor> eldest) {
          return size() > REMEMBERED;
        }
      };

  ArtifactExecutors(ImageStore images, SandboxedExecutors sandboxed) {
    this.images = images;
    this.sandboxed = sandboxed;
  }

  /**
   * The executor in an image of tools that the node's policy has let in.
   *
   * @param labels of its config, which say that there is one
   * @throws TaskException {@code BAD_ARTIFACT} if the labels or what they lead to cannot be used,
   *     {@code EXECUTOR_FAILED} if its code does not say who it is
   */
  LoadedExecutor load(StoredImage image, SortedMap<String, String> labels) {
    String digest = image.manifestDigest();
    synchronized (remembered) {
      LoadedExecutor known = remembered.get(digest);
      if (known != null) {
        return known;
      }
    }
    ArtifactLabels read = ArtifactLabels.of(labels);
    LoadedExecutor loaded =
        new LoadedExecutor(
            executor(image, read), read.version(), digest, image.name(), Origin.TOOLS_ARTIFACT);
    synchronized (remembered) {
      remembered.put(digest, loaded);
    }
    return loaded;
  }

  private Executor executor(StoredImage image, ArtifactLabels labels) {
    Executor executor =
        switch (labels.form()) {
          case DECLARATIVE -> DeclarativeExecutor.of(labels.executor(), file(image, labels));
          case JAR -> sandboxed.ofJar(file(image, labels));
          case EXECUTABLE -> program(image, labels.path());
        };
    labels.requireName(executor.info().name());
    return executor;
  }

  private Executor program(StoredImage image, String path) {
    ImageDetails details = images.unpack(image);
    return sandboxed.ofProgram(image.manifestDigest(), details.chainId(), path);
  }

  private byte[] file(StoredImage image, ArtifactLabels labels) {
    return images
        .readFile(image, labels.path(), labels.form().maxBytes())
        .orElseThrow(labels::noFile);
  }
}
