package org.lfedge.eve.tasks.core.config;

import java.net.URI;
import java.net.URISyntaxException;
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
        root.present(
            "image", "layout", "directory", "bundle", "file", "disk", "jar", "volume", "host");
    boolean pulled =
        kinds.contains("image")
            || Stream.of("file", "disk", "jar").anyMatch(kind -> root.has(kind, "artifact"));
    if (!root.present("pull").isEmpty() && !pulled) {
      root.refuse(
          "CONFLICT", "has pull and neither an image nor an artifact, which alone can be pulled");
    }
    Pull pull =
        root.optional("pull", v -> SupervisionReader.choice(v, Pull.values())).orElse(Pull.MISSING);
    if (kinds.size() > 1) {
      root.refuse("CONFLICT", "has " + String.join(" and ", kinds) + "; keep one of them");
    } else if (kinds.isEmpty()) {
      root.refuse(
          "MISSING",
          "needs one of image, layout, directory, bundle, disk, jar, file, volume, or host: true");
    }
    Optional<RootSource> source =
        Stream.of(
                root.optional(
                    "image",
                    v -> v.text(TextForm.IMAGE).map(name -> new RootSource.Image(name, pull))),
                root.optional("layout", v -> path(v).map(RootSource.Layout::new)),
                root.optional("directory", v -> directory(v).map(RootSource.Directory::new)),
                root.optional("bundle", v -> path(v).map(RootSource.Bundle::new)),
                root.optional("file", v -> v.object(file -> file(file, pull, Format.values()))),
                root.optional("disk", v -> v.object(disk -> file(disk, pull, Format.disks()))),
                root.optional("jar", v -> jar(v, pull)),
                root.optional(
                    "volume", v -> v.text(VolumesReader.NODE_VOLUME).map(RootSource.Volume::new)),
                root.optional("host", RootReader::host))
            .<RootSource>flatMap(Optional::stream)
            .findFirst();
    boolean readOnly = root.optional("readOnly", DocumentValue::flag).orElse(false);
    if (!readOnly && source.filter(RootReader::isWritableByNature).isPresent()) {
      root.refuseKey(
          "readOnly",
          "CONFLICT",
          "must be true for a file that is fetched: the node keeps one for all tasks that have it."
              + " For a task that writes to a disk, make a volume of the node from it (taskctl"
              + " volumes create --disk) and name that under root.volume; or bring the file to the"
              + " node and name its path");
    }
    Optional<Long> maxWritable = root.optional("maxWritable", v -> v.size(MIN_WRITABLE));
    boolean image = kinds.contains("image") || kinds.contains("layout");
    boolean file = !root.present("file", "disk", "jar", "volume").isEmpty();
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

  /** Fetched, and of a kind that a task may expect to write to. */
  private static boolean isWritableByNature(RootSource source) {
    return source instanceof RootSource.Fetched fetched
        && switch (fetched.format()) {
          case RAW, QCOW2, VMDK, VHDX, FILE -> true;
          case ISO, JAR -> false;
        };
  }

  private Optional<RootSource> file(DocumentObject file, Pull pull, Format... formats) {
    Optional<Format> format = file.required("format", v -> SupervisionReader.choice(v, formats));
    if (file.present("url", "artifact", "digest").isEmpty()) {
      Optional<String> path = file.required("source", this::path);
      return path.flatMap(from -> format.map(held -> new RootSource.File(from, held)));
    }
    Optional<String> unused = file.optional("source", this::path);
    return origin(file, pull).flatMap(from -> format.map(held -> fetched(from, held)));
  }

  private Optional<RootSource> jar(DocumentValue v, Pull pull) {
    return v.isObject()
        ? v.object(jar -> origin(jar, pull).map(from -> fetched(from, Format.JAR)))
        : path(v).map(path -> new RootSource.File(path, Format.JAR));
  }

  private static RootSource fetched(FileOrigin from, Format format) {
    return new RootSource.Fetched(from, format, from.digest());
  }

  private static Optional<FileOrigin> origin(DocumentObject file, Pull pull) {
    List<String> ways = file.present("source", "url", "artifact");
    if (ways.size() > 1) {
      file.refuse("CONFLICT", "has " + String.join(" and ", ways) + "; keep one of them");
    } else if (ways.isEmpty()) {
      file.refuse("MISSING", "needs url and digest, or artifact");
    }
    Optional<FileOrigin> artifact =
        file.optional("artifact", v -> v.text(TextForm.IMAGE))
            .map(name -> new FileOrigin.Artifact(name, pull));
    boolean byUrl = ways.contains("url");
    Optional<String> url = file.optional("url", RootReader::url);
    Optional<String> digest =
        byUrl
            ? file.required("digest", v -> v.text(TextForm.DIGEST))
            : file.optional("digest", v -> v.text(TextForm.DIGEST));
    if (!byUrl && !ways.isEmpty() && digest.isPresent()) {
      file.refuseKey(
          "digest",
          "CONFLICT",
          "belongs to url; that of an artifact is a part of its name: app@sha256:...");
    }
    return url.flatMap(from -> digest.<FileOrigin>map(known -> new FileOrigin.Url(from, known)))
        .or(() -> artifact);
  }

  /** What is refused may hold a password or be signed, and is not shown then. */
  static Optional<String> url(DocumentValue v) {
    boolean plain = v.isText(text -> text.chars().noneMatch(c -> "@?#".indexOf(c) >= 0));
    DocumentValue value = plain ? v : v.confidential();
    return value
        .text(TextForm.FILE_URL)
        .flatMap(
            text ->
                isUrl(text)
                    ? Optional.of(text)
                    : value.refuse("BAD_VALUE", TextForm.FILE_URL.message()));
  }

  private static boolean isUrl(String text) {
    try {
      URI uri = new URI(text);
      return uri.getHost() != null && uri.getPort() <= 65_535;
    } catch (URISyntaxException e) {
      return false;
    }
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
