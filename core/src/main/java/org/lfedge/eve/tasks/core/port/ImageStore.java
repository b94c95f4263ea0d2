package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.lfedge.eve.tasks.core.config.Platform;

/** The images on this node. */
public interface ImageStore {

  /**
   * Brings in the images of an OCI layout (a directory, or a tar archive of one) or of a
   * docker-save archive. Every blob is checked against its digest; if anything is wrong, nothing is
   * kept.
   *
   * @param choice of the platforms that an image of it has; what is here of others stays
   * @return the images, by the names that they are now stored under
   * @throws NoMatchingPlatform if one of them has none that is wanted
   */
  @Effect
  List<StoredImage> importFrom(Path layout, PlatformChoice choice);

  /**
   * The same on behalf of a task that is being made: it is on record which names came to the node
   * with it.
   */
  @Effect
  List<StoredImage> importFor(UUID task, Path layout, PlatformChoice choice);

  /**
   * Fetches an image from its registry and unpacks it; blobs and layers that are there already are
   * taken as they are, and what is here of the same index for other platforms stays. What a pull
   * that breaks off has fetched stays for a day, and the next one of the same name goes on with it.
   *
   * @param reference a name, familiar ones included, with a tag, a digest or both, which then must
   *     agree
   * @param choice of the platforms that it has
   * @param purpose by whose rules the node's trust policy is asked
   * @throws NoMatchingPlatform if it has none that is wanted; nothing of it is fetched then
   * @throws org.lfedge.eve.tasks.core.error.TaskException {@code IMAGE_NOT_IN_REGISTRY}, {@code
   *     TAG_MOVED}, {@code DIGEST_REQUIRED} and the other refusals of the trust policy, those of
   *     layers, and those of {@link Registries.Repository}
   */
  @Effect
  StoredImage pull(
      String reference, PlatformChoice choice, ImagePurpose purpose, PullProgress progress);

  /**
   * Asks the node's trust policy about an image that is here.
   *
   * @param reference by which a task named it: with a digest, or without
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it must not be used
   */
  TrustVerdict judge(StoredImage image, String reference, ImagePurpose purpose);

  /** What an image is made of. */
  ImageContents contents(StoredImage image);

  /**
   * Writes images, several platforms of a name among them, with the signatures that are kept with
   * them, into one OCI layout in a tar archive; importing it gives the same names and digests. The
   * file appears when it is whole, and replaces one that is there.
   */
  @Effect
  void exportTo(Path archive, List<StoredImage> images);

  /** Removes a name, with all of its platforms; what was behind it alone is collected. */
  @Effect
  void remove(StoredImage image);

  /** Gives up what interrupted pulls have left, unless they are being gone on with. */
  @Effect
  void dropUnfinished();

  /** Removes the names that came to the node with a task, when that was not made after all. */
  @Effect
  void removeImportedFor(UUID task);

  /**
   * An image by name, familiar names ({@code web}, {@code nginx:1.27}) included, or by digest: for
   * the node's platform if that is here, else for one that is.
   */
  Optional<StoredImage> find(String reference);

  /**
   * The same for a platform that is wanted.
   *
   * @return empty if it is not here; also if its index is here, which has that platform, and what
   *     is behind it is not
   * @throws NoMatchingPlatform if it is here and has none that is wanted
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it is here and cannot be read
   */
  Optional<StoredImage> find(String reference, PlatformChoice choice);

  /** All images, by name; each of its platforms that is here, the node's first. */
  List<StoredImage> list();

  /** Reads what a task must know of an image, and changes nothing. */
  ImageDetails examine(StoredImage image);

  /** The same for the one image of a layout that need not be on the node. */
  ImageDetails examineLayout(Path layout, PlatformChoice choice);

  /** What the one image of a layout is for, or that of its platforms which is wanted. */
  Platform layoutPlatform(Path layout, PlatformChoice choice);

  /**
   * Makes the layers of an image ready to be mounted, each checked while it is read; layers that
   * are ready already are not touched.
   */
  @Effect
  ImageDetails unpack(StoredImage image);

  /**
   * Reads a file of the root file system that the layers of an image make.
   *
   * @param path of it; symbolic links are followed within the image
   * @param maxBytes what it may have at most
   * @return empty if there is no such file
   * @throws org.lfedge.eve.tasks.core.error.TaskException {@code LAYER_TOO_LARGE} if it has more,
   *     and what a layer that is not as it should be is refused with
   */
  Optional<byte[]> readFile(StoredImage image, String path, int maxBytes);
}
