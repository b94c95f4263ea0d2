package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The images on this node. */
public interface ImageStore {

  /**
   * Brings in the images of an OCI layout (a directory, or a tar archive of one) or of a
   * docker-save archive. Every blob is checked against its digest; if anything is wrong, nothing is
   * kept.
   *
   * @return the images, by the names that they are now stored under
   */
  List<StoredImage> importFrom(Path layout);

  /** An image by name, familiar names ({@code web}, {@code nginx:1.27}) included, or by digest. */
  Optional<StoredImage> find(String reference);

  /** All images, by name. */
  List<StoredImage> list();

  /** Removes an image by its full name. */
  void remove(String name);

  /** Reads what a task must know of an image, and changes nothing. */
  ImageDetails examine(StoredImage image);

  /** The same for the one image of a layout that need not be on the node. */
  ImageDetails examineLayout(Path layout);

  /**
   * Makes the layers of an image ready to be mounted, each checked while it is read; layers that
   * are ready already are not touched.
   */
  ImageDetails unpack(StoredImage image);
}
