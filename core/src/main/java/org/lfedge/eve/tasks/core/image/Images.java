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
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageContents;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
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
  private final StoredPlatforms platforms;
  private final LayerLimits limits;
  private final Path temporary;
  private final TrustPolicy trust;
  private final Unpacking unpacking;
  private final ImagePull pulls;

  /**
   * @param content where blobs, names and unpacked layers are
   * @param registries where images are fetched from
   * @param trust which images may be fetched and used
   * @param node which of an image's platforms is taken if no other is asked for
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
    this.platforms = new StoredPlatforms(content, node);
    this.limits = limits;
    this.temporary = temporary;
    this.unpacking = new Unpacking(content, limits);
    this.pulls = new ImagePull(content, registries, trust, limits, unpacking);
  }

  @Override
  public List<StoredImage> importFrom(Path path, PlatformChoice choice) {
    return importAs(path, choice, name -> new TreeMap<>());
  }

  @Override
  public List<StoredImage> importFor(UUID task, Path path, PlatformChoice choice) {
    Set<String> others = new TreeSet<>();
    content.images().forEach(image -> others.add(image.name()));
    // A try that was cut short may have brought them already.
    content.imagesLabelled(TASK, task.toString()).forEach(others::remove);
    return importAs(
        path,
        choice,
        name ->
            others.contains(name) ? new TreeMap<>() : new TreeMap<>(Map.of(TASK, task.toString())));
  }

  @Override
  public void removeImportedFor(UUID task) {
    content.imagesLabelled(TASK, task.toString()).forEach(content::deleteImage);
  }

  private List<StoredImage> importAs(
      Path path, PlatformChoice choice, Function<String, SortedMap<String, String>> labels) {
    try (Layout layout = Layout.open(path, temporary, limits);
        ContentStore.Lease lease = content.lease("import " + path.getFileName())) {
      SortedMap<String, PlatformImage> found = new TreeMap<>();
      for (Layout.Named named : layout.images()) {
        PlatformImage image = named.find(layout.blobs(), platforms.wanted(choice));
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
  public StoredImage pull(
      String reference, PlatformChoice choice, ImagePurpose purpose, PullProgress progress) {
    ImageName name =
        Optional.of(reference)
            .filter(text -> !Digests.isDigest(text))
            .flatMap(ImageName::parse)
            .orElseThrow(() -> ImageProblems.notPullable(reference));
    return pulls.pull(name, platforms.wanted(choice), purpose, progress);
  }

  @Override
  public TrustVerdict judge(StoredImage image, String reference, ImagePurpose purpose) {
    PlatformImage found = platforms.known(image).orElseGet(() -> platforms.read(image));
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
    PlatformImage found = platforms.read(image);
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
    images.forEach(image -> export.add(image.name(), platforms.read(image)));
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
    return lookUp(reference)
        .map(
            found ->
                found
                    .manifest()
                    .map(exact -> exact.stored(found.image().name()))
                    .orElseGet(() -> describe(found.image()).get(0)));
  }

  @Override
  public Optional<StoredImage> find(String reference, PlatformChoice choice) {
    Optional<Named> named = lookUp(reference);
    if (named.isEmpty()) {
      return Optional.empty();
    }
    ContentStore.Image image = named.get().image();
    Optional<PlatformImage> found =
        named
            .get()
            .manifest()
            .map(
                exact ->
                    new PlatformSearch(stored, platforms.wanted(choice), image.name())
                        .requireSuitable(exact))
            .or(() -> platforms.find(image, choice));
    return found.map(one -> one.stored(image.name()));
  }

  /** A name, and the manifest that was asked for by its digest if it is below the name's index. */
  private record Named(ContentStore.Image image, Optional<PlatformImage> manifest) {}

  private Optional<Named> lookUp(String reference) {
    List<ContentStore.Image> images = sorted();
    if (Digests.isDigest(reference)) {
      return byDigest(images, reference);
    }
    Optional<ImageName> name = ImageName.parse(reference);
    if (name.isEmpty()) {
      return Optional.empty();
    }
    Optional<Named> exact =
        images.stream()
            .filter(image -> image.name().equals(name.get().toString()))
            .findFirst()
            .map(image -> new Named(image, Optional.empty()));
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

  /** By what the name points to, or by a manifest that it leads to and that is here. */
  private Optional<Named> byDigest(List<ContentStore.Image> images, String digest) {
    return images.stream()
        .filter(image -> image.target().digest().equals(digest))
        .findFirst()
        .map(image -> new Named(image, Optional.empty()))
        .or(
            () ->
                images.stream()
                    .flatMap(
                        image ->
                            platforms.of(image).stream()
                                .filter(found -> found.manifestBlob().digest().equals(digest))
                                .map(found -> new Named(image, Optional.of(found))))
                    .findFirst());
  }

  @Override
  public List<StoredImage> list() {
    return sorted().stream().flatMap(image -> describe(image).stream()).toList();
  }

  private List<ContentStore.Image> sorted() {
    return content.images().stream()
        .sorted(Comparator.comparing(ContentStore.Image::name))
        .toList();
  }

  /** An image that cannot be read is listed all the same, or nobody would find and remove it. */
  private List<StoredImage> describe(ContentStore.Image image) {
    String digest = image.target().digest();
    List<StoredImage> found =
        platforms.of(image).stream().map(one -> one.stored(image.name())).toList();
    return found.isEmpty()
        ? List.of(
            new StoredImage(image.name(), digest, digest, Optional.empty(), image.target().size()))
        : found;
  }

  @Override
  public ImageDetails examine(StoredImage image) {
    PlatformImage found = platforms.read(image);
    return unpacking.examine(image.name(), found);
  }

  @Override
  public ImageDetails examineLayout(Path path, PlatformChoice choice) {
    try (Layout layout = Layout.open(path, temporary, limits)) {
      Layout.Named image = only(layout, path);
      PlatformImage found = image.find(layout.blobs(), platforms.wanted(choice));
      return Unpacking.details(
          found, LayerCheck.check(image.name(), found, layout.blobs(), limits));
    }
  }

  @Override
  public Platform layoutPlatform(Path path, PlatformChoice choice) {
    try (Layout layout = Layout.open(path, temporary, limits)) {
      return only(layout, path)
          .find(layout.blobs(), platforms.wanted(choice))
          .config()
          .platform()
          .plain();
    }
  }

  private static Layout.Named only(Layout layout, Path path) {
    List<Layout.Named> images = layout.images();
    if (images.stream().map(Layout.Named::candidates).distinct().count() > 1) {
      throw ImageProblems.refused(
          "AMBIGUOUS_LAYOUT",
          path.toString(),
          "it holds " + images.stream().map(Layout.Named::name).toList(),
          "import it, then name one of them");
    }
    return images.get(0);
  }

  @Override
  public ImageDetails unpack(StoredImage image) {
    Optional<ImageDetails> before =
        platforms.known(image).flatMap(found -> unpacking.done(image.name(), found));
    return before.orElseGet(() -> unpacking.unpack(image.name(), platforms.read(image)));
  }

  @Override
  public Optional<byte[]> readFile(StoredImage image, String path, int maxBytes) {
    return LayerCheck.file(image.name(), platforms.read(image), stored, limits, path, maxBytes);
  }
}
