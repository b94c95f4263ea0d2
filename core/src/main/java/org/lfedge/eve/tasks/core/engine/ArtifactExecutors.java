package org.lfedge.eve.tasks.core.engine;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.declarative.DeclarativeExecutor;
import org.lfedge.eve.tasks.core.error.Problem;
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

  /** The executor that the tools are for, or bring along. */
  static final String EXECUTOR = "org.lfedge.eve.tasks.executor";

  private static final String FORM = EXECUTOR + ".form";
  private static final String PATH = EXECUTOR + ".path";
  private static final String SPI = EXECUTOR + ".spi";
  private static final String VERSION = "org.opencontainers.image.version";

  private static final Pattern VERSION_NUMBER = Pattern.compile("[0-9]+([.][0-9]+){0,2}");

  private static final int MAX_SEED_BYTES = 256 * 1024;

  /** It is in the memory of the daemon while it is taken out of its layer. */
  private static final int MAX_JAR_BYTES = 8 << 20;

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

  /** Whether tools bring an executor along, by the labels of their image. */
  static boolean bring(SortedMap<String, String> labels) {
    return labels.containsKey(FORM);
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
    LoadedExecutor loaded =
        new LoadedExecutor(
            executor(image, labels),
            labels.getOrDefault(VERSION, "unversioned"),
            digest,
            image.name(),
            Origin.TOOLS_ARTIFACT);
    synchronized (remembered) {
      remembered.put(digest, loaded);
    }
    return loaded;
  }

  private Executor executor(StoredImage image, SortedMap<String, String> labels) {
    String name =
        label(labels, EXECUTOR)
            .orElseThrow(() -> bad("has no label " + EXECUTOR + " with the executor's name"));
    String path =
        label(labels, PATH)
            .filter(text -> text.startsWith("/") && !("/" + text + "/").contains("/../"))
            .orElseThrow(
                () -> bad("has no label " + PATH + " with an absolute path without .. in it"));
    requireSpi(label(labels, SPI));
    String form = label(labels, FORM).orElse("").toLowerCase(Locale.ROOT);
    Executor executor =
        switch (form) {
          case "declarative" -> DeclarativeExecutor.of(name, file(image, path, MAX_SEED_BYTES));
          case "jar" -> sandboxed.ofJar(file(image, path, MAX_JAR_BYTES));
          case "executable" -> program(image, path);
          default ->
              throw bad(
                  "has the label "
                      + FORM
                      + ": "
                      + form
                      + "; it must be jar, declarative or"
                      + " executable");
        };
    String own = executor.info().name();
    if (!own.equals(name)) {
      throw bad("has the label " + EXECUTOR + ": " + name + ", and its executor is called " + own);
    }
    return executor;
  }

  private Executor program(StoredImage image, String path) {
    ImageDetails details = images.unpack(image);
    return sandboxed.ofProgram(image.manifestDigest(), details.chainId(), path);
  }

  private byte[] file(StoredImage image, String path, int maxBytes) {
    return images
        .readFile(image, path, maxBytes)
        .orElseThrow(() -> bad("has no file " + path + ", which its label " + PATH + " names"));
  }

  /** Only the major version can make it unusable; what is newer than us may use what we lack. */
  private static void requireSpi(Optional<String> version) {
    String ours = Executor.SPI_VERSION.substring(0, Executor.SPI_VERSION.indexOf('.'));
    String text =
        version
            .filter(known -> VERSION_NUMBER.matcher(known).matches())
            .orElseThrow(
                () -> bad("has no label " + SPI + " with a version such as " + ours + ".0"));
    if (!text.split("[.]", -1)[0].equals(ours)) {
      throw bad(
          "is made for version " + text + " of the SPI, and this node has " + Executor.SPI_VERSION);
    }
  }

  private static Optional<String> label(SortedMap<String, String> labels, String key) {
    return Optional.ofNullable(labels.get(key)).filter(text -> !text.isBlank());
  }

  private static TaskException bad(String why) {
    return TaskException.failed(
        Problem.user("BAD_ARTIFACT", "this image of tools " + why + "; use another version of it"));
  }
}
