package org.lfedge.eve.tasks.core.image;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageContents;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.Registries;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.core.port.TrustVerdict;

/**
 * The images of this node, in a content store. Whatever is written, is written under a lease; a
 * name, or a label of what a name leads to, keeps it beyond that. So a step that fails halfway
 * leaves nothing but what the next collection removes.
 */
public final class Images implements ImageStore {

  /** Label of a name that came with a task; its value is the UUID of that. */
  private static final String TASK = "org.lfedge.eve.tasks.imported-for";

  private final ContentStore content;
  private final Blobs stored;
  private final Platform node;
  private final LayerLimits limits;
  private final Path temporary;
  private final TrustPolicy trust;
  private final Unpacking unpacking;
  private final ImagePull pulls;
  private final DigestCache<PlatformImage> known = new DigestCache<>();

  /**
   * @param content where blobs, names and unpacked layers are
   * @param registries where images are fetched from
   * @param trust which images may be fetched and used
   * @param node which of an image's platforms is taken
   * @param limits for the layers of an image
   * @param temporary a directory on disk, not in memory: compressed archives are uncompressed in it
   */
  public Images(
      ContentStore content,
      Registries registries,
      TrustPolicy trust,
      Platform node,
      LayerLimits limits,
      Path temporary) {
    this.content = content;
    this.trust = trust;
    this.stored = new StoredBlobs(content);
    this.node = node;
    this.limits = limits;
    this.temporary = temporary;
    this.unpacking = new Unpacking(content, limits);
    this.pulls = new ImagePull(content, registries, trust, node, limits, unpacking);
  }

  @Override
  public List<StoredImage> importFrom(Path path) {
    return importAs(path, name -> new TreeMap<>());
  }

  @Override
  public List<StoredImage> importFor(UUID task, Path path) {
    Set<String> others = new TreeSet<>();
    content.images().forEach(image -> others.add(image.name()));
    // A try that was cut short may have brought them already.
    content.imagesLabelled(TASK, task.toString()).forEach(others::remove);
    return importAs(
        path,
        name ->
            others.contains(name) ? new TreeMap<>() : new TreeMap<>(Map.of(TASK, task.toString())));
  }

  @Override
  public void removeImportedFor(UUID task) {
    content.imagesLabelled(TASK, task.toString()).forEach(content::deleteImage);
  }

  private List<StoredImage> importAs(
      Path path, Function<String, SortedMap<String, String>> labels) {
    try (Layout layout = Layout.open(path, temporary, limits);
        ContentStore.Lease lease = content.lease("import " + path.getFileName())) {
      SortedMap<String, PlatformImage> found = new TreeMap<>();
      for (Layout.Named named : layout.images()) {
        PlatformImage image = named.find(layout.blobs(), node);
        new ImageWriter(lease, named.name()).write(layout.blobs(), image);
        found.put(named.name(), image);
      }
      layout.signatures().forEach(named -> keepSignatures(layout, named, found, lease));
      List<StoredImage> images = new ArrayList<>();
      found.forEach(
          (name, image) -> {
            lease.putImage(new ContentStore.Image(name, image.target()), labels.apply(name));
            images.add(image.stored(name));
          });
      return List.copyOf(images);
    }
  }

  /** Signatures of what the layout does not hold are left out. */
  private static void keepSignatures(
      Layout layout,
      Layout.Named signatures,
      SortedMap<String, PlatformImage> images,
      ContentStore.Lease lease) {
    String signed = signatures.signed().orElseThrow();
    Optional<String> name =
        images.entrySet().stream()
            .filter(image -> image.getValue().documentDigests().contains(signed))
            .map(Map.Entry::getKey)
            .findFirst();
    if (name.isPresent()) {
      List<Signatures.Found> found = new ArrayList<>();
      for (Manifests.Entry entry : signatures.candidates()) {
        Signatures.read(layout.blobs(), entry.descriptor(), signed, name.get())
            .ifPresent(found::add);
      }
      Signatures.keep(new ImageWriter(lease, name.get()), layout.blobs(), found);
    }
  }

  @Override
  public StoredImage pull(String reference, ImagePurpose purpose, PullProgress progress) {
    ImageName name =
        Optional.of(reference)
            .filter(text -> !Digests.isDigest(text))
            .flatMap(ImageName::parse)
            .orElseThrow(() -> ImageProblems.notPullable(reference));
    return pulls.pull(name, purpose, progress);
  }

  @Override
  public TrustVerdict judge(StoredImage image, String reference, ImagePurpose purpose) {
    PlatformImage found = known.find(image.digest()).orElseGet(() -> resolve(image));
    String repository =
        ImageName.parse(image.name()).map(ImageName::repository).orElse(image.name());
    Optional<String> pinned =
        Digests.isDigest(reference)
            ? Optional.of(reference)
            : ImageName.parse(reference).flatMap(ImageName::digest);
    if (pinned.filter(digest -> !found.documentDigests().contains(digest)).isPresent()) {
      throw ImageProblems.digestMismatch(
          image.name(), "its name has the digest " + pinned.get() + " and points to another");
    }
    List<Signatures.Found> signatures =
        trust.wantsSignature(repository)
            ? Signatures.kept(content, found.documentDigests(), image.name())
            : List.of();
    return trust.judge(
        purpose,
        repository,
        pinned,
        found.target().digest(),
        found.documentDigests(),
        Signatures.all(signatures));
  }

  @Override
  public ImageContents contents(StoredImage image) {
    PlatformImage found = resolve(image);
    List<ImageContents.Layer> layers = new ArrayList<>();
    for (Descriptor layer : found.manifest().layers()) {
      layers.add(new ImageContents.Layer(layer.digest(), layer.mediaType(), layer.size()));
    }
    return new ImageContents(
        image,
        found.config().platform().toString(),
        found.config(),
        found.config().user().orElse(""),
        layers,
        content.layersBytes(found.config().chainIds()),
        Signatures.all(Signatures.kept(content, found.documentDigests(), image.name())).size());
  }

  @Override
  public void exportTo(Path archive, List<StoredImage> images) {
    LayoutExport export = new LayoutExport(content);
    images.forEach(image -> export.add(image.name(), resolve(image)));
    export.write(archive);
  }

  @Override
  public void remove(StoredImage image) {
    content.deleteImage(image.name());
  }

  @Override
  public void dropUnfinished() {
    content.dropUnfinished(pulls.underWay());
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
    String digest = image.target().digest();
    return tryResolve(image)
        .map(found -> found.stored(image.name()))
        .orElseGet(() -> new StoredImage(image.name(), digest, digest, image.target().size()));
  }

  private Optional<PlatformImage> tryResolve(ContentStore.Image image) {
    try {
      return Optional.of(find(image.target(), image.name()));
    } catch (TaskException e) {
      return Optional.empty();
    }
  }

  @Override
  public ImageDetails examine(StoredImage image) {
    PlatformImage found = resolve(image);
    return unpacking.examine(image.name(), found);
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
      return Unpacking.details(
          found, LayerCheck.check(images.get(0).name(), found, layout.blobs(), limits));
    }
  }

  @Override
  public ImageDetails unpack(StoredImage image) {
    Optional<ImageDetails> before =
        known.find(image.digest()).flatMap(found -> unpacking.done(image.name(), found));
    return before.orElseGet(() -> unpacking.unpack(image.name(), resolve(image)));
  }

  @Override
  public Optional<byte[]> readFile(StoredImage image, String path, int maxBytes) {
    return LayerCheck.file(image.name(), resolve(image), stored, limits, path, maxBytes);
  }

  private PlatformImage resolve(StoredImage image) {
    return content
        .blobSize(image.digest())
        .map(size -> find(new Descriptor("", image.digest(), size), image.name()))
        .orElseThrow(() -> notFound(image));
  }

  private static TaskException notFound(StoredImage image) {
    return TaskException.notFound(
        Problem.user(
            "IMAGE_NOT_FOUND",
            "image "
                + image.name()
                + " ("
                + image.digest()
                + ") is not on this node; pull or import it first"));
  }

  private PlatformImage find(Descriptor target, String name) {
    return known.find(target.digest()).orElseGet(() -> read(target, name));
  }

  private PlatformImage read(Descriptor target, String name) {
    PlatformImage image = PlatformImage.find(stored, target, node, name);
    known.keep(target.digest(), image, image.documentBytes());
    return image;
  }
}
