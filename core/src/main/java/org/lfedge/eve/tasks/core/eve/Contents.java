package org.lfedge.eve.tasks.core.eve;

import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.DiskArguments;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.Datastores.Place;
import org.lfedge.eve.tasks.core.eve.api.ContentTree;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.Volume;
import org.lfedge.eve.tasks.core.eve.api.VolumeRef;

/** The volumes and content trees of a config. */
final class Contents {

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private final SortedMap<String, Volume> volumes = new TreeMap<>();
  private final SortedMap<String, ContentTree> trees = new TreeMap<>();
  private final Datastores datastores;

  Contents(EdgeDevConfig config, Datastores datastores) {
    config.getVolumesList().forEach(one -> volumes.putIfAbsent(key(one.getUuid()), one));
    config.getContentInfoList().forEach(one -> trees.putIfAbsent(key(one.getUuid()), one));
    this.datastores = datastores;
  }

  private static String key(String uuid) {
    return uuid.toLowerCase(Locale.ROOT);
  }

  /** The names of all volumes. */
  SortedSet<String> names() {
    SortedSet<String> names = new TreeSet<>();
    volumes.values().forEach(volume -> names.add(name(volume)));
    return names;
  }

  /** Another generation of a volume is another one. */
  private static String name(Volume volume) {
    return key(volume.getUuid()) + "." + volume.getGenerationCount();
  }

  /** What a volume of a config holds. */
  sealed interface Content {

    /** Nothing yet. */
    record Blank(long bytes) implements Content {}

    /** The file system of an image, by its name, with its digest where the config has one. */
    record Image(String reference) implements Content {}

    /** An image in a layout of OCI on the node. */
    record Layout(String path) implements Content {}

    /**
     * A file.
     *
     * @param place never an image but for a JAR
     * @param digest {@code sha256:} and 64 hex digits; empty for an artifact in a registry
     * @param bytes how large a disk made of it is to be at least
     */
    record File(Place place, Optional<String> digest, Format format, long bytes)
        implements Content {}
  }

  /** A volume of an app. */
  record Found(Volume volume, VolumeRef reference, String path, Content content) {

    String name() {
      return Contents.name(volume);
    }
  }

  /** The volume that an app refers to; nothing if it cannot be had, which is found then. */
  Optional<Found> volume(VolumeRef reference, String path, Findings findings) {
    Optional<Volume> volume = Optional.ofNullable(volumes.get(key(reference.getUuid())));
    if (volume.isEmpty()) {
      findings.missing(
          path + ".uuid", reference.getUuid(), "no volume of this config has this UUID");
      return Optional.empty();
    }
    if (volume.get().getGenerationCount() != reference.getGenerationCount()) {
      findings.missing(
          path + ".generationCount",
          reference.getGenerationCount(),
          "the config has generation " + volume.get().getGenerationCount() + " of this volume");
      return Optional.empty();
    }
    refuseTarget(volume.get(), findings);
    return content(volume.get(), findings)
        .map(content -> new Found(volume.get(), reference, path, content));
  }

  private static void refuseTarget(Volume volume, Findings findings) {
    switch (volume.getTarget()) {
      case Kernel, Initrd, RamDisk ->
          findings.unsupported(
              "volumes[" + volume.getUuid() + "].target",
              volume.getTarget(),
              "guests start from their disks; nothing is started in front of these");
      default -> {}
    }
  }

  private Optional<Content> content(Volume volume, Findings findings) {
    String origin = "volumes[" + volume.getUuid() + "].origin";
    return switch (volume.getOrigin().getType()) {
      case VCOT_BLANK -> blank(volume, findings);
      case VCOT_DOWNLOAD ->
          tree(volume.getOrigin().getDownloadContentTreeID(), origin, findings)
              .flatMap(tree -> content(tree, volume, findings));
      default -> {
        findings.unsupported(
            origin + ".type",
            volume.getOrigin().getType(),
            "a volume is blank or made of a content tree");
        yield Optional.empty();
      }
    };
  }

  private static Optional<Content> blank(Volume volume, Findings findings) {
    if (volume.getMaxsizebytes() <= 0) {
      findings.missing(
          "volumes[" + volume.getUuid() + "].maxsizebytes",
          volume.getMaxsizebytes(),
          "must say how large the blank volume is");
      return Optional.empty();
    }
    return Optional.of(new Content.Blank(volume.getMaxsizebytes()));
  }

  private Optional<ContentTree> tree(String id, String path, Findings findings) {
    Optional<ContentTree> tree = Optional.ofNullable(trees.get(key(id)));
    if (tree.isEmpty()) {
      findings.missing(path, id, "no content tree of this config has this UUID");
    }
    return tree;
  }

  private Optional<Content> content(ContentTree tree, Volume volume, Findings findings) {
    String path = "contentInfo[" + tree.getUuid() + "]";
    Optional<Format> format =
        switch (tree.getIformat()) {
          case CONTAINER -> Optional.empty();
          case RAW -> Optional.of(Format.RAW);
          case QCOW2 -> Optional.of(Format.QCOW2);
          case VMDK -> Optional.of(Format.VMDK);
          case VHDX -> Optional.of(Format.VHDX);
          case ISO -> Optional.of(Format.ISO);
          case JAR -> Optional.of(Format.JAR);
          default -> {
            findings.unsupported(
                path + ".iformat",
                tree.getIformat(),
                "content is a container, a disk (raw, qcow2, vmdk, vhdx), an ISO or a JAR");
            yield Optional.empty();
          }
        };
    boolean container = tree.getIformat() == org.lfedge.eve.tasks.core.eve.api.Format.CONTAINER;
    if (format.isEmpty() && !container) {
      return Optional.empty();
    }
    Optional<String> digest = digest(tree, path, findings);
    return datastores
        .place(tree, path, findings)
        .flatMap(
            place ->
                container
                    ? image(place, digest, tree, findings)
                    : file(place, digest, format.orElseThrow(), volume, tree, findings));
  }

  private static Optional<String> digest(ContentTree tree, String path, Findings findings) {
    String sha256 = tree.getSha256().toLowerCase(Locale.ROOT);
    if (!sha256.isEmpty() && !SHA256.matcher(sha256).matches()) {
      findings.bad(path + ".sha256", tree.getSha256(), "must be 64 hex digits");
    }
    return sha256.isEmpty() ? Optional.empty() : Optional.of("sha256:" + sha256);
  }

  private static Optional<Content> image(
      Place place, Optional<String> digest, ContentTree tree, Findings findings) {
    if (place instanceof Place.Image image) {
      return Optional.of(new Content.Image(pinned(image.reference(), digest)));
    }
    if (place instanceof Place.File file) {
      return Optional.of(new Content.Layout(file.path()));
    }
    findings.unsupported(
        "contentInfo[" + tree.getUuid() + "].dsId",
        tree.getDsId(),
        "a container comes from a registry or, as a layout of OCI, from a file of the node");
    return Optional.empty();
  }

  private static String pinned(String reference, Optional<String> digest) {
    return reference.contains("@") ? reference : reference + digest.map("@"::concat).orElse("");
  }

  private static Optional<Content> file(
      Place place,
      Optional<String> digest,
      Format format,
      Volume volume,
      ContentTree tree,
      Findings findings) {
    String path = "contentInfo[" + tree.getUuid() + "]";
    if (place instanceof Place.Image image) {
      if (format == Format.JAR) {
        return Optional.of(
            new Content.File(
                new Place.Image(pinned(image.reference(), digest)), Optional.empty(), format, 0));
      }
      findings.unsupported(
          path + ".dsId", tree.getDsId(), "a registry holds containers and JARs, no disks");
      return Optional.empty();
    }
    if (digest.isEmpty()) {
      findings.missing(path + ".sha256", "", "is required, or anybody could send anything");
      return Optional.empty();
    }
    if (place instanceof Place.Url url) {
      checkUrl(url.url(), digest.get(), path, findings);
    }
    return Optional.of(
        new Content.File(place, digest, format, Math.max(0, volume.getMaxsizebytes())));
  }

  /** By the rules of documents, as that of a disk which is written to never comes into one. */
  private static void checkUrl(String url, String digest, String path, Findings findings) {
    try {
      var unused = DiskArguments.url(url, digest);
    } catch (TaskException e) {
      e.problems().stream()
          .filter(problem -> problem.path().equals("url"))
          .forEach(problem -> findings.bad(path + ".URL", problem.value(), problem.message()));
    }
  }

  /** The image of tools that a content tree stands for. */
  Optional<String> tools(String id, String path, Findings findings) {
    Optional<ContentTree> tree = tree(id, path, findings);
    if (tree.isEmpty()) {
      return Optional.empty();
    }
    String where = "contentInfo[" + id + "]";
    if (tree.get().getIformat() != org.lfedge.eve.tasks.core.eve.api.Format.CONTAINER) {
      findings.bad(where + ".iformat", tree.get().getIformat(), "tools come as a container");
      return Optional.empty();
    }
    Optional<String> digest = digest(tree.get(), where, findings);
    Optional<Place> place = datastores.place(tree.get(), where, findings);
    if (place.isPresent() && !(place.get() instanceof Place.Image)) {
      findings.unsupported(where + ".dsId", tree.get().getDsId(), "tools come from a registry");
    }
    return place
        .filter(Place.Image.class::isInstance)
        .map(Place.Image.class::cast)
        .map(image -> pinned(image.reference(), digest));
  }
}
