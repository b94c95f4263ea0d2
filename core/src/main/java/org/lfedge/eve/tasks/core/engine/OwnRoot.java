package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.spec.VolumePlace;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * The root of a task whose anchor runs in its tools: it is made ready as volumes are, under a name
 * that no volume has. Disks among the volumes, which are looked at in the same way, belong here
 * too.
 */
final class OwnRoot {

  private final Volumes volumes;

  OwnRoot(Volumes volumes) {
    this.volumes = volumes;
  }

  /**
   * A root that is a file, a directory or a volume of the node, as a volume. Images are none, nor
   * are files of which it is not known yet what was fetched.
   */
  static Optional<VolumeConfig> asVolume(TaskDocument document) {
    if (document.root() instanceof RootSource.Fetched file) {
      return file.digest().map(digest -> fetched(digest, file.format()));
    }
    if (document.root() instanceof RootSource.Directory directory) {
      return Optional.of(volume(document, new Source.HostPath(directory.path())));
    }
    if (document.root() instanceof RootSource.Volume kept) {
      return Optional.of(volume(document, new Source.Named(kept.name())));
    }
    return document.root() instanceof RootSource.File file
        ? Optional.of(volume(document, new Source.DiskFile(file.path(), file.format())))
        : Optional.empty();
  }

  private static VolumeConfig fetched(String digest, Format format) {
    return new VolumeConfig(
        Volumes.ROOT,
        new Source.Fetched(digest, format),
        Optional.empty(),
        true,
        Propagation.PRIVATE,
        Optional.empty());
  }

  private static VolumeConfig volume(TaskDocument document, Source source) {
    return new VolumeConfig(
        Volumes.ROOT,
        source,
        Optional.empty(),
        document.readOnlyRoot() || isJar(document.root()),
        Propagation.PRIVATE,
        Optional.empty());
  }

  /** Nobody writes to one that runs, so that several tasks can run the same. */
  private static boolean isJar(RootSource root) {
    return (root instanceof RootSource.File file && file.format() == Format.JAR)
        || (root instanceof RootSource.Fetched fetched && fetched.format() == Format.JAR);
  }

  /**
   * Why a root that is a file or a volume cannot be made ready, as far as that can be told without
   * doing it. A directory may be the root of the anchor, which is looked at elsewhere.
   */
  List<Problem> check(TaskDocument document) {
    RootSource root = document.root();
    if (!(root instanceof RootSource.File || root instanceof RootSource.Volume)) {
      return List.of();
    }
    VolumeConfig volume = asVolume(document).orElseThrow();
    List<Problem> problems =
        volumes.check(document.name(), List.of(volume)).stream()
            .map(problem -> of(key(document), problem))
            .toList();
    return problems.isEmpty() && root instanceof RootSource.Volume kept && !isDisk(volume)
        ? List.of(noDisk(kept))
        : problems;
  }

  private static Problem noDisk(RootSource.Volume kept) {
    return Problem.inDocument(
        "VOLUME_NOT_A_DISK",
        "root.volume",
        kept.name(),
        "this volume of the node is no disk, it holds what was written to an image; name one that"
            + " was made by its size or from a disk, see taskctl volumes list, or have the image as"
            + " the root");
  }

  /** Where the root of a task is when its anchor starts, if the seed is to mount it. */
  Optional<VolumePlace> place(TaskDocument document, Seed seed) {
    RootSource source = document.root();
    if (seed.base() != Base.TOOLS || source instanceof RootSource.Unsaid) {
      return Optional.empty();
    }
    List<View> views = new ArrayList<>();
    boolean readOnly = document.readOnlyRoot();
    if (source instanceof RootSource.File file) {
      views.add(file.format().isDisk() ? View.BLOCK : View.FILE);
      readOnly |= file.format() == Format.ISO || isJar(source);
    } else if (source instanceof RootSource.Fetched file) {
      views.add(file.format().isDisk() ? View.BLOCK : View.FILE);
      readOnly = true;
    } else if (source instanceof RootSource.Volume) {
      views.add(View.BLOCK);
    } else if (source instanceof RootSource.Image
        || source instanceof RootSource.Layout
        || source instanceof RootSource.Directory) {
      views.add(View.FILESYSTEM);
    }
    return Optional.of(
        new VolumePlace.OnNode(
            volumes.path(document.name(), Volumes.ROOT),
            Propagation.PRIVATE,
            readOnly,
            SortedCopies.setOf(views)));
  }

  /**
   * What a disk or the JAR of a task says of itself.
   *
   * @throws TaskException if it must not be used
   * @throws IllegalArgumentException if the task has no such thing, which is a fault of who asks
   */
  Fact answer(TaskDocument document, FactQuery query) {
    if (query instanceof FactQuery.DiskImage disk) {
      return disk(document, disk);
    }
    if (query instanceof FactQuery.JarFile jar) {
      return jar(document, jar);
    }
    throw new IllegalArgumentException("neither a disk nor a JAR: " + query);
  }

  private Fact jar(TaskDocument document, FactQuery.JarFile query) {
    RootSource root = document.root();
    boolean fits =
        root instanceof RootSource.Directory
            ? query.path().isPresent()
            : isJar(root) && query.path().isEmpty();
    VolumeConfig volume =
        asVolume(document)
            .filter(any -> fits)
            .orElseThrow(() -> new IllegalArgumentException("no JAR: " + query));
    try {
      return volumes.jar(document.name(), volume, query);
    } catch (TaskException e) {
      throw TaskException.failed(
          e.problems().stream().map(problem -> of(key(document), problem)).toList());
    }
  }

  private Fact disk(TaskDocument document, FactQuery.DiskImage query) {
    VolumeConfig volume =
        query
            .volume()
            .map(name -> volume(document, name))
            .or(() -> asVolume(document))
            .filter(this::isDisk)
            .orElseThrow(() -> new IllegalArgumentException("no disk: " + query));
    try {
      long bytes = volumes.diskBytes(document.name(), volume);
      String format = format(volume.source()).map(Format::word).orElse("raw");
      return Fact.present(query, Map.of("format", format, "bytes", String.valueOf(bytes)));
    } catch (TaskException e) {
      String key =
          query.volume().isEmpty()
              ? key(document)
              : "volumes[" + document.volumes().indexOf(volume) + "].source";
      throw TaskException.failed(e.problems().stream().map(problem -> of(key, problem)).toList());
    }
  }

  private static Optional<Format> format(Source source) {
    if (source instanceof Source.Fetched file) {
      return Optional.of(file.format());
    }
    return source instanceof Source.DiskFile file ? Optional.of(file.format()) : Optional.empty();
  }

  private static VolumeConfig volume(TaskDocument document, String name) {
    return document.volumes().stream()
        .filter(volume -> volume.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no volume: " + name));
  }

  private boolean isDisk(VolumeConfig volume) {
    return volumes.views(volume).contains(View.BLOCK);
  }

  private static String key(TaskDocument document) {
    if (document.root() instanceof RootSource.Fetched file) {
      return "root." + file.key();
    }
    if (document.root() instanceof RootSource.Volume) {
      return "root.volume";
    }
    return document.root() instanceof RootSource.File file ? "root." + file.key() : "root";
  }

  private static Problem of(String key, Problem problem) {
    return new Problem(problem.code(), problem.kind(), key, problem.value(), problem.message());
  }
}
