package org.lfedge.eve.tasks.core.image;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * The images in an OCI layout or a docker-save archive.
 *
 * @param named what it holds, by full name; a name may stand for images of several platforms, or
 *     for the signatures of another image
 * @param blobs what they are made of
 * @param files to be closed
 */
record Layout(List<Named> named, Blobs blobs, LayoutFiles files) implements Closeable {

  /** An image and its name; the candidates are manifests or indexes. */
  record Named(String name, List<Manifests.Entry> candidates) {

    Named {
      candidates = List.copyOf(candidates);
    }

    /** The digest of the image that this is no image but the signatures of. */
    Optional<String> signed() {
      return ImageName.parse(name).flatMap(ImageName::tag).flatMap(Signatures::signedDigest);
    }

    /** What the name points to on a node. */
    PlatformImage find(Blobs blobs, Wanted wanted) {
      return new PlatformSearch(blobs, wanted, name).choose(candidates);
    }
  }

  Layout {
    named = List.copyOf(named);
  }

  /** The images, by name. */
  List<Named> images() {
    return named.stream().filter(item -> item.signed().isEmpty()).toList();
  }

  /** The signatures of images. */
  List<Named> signatures() {
    return named.stream().filter(item -> item.signed().isPresent()).toList();
  }

  /**
   * Opens a layout. An archive that is both, as newer versions of docker write it, is read as an
   * OCI layout, which has a digest for everything.
   *
   * @param temporary where a compressed archive is uncompressed
   */
  static Layout open(Path path, Path temporary, LayerLimits limits) {
    String repository = ImageName.repositoryOf(fileName(path));
    try {
      LayoutFiles files = files(path, temporary, limits);
      try {
        if (OciLayout.isOne(files)) {
          return OciLayout.read(files, repository, path.toString());
        }
        if (DockerArchive.isOne(files)) {
          return DockerArchive.read(files, repository, path.toString());
        }
        throw ImageProblems.badLayout(
            path.toString(), "it holds neither oci-layout and index.json nor manifest.json");
      } catch (IOException | RuntimeException e) {
        files.close();
        throw e;
      }
    } catch (IOException e) {
      throw ImageProblems.unreadable(path.toString(), e);
    }
  }

  private static LayoutFiles files(Path path, Path temporary, LayerLimits limits)
      throws IOException {
    if (Files.isDirectory(path)) {
      return new LayoutFiles.Directory(path);
    }
    if (Files.isRegularFile(path)) {
      return LayoutArchive.open(path, temporary, limits);
    }
    throw TaskException.notFound(
        Problem.user(
            "LAYOUT_NOT_FOUND",
            path
                + " is neither a directory nor a file; give the path of an OCI layout or of a"
                + " docker-save archive"));
  }

  private static String fileName(Path path) {
    Path name = path.toAbsolutePath().normalize().getFileName();
    return name == null ? "" : name.toString();
  }

  /** Reads a whole document of the layout. */
  static byte[] document(LayoutFiles files, String path, String layout) throws IOException {
    long size =
        files.size(path).orElseThrow(() -> ImageProblems.badLayout(layout, path + " is missing"));
    if (size > Manifests.MAX_DOCUMENT) {
      throw ImageProblems.badLayout(
          layout, path + " has more than " + Manifests.MAX_DOCUMENT + " bytes");
    }
    try (var in = files.open(path)) {
      return in.readNBytes(Manifests.MAX_DOCUMENT);
    }
  }

  @Override
  public void close() {
    try {
      files.close();
    } catch (IOException e) {
      throw ImageProblems.unreadable("layout", e);
    }
  }
}
