package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.StoredImage;

/**
 * The images of this node, in a content store. Whatever is written, is written under a lease; a
 * name, or a label of what a name leads to, keeps it beyond that. So a step that fails halfway
 * leaves nothing but what the next collection removes.
 */
public final class Images implements ImageStore {

  /** Labels by which containerd keeps what a document refers to; a number follows. */
  private static final String REFERENCE = "containerd.io/gc.ref.content.";

  private final ContentStore content;
  private final Blobs stored;
  private final Platform node;
  private final LayerLimits limits;
  private final Path temporary;
  private final Object unpacking = new Object();

  /**
   * @param content where blobs, names and unpacked layers are
   * @param node which of an image's platforms is taken
   * @param limits for the layers of an image
   * @param temporary a directory on disk, not in memory: compressed archives are uncompressed in it
   */
  public Images(ContentStore content, Platform node, LayerLimits limits, Path temporary) {
    this.content = content;
    this.stored = new StoredBlobs(content);
    this.node = node;
    this.limits = limits;
    this.temporary = temporary;
  }

  @Override
  public List<StoredImage> importFrom(Path path) {
    try (Layout layout = Layout.open(path, temporary, limits);
        ContentStore.Lease lease = content.lease("import " + path.getFileName())) {
      SortedMap<String, PlatformImage> found = new TreeMap<>();
      for (Layout.Named named : layout.images()) {
        PlatformImage image = named.find(layout.blobs(), node);
        copy(layout.blobs(), image, lease, named.name());
        found.put(named.name(), image);
      }
      List<StoredImage> images = new ArrayList<>();
      found.forEach(
          (name, image) -> {
            lease.putImage(new ContentStore.Image(name, image.target()), new TreeMap<>());
            images.add(new StoredImage(name, image.target().digest(), image.sizeBytes()));
          });
      return List.copyOf(images);
    }
  }

  /** What is referred to is written before what refers to it. */
  private static void copy(
      Blobs blobs, PlatformImage image, ContentStore.Lease lease, String name) {
    Descriptor config = image.manifest().config();
    List<Descriptor> children = new ArrayList<>(List.of(config));
    children.addAll(image.manifest().layers());
    children.forEach(blob -> copy(blobs, blob, List.of(), lease, name));
    copy(blobs, image.manifestBlob(), children, lease, name);
    Descriptor below = image.manifestBlob();
    for (int i = image.indexes().size() - 1; i >= 0; i--) {
      copy(blobs, image.indexes().get(i), List.of(below), lease, name);
      below = image.indexes().get(i);
    }
  }

  private static void copy(
      Blobs blobs,
      Descriptor blob,
      List<Descriptor> children,
      ContentStore.Lease lease,
      String name) {
    SortedMap<String, String> labels = new TreeMap<>();
    for (int i = 0; i < children.size(); i++) {
      labels.put(REFERENCE + i, children.get(i).digest());
    }
    try (InputStream bytes = VerifiedStream.open(blobs, blob, name)) {
      lease.writeBlob(blob, bytes, labels);
    } catch (IOException e) {
      throw ImageProblems.unreadable(name, e);
    }
  }

  @Override
  public Optional<StoredImage> find(String reference) {
    List<ContentStore.Image> images = sorted();
    if (Digests.isDigest(reference)) {
      return byDigest(images, reference);
    }
    Optional<ImageName> name = ImageName.parse(reference);
    if (name.isEmpty()) {
      return Optional.empty();
    }
    Optional<StoredImage> exact =
        images.stream()
            .filter(image -> image.name().equals(name.get().toString()))
            .findFirst()
            .map(this::describe);
    if (exact.isPresent() || name.get().digest().isEmpty()) {
      return exact;
    }
    List<ContentStore.Image> sameRepository =
        images.stream()
            .filter(
                image ->
                    ImageName.parse(image.name())
                        .filter(other -> other.repository().equals(name.get().repository()))
                        .isPresent())
            .toList();
    return byDigest(sameRepository, name.get().digest().get());
  }

  /** By what the name points to, or by the manifest for this node that it leads to. */
  private Optional<StoredImage> byDigest(List<ContentStore.Image> images, String digest) {
    return images.stream()
        .filter(image -> image.target().digest().equals(digest))
        .findFirst()
        .or(
            () ->
                images.stream()
                    .filter(image -> platformDigest(image).equals(Optional.of(digest)))
                    .findFirst())
        .map(this::describe);
  }

  private Optional<String> platformDigest(ContentStore.Image image) {
    return tryResolve(image).map(found -> found.manifestBlob().digest());
  }

  @Override
  public List<StoredImage> list() {
    return sorted().stream().map(this::describe).toList();
  }

  private List<ContentStore.Image> sorted() {
    return content.images().stream()
        .sorted(Comparator.comparing(ContentStore.Image::name))
        .toList();
  }

  /** An image that cannot be read is listed all the same, or nobody would find and remove it. */
  private StoredImage describe(ContentStore.Image image) {
    long size = tryResolve(image).map(PlatformImage::sizeBytes).orElse(image.target().size());
    return new StoredImage(image.name(), image.target().digest(), size);
  }

  private Optional<PlatformImage> tryResolve(ContentStore.Image image) {
    try {
      return Optional.of(PlatformImage.find(stored, image.target(), node, image.name()));
    } catch (TaskException e) {
      return Optional.empty();
    }
  }

  @Override
  public void remove(String name) {
    content.deleteImage(name);
  }

  @Override
  public ImageDetails examine(StoredImage image) {
    PlatformImage found = resolve(image);
    return details(found, accounts(image.name(), found));
  }

  @Override
  public ImageDetails examineLayout(Path path) {
    try (Layout layout = Layout.open(path, temporary, limits)) {
      List<Layout.Named> images = layout.images();
      if (images.stream().map(Layout.Named::candidates).distinct().count() > 1) {
        throw ImageProblems.refused(
            "AMBIGUOUS_LAYOUT",
            path.toString(),
            "it holds " + images.stream().map(Layout.Named::name).toList(),
            "import it, then name one of them");
      }
      PlatformImage found = images.get(0).find(layout.blobs(), node);
      return details(found, LayerCheck.check(images.get(0).name(), found, layout.blobs(), limits));
    }
  }

  @Override
  public ImageDetails unpack(StoredImage image) {
    synchronized (unpacking) {
      PlatformImage found = resolve(image);
      String config = found.manifest().config().digest();
      Optional<AccountFiles> known = Accounts.find(content, config, image.name());
      if (known.isPresent() && content.hasLayers(found.config().chainId())) {
        return details(found, known.get());
      }
      return details(found, checkAndApply(image, found));
    }
  }

  /** All layers are checked before the first is applied. */
  private AccountFiles checkAndApply(StoredImage image, PlatformImage found) {
    try (ContentStore.Lease lease = content.lease("unpack " + image.name())) {
      hold(lease, found.target());
      AccountFiles accounts = LayerCheck.check(image.name(), found, stored, limits);
      List<Descriptor> layers = found.manifest().layers();
      List<String> chainIds = found.config().chainIds();
      Optional<String> parent = Optional.empty();
      for (int i = 0; i < layers.size(); i++) {
        lease.applyLayer(parent, chainIds.get(i), layers.get(i), found.config().diffIds().get(i));
        parent = Optional.of(chainIds.get(i));
      }
      String config = found.manifest().config().digest();
      lease.keepLayers(config, found.config().chainId());
      Accounts.keep(lease, config, accounts);
      return accounts;
    }
  }

  /** A blob that is there is not written again; what it refers to is held with it. */
  private static void hold(ContentStore.Lease lease, Descriptor blob) {
    lease.writeBlob(blob, InputStream.nullInputStream(), new TreeMap<>());
  }

  private AccountFiles accounts(String name, PlatformImage image) {
    return Accounts.find(content, image.manifest().config().digest(), name)
        .orElseGet(() -> LayerCheck.check(name, image, stored, limits));
  }

  private PlatformImage resolve(StoredImage image) {
    long size =
        content
            .blobSize(image.digest())
            .orElseThrow(
                () ->
                    TaskException.notFound(
                        Problem.user(
                            "IMAGE_NOT_FOUND",
                            "image "
                                + image.name()
                                + " ("
                                + image.digest()
                                + ") is not on this node; import it first")));
    return PlatformImage.find(stored, new Descriptor("", image.digest(), size), node, image.name());
  }

  private static ImageDetails details(PlatformImage image, AccountFiles accounts) {
    return new ImageDetails(
        image.config().chainId(), image.config(), image.config().user(), accounts);
  }
}
