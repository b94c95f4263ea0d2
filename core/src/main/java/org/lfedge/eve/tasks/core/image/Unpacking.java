package org.lfedge.eve.tasks.core.image;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageDetails;

/** Makes the layers of images ready to be mounted: all are checked before the first is applied. */
final class Unpacking {

  private final ContentStore content;
  private final Blobs stored;
  private final LayerLimits limits;
  private final Accounts accounts;
  private final Object oneAtATime = new Object();

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
    synchronized (oneAtATime) {
      Optional<ImageDetails> before = done(name, image);
      if (before.isPresent()) {
        return before.get();
      }
      try (ContentStore.Lease lease = content.lease("unpack " + name)) {
        hold(lease, image.target());
        return apply(lease, image, LayerCheck.check(name, image, stored, limits));
      }
    }
  }

  /**
   * Checks the layers of an image that are still on their way, unless they are unpacked already.
   *
   * @param blobs each of them can be opened when it has arrived
   * @return the image's accounts, if it was checked
   */
  Optional<AccountFiles> check(String name, PlatformImage image, Blobs blobs) {
    return done(name, image).isPresent()
        ? Optional.empty()
        : Optional.of(LayerCheck.check(name, image, blobs, limits));
  }

  /**
   * Unpacks an image whose blobs are there under a lease.
   *
   * @param checked what its layers were found to hold, if they were checked
   */
  void unpack(
      ContentStore.Lease lease, String name, PlatformImage image, Optional<AccountFiles> checked) {
    synchronized (oneAtATime) {
      if (done(name, image).isEmpty()) {
        var unused =
            apply(
                lease,
                image,
                checked.orElseGet(() -> LayerCheck.check(name, image, stored, limits)));
      }
    }
  }

  private static ImageDetails apply(
      ContentStore.Lease lease, PlatformImage image, AccountFiles found) {
    List<Descriptor> layers = image.manifest().layers();
    List<String> chainIds = image.config().chainIds();
    Optional<String> parent = Optional.empty();
    for (int i = 0; i < layers.size(); i++) {
      lease.applyLayer(parent, chainIds.get(i), layers.get(i), image.config().diffIds().get(i));
      parent = Optional.of(chainIds.get(i));
    }
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
