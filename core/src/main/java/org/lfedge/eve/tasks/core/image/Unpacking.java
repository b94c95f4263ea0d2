package org.lfedge.eve.tasks.core.image;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageDetails;

/**
 * Makes the layers of images ready to be mounted. Each is checked before it is applied, and it is
 * applied while the next one is checked: what comes above it cannot change where it goes. Until all
 * are good, nothing but a lease has them.
 */
final class Unpacking {

  private final ContentStore content;
  private final Blobs stored;
  private final LayerLimits limits;
  private final Accounts accounts;

  /** Images whose blobs are here are unpacked one after the other. */
  private final Object unpacking = new Object();

  /** So are layers, those of images that are still on their way as well. */
  private final Object applying = new Object();

  Unpacking(ContentStore content, LayerLimits limits) {
    this.content = content;
    this.stored = new StoredBlobs(content);
    this.limits = limits;
    this.accounts = new Accounts(content);
  }

  /** What is known of an image whose layers are ready. */
  Optional<ImageDetails> done(String name, PlatformImage image) {
    return accounts
        .find(image.manifest().config().digest(), name)
        .filter(kept -> content.hasLayers(image.config().chainId()))
        .map(kept -> details(image, kept));
  }

  /** What a task must know of an image; reads its layers if that was never done. */
  ImageDetails examine(String name, PlatformImage image) {
    return details(
        image,
        accounts
            .find(image.manifest().config().digest(), name)
            .orElseGet(() -> LayerCheck.check(name, image, stored, limits)));
  }

  /** Unpacks an image that is there under a name. */
  ImageDetails unpack(String name, PlatformImage image) {
    synchronized (unpacking) {
      Optional<ImageDetails> before = done(name, image);
      if (before.isPresent()) {
        return before.get();
      }
      try (ContentStore.Lease lease = content.lease("unpack " + name)) {
        hold(lease, image.target());
        return keep(lease, image, checkAndApply(lease, name, image, stored));
      }
    }
  }

  /**
   * Checks and applies the layers of an image that are still on their way, unless they are ready.
   *
   * @param arriving each blob can be opened when it has arrived
   * @return the image's accounts, if it was checked
   */
  Optional<AccountFiles> unpackArriving(
      ContentStore.Lease lease, String name, PlatformImage image, Blobs arriving) {
    return done(name, image).isPresent()
        ? Optional.empty()
        : Optional.of(checkAndApply(lease, name, image, arriving));
  }

  /**
   * Keeps what was unpacked of an image whose blobs are there under a lease.
   *
   * @param found its accounts, if it was checked
   */
  void finish(
      ContentStore.Lease lease, String name, PlatformImage image, Optional<AccountFiles> found) {
    if (found.isPresent()) {
      var unused = keep(lease, image, found.get());
    } else if (done(name, image).isEmpty()) {
      // They were ready at first, and somebody has removed them meanwhile.
      var unused = keep(lease, image, checkAndApply(lease, name, image, stored));
    }
  }

  private AccountFiles checkAndApply(
      ContentStore.Lease lease, String name, PlatformImage image, Blobs blobs) {
    List<String> chainIds = image.config().chainIds();
    Set<Integer> digested = ConcurrentHashMap.newKeySet();
    try (LayerPipeline layers =
        new LayerPipeline(
            name,
            number -> {
              if (!apply(lease, image, number) && !digested.contains(number)) {
                // Another image has brought it in the meantime, if it is the same.
                LayerCheck.requireDiffId(name, image, blobs, limits, number);
              }
            })) {
      LayerCheck.Course course =
          new LayerCheck.Course() {
            @Override
            public boolean wantsDiffId(int number) {
              // What is there is taken by its name; of all else containerd computes the digest.
              return content.hasLayers(chainIds.get(number)) && digested.add(number);
            }

            @Override
            public void checked(int number) {
              layers.add();
            }
          };
      AccountFiles found = LayerCheck.check(name, image, blobs, limits, course);
      layers.await();
      return found;
    }
  }

  /** Whether the layer was not there before. */
  private boolean apply(ContentStore.Lease lease, PlatformImage image, int number) {
    List<String> chainIds = image.config().chainIds();
    synchronized (applying) {
      return lease.applyLayer(
          number == 0 ? Optional.empty() : Optional.of(chainIds.get(number - 1)),
          chainIds.get(number),
          image.manifest().layers().get(number),
          image.config().diffIds().get(number));
    }
  }

  private static ImageDetails keep(
      ContentStore.Lease lease, PlatformImage image, AccountFiles found) {
    String config = image.manifest().config().digest();
    lease.keepLayers(config, image.config().chainId());
    Accounts.keep(lease, config, found);
    return details(image, found);
  }

  /** A blob that is there is not written again; what it refers to is held with it. */
  private static void hold(ContentStore.Lease lease, Descriptor blob) {
    lease.writeBlob(blob, offset -> InputStream.nullInputStream(), new TreeMap<>());
  }

  static ImageDetails details(PlatformImage image, AccountFiles accounts) {
    return new ImageDetails(
        image.config().chainId(), image.config(), image.config().user(), accounts);
  }
}
