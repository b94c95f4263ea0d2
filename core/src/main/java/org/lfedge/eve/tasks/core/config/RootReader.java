package org.lfedge.eve.tasks.core.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.TaskDocument.Pull;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;

/** What a task document says of the root. */
final class RootReader {

  /** A file system has to fit in. */
  private static final long MIN_WRITABLE = 1 << 20;

  private final Path baseDirectory;

  RootReader(Path baseDirectory) {
    this.baseDirectory = baseDirectory;
  }

  /** The values of {@code root:}; see {@link TaskDocument}. */
  record Root(RootSource source, boolean readOnly, OptionalLong maxWritableBytes) {
    static final Root UNSAID = new Root(new RootSource.Unsaid(), false, OptionalLong.empty());
  }

  /** {@code root:}. */
  Optional<Root> read(DocumentObject root) {
    List<String> kinds =
        root.present("image", "layout", "directory", "bundle", "file", "disk", "jar", "host");
    boolean pulls = !root.present("pull").isEmpty();
    if (pulls && !kinds.contains("image")) {
      root.refuse("CONFLICT", "has pull and no image, which alone can be pulled");
    }
    Pull pull =
        root.optional("pull", v -> SupervisionReader.choice(v, Pull.values())).orElse(Pull.MISSING);
    if (kinds.size() > 1) {
      root.refuse("CONFLICT", "has " + String.join(" and ", kinds) + "; keep one of them");
    } else if (kinds.isEmpty()) {
      root.refuse(
          "MISSING",
          "needs one of image, layout, directory, bundle, disk, jar, file, or host: true");
    }
    Optional<RootSource> source =
        Stream.of(
                root.optional(
                    "image",
                    v -> v.text(TextForm.IMAGE).map(name -> new RootSource.Image(name, pull))),
                root.optional("layout", v -> path(v).map(RootSource.Layout::new)),
                root.optional("directory", v -> directory(v).map(RootSource.Directory::new)),
                root.optional("bundle", v -> path(v).map(RootSource.Bundle::new)),
                root.optional("file", v -> v.object(file -> file(file, Format.values()))),
                root.optional("disk", v -> v.object(disk -> file(disk, Format.disks()))),
                root.optional(
                    "jar", v -> path(v).map(path -> new RootSource.File(path, Format.JAR))),
                root.optional("host", RootReader::host))
            .<RootSource>flatMap(Optional::stream)
            .findFirst();
    boolean readOnly = root.optional("readOnly", DocumentValue::flag).orElse(false);
    Optional<Long> maxWritable = root.optional("maxWritable", v -> v.size(MIN_WRITABLE));
    boolean image = kinds.contains("image") || kinds.contains("layout");
    boolean file = !root.present("file", "disk", "jar").isEmpty();
    if (!root.present("maxWritable").isEmpty() && !image && (file || !readOnly)) {
      root.refuseKey(
          "maxWritable",
          "CONFLICT",
          "cannot hold what is written to the node's own files; remove it"
              + (file ? "" : ", or set readOnly"));
    }
    OptionalLong bytes = maxWritable.map(OptionalLong::of).orElse(OptionalLong.empty());
    return source.map(from -> new Root(from, readOnly, bytes));
  }

  private Optional<RootSource> file(DocumentObject file, Format... formats) {
    Optional<String> path = file.required("source", this::path);
    Optional<Format> format = file.required("format", v -> SupervisionReader.choice(v, formats));
    return path.flatMap(from -> format.map(held -> new RootSource.File(from, held)));
  }

  private Optional<String> path(DocumentValue v) {
    return v.path(baseDirectory);
  }

  private Optional<String> directory(DocumentValue v) {
    return path(v)
        .flatMap(
            path ->
                path.equals("/")
                    ? v.refuse(
                        "BAD_VALUE", "is the root of the node itself; write root: {host: true}")
                    : Optional.of(path));
  }

  private static Optional<RootSource> host(DocumentValue v) {
    return v.flag()
        .flatMap(
            host ->
                host
                    ? Optional.of(new RootSource.Host())
                    : v.refuse("BAD_VALUE", "can be true alone; remove it for another root"));
  }
}
