package org.lfedge.eve.tasks.core.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.image.Layout.Named;
import org.lfedge.eve.tasks.core.port.PlatformChoice;

/**
 * The one image in a layout on disk, looked at where it lies: before it is on any node. Every file
 * that is asked for reads all layers, and checks them as a node would.
 */
public final class LayoutImage implements AutoCloseable {

  private final Layout layout;
  private final LayerLimits limits;
  private final String name;
  private final PlatformImage image;

  private LayoutImage(Layout layout, Platform platform, LayerLimits limits, Path path) {
    this.layout = layout;
    this.limits = limits;
    List<Named> images = layout.images();
    if (images.size() != 1) {
      throw ImageProblems.refused(
          "AMBIGUOUS_LAYOUT",
          path.toString(),
          "it holds " + images.stream().map(Named::name).toList(),
          "make a layout of one of them alone");
    }
    this.name = images.get(0).name();
    this.image = images.get(0).find(layout.blobs(), Wanted.of(PlatformChoice.usual(), platform));
  }

  /**
   * Opens an OCI layout, a directory or an archive of one, or what {@code docker save} writes.
   *
   * @param temporary where a compressed archive is uncompressed
   * @param platform which of its images is taken, if it has several
   * @throws org.lfedge.eve.tasks.core.error.TaskException if there is no one image in it that can
   *     be read
   */
  public static LayoutImage open(Path path, Path temporary, Platform platform, LayerLimits limits) {
    Layout layout = Layout.open(path, temporary, limits);
    try {
      return new LayoutImage(layout, platform, limits, path);
    } catch (RuntimeException e) {
      layout.close();
      throw e;
    }
  }

  /** The labels of its config. */
  public SortedMap<String, String> labels() {
    return image.config().labels();
  }

  /**
   * Reads a file of its root.
   *
   * @return empty if there is none
   */
  public Optional<byte[]> file(String path, int maxBytes) {
    return LayerCheck.file(name, image, layout.blobs(), limits, path, maxBytes);
  }

  /**
   * Looks at a file of its root, however large it is.
   *
   * @param startBytes how much of its start is read
   * @return empty if there is none
   */
  public Optional<FileHead> head(String path, int startBytes) {
    return LayerCheck.head(name, image, layout.blobs(), limits, path, startBytes);
  }

  @Override
  public void close() {
    layout.close();
  }
}
