package org.lfedge.eve.tasks.core.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Owner;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;

/** What a task document says of volumes. One reader for each document: it remembers names. */
final class VolumesReader {

  private static final int MAX_VOLUMES = 256;
  private static final String EXAMPLE = "{name: data, source: /srv/data, target: /data}";

  /** A file system has to fit in. */
  private static final long MIN_BLANK = 1 << 20;

  /** The kernel gives out memory in pages of this size. */
  private static final long MIN_TMPFS = 4096;

  private static final int MAX_META_DATA = 100;

  /** The name of a volume that was made with a task is TASK.NAME. */
  static final TextForm NODE_VOLUME =
      new TextForm(
          127,
          "[a-z0-9]+([.-][a-z0-9]+)*",
          "BAD_NAME",
          "the name of a volume of the node: lower-case letters and digits, joined by single dots"
              + " or dashes");

  private static final TextForm OWNER =
      new TextForm(
          21,
          "[0-9]{1,10}:[0-9]{1,10}",
          "BAD_VALUE",
          "a user and a group by their numbers, such as \"1000:1000\"");

  private static final TextForm META_DATA_KEY =
      new TextForm(
          128, "[A-Za-z0-9_][A-Za-z0-9_.-]*", "BAD_NAME", "letters, digits, '_', '.' and '-'");

  private final Path baseDirectory;
  private final SortedMap<String, Integer> names = new TreeMap<>();
  private final SortedMap<String, Integer> targets = new TreeMap<>();
  private Optional<Integer> cloudInit = Optional.empty();

  VolumesReader(Path baseDirectory) {
    this.baseDirectory = baseDirectory;
  }

  /** {@code volumes:}. */
  List<VolumeConfig> read(DocumentObject task) {
    return task.list(
        "volumes", MAX_VOLUMES, (index, v) -> v.object(EXAMPLE, volume -> volume(index, volume)));
  }

  private Optional<VolumeConfig> volume(int index, DocumentObject volume) {
    Optional<String> name = volume.required("name", v -> name(index, v));
    Optional<Source> source = volume.required("source", v -> source(index, v));
    Optional<String> target =
        volume.optional("target", v -> Targets.read(v).flatMap(path -> unique(index, v, path)));
    boolean readOnly = volume.optional("readOnly", DocumentValue::flag).orElse(false);
    Propagation propagation =
        volume
            .optional("propagation", v -> SupervisionReader.choice(v, Propagation.values()))
            .orElse(Propagation.PRIVATE);
    Optional<Owner> owner = volume.optional("owner", VolumesReader::owner);
    source.ifPresent(from -> checkKeys(volume, from, propagation));
    return name.flatMap(
        called ->
            source.map(
                from -> new VolumeConfig(called, from, target, readOnly, propagation, owner)));
  }

  private Optional<String> name(int index, DocumentValue v) {
    return v.text(TextForm.TASK_NAME)
        .flatMap(
            name -> {
              Integer other = names.putIfAbsent(name, index);
              return other == null
                  ? Optional.of(name)
                  : v.refuse(
                      "CONFLICT",
                      "volumes[" + other + "] has this name, too; give one of them another");
            });
  }

  /** Refuses keys that mean nothing for a source, rather than to leave them without effect. */
  private static void checkKeys(DocumentObject volume, Source source, Propagation propagation) {
    if (propagation == Propagation.SLAVE && !(source instanceof Source.HostPath)) {
      volume.refuseKey(
          "propagation",
          "CONFLICT",
          "is for a path of the node alone: nothing is mounted below other sources; remove it");
    }
    boolean made =
        source instanceof Source.Blank
            || source instanceof Source.Image
            || source instanceof Source.Tmpfs;
    if (!made && !volume.present("owner").isEmpty()) {
      volume.refuseKey(
          "owner",
          "CONFLICT",
          "is for volumes that are made with the task (blank, image, tmpfs) alone; change the"
              + " owner of what is there already by hand");
    }
    boolean targeted = !volume.present("target").isEmpty();
    if (source instanceof Source.Tmpfs && !targeted) {
      volume.refuseKey(
          "target", "MISSING", "is required for a tmpfs, which is nowhere but there; add it");
    } else if (source instanceof Source.NetworkNames && !targeted) {
      volume.refuseKey("target", "MISSING", "is required for the names of a network; add it");
    } else if (source instanceof Source.CloudInit && targeted) {
      volume.refuseKey(
          "target",
          "CONFLICT",
          "has no meaning for cloud-init: a guest finds its data by itself, a container gets"
              + " variables and files; remove it");
    }
  }

  private Optional<String> unique(int index, DocumentValue v, String target) {
    Integer other = targets.putIfAbsent(target, index);
    return other == null
        ? Optional.of(target)
        : v.refuse(
            "DUPLICATE_TARGET",
            "volumes[" + other + "] has this target, too; give one of them another");
  }

  private static Optional<Owner> owner(DocumentValue v) {
    return v.text(OWNER)
        .flatMap(
            text -> {
              int colon = text.indexOf(':');
              long uid = Long.parseLong(text.substring(0, colon));
              long gid = Long.parseLong(text.substring(colon + 1));
              return Math.max(uid, gid) > Integer.MAX_VALUE
                  ? v.refuse("OUT_OF_RANGE", "must be numbers from 0 to " + Integer.MAX_VALUE)
                  : Optional.of(new Owner((int) uid, (int) gid));
            });
  }

  private Optional<Source> source(int index, DocumentValue v) {
    return v.isObject()
        ? v.object(source -> source(index, source))
        : v.path(baseDirectory).map(Source.HostPath::new);
  }

  private Optional<Source> source(int index, DocumentObject source) {
    List<String> kinds =
        source.present("volume", "blank", "image", "file", "tmpfs", "network", "cloudInit");
    if (kinds.size() > 1) {
      source.refuse("CONFLICT", "has " + String.join(" and ", kinds) + "; keep one of them");
    } else if (kinds.isEmpty()) {
      source.refuse(
          "MISSING",
          "needs one of volume, blank, image, file, tmpfs, network, cloudInit; or write the path of a"
              + " directory in its place");
    }
    Optional<Format> format =
        source.optional("format", v -> SupervisionReader.choice(v, Format.values()));
    boolean formatted = !source.present("format").isEmpty();
    if (kinds.contains("file") && !formatted) {
      source.refuseKey(
          "format", "MISSING", "is required, since no file is looked into to guess it; add it");
    } else if (formatted && !kinds.contains("file")) {
      source.refuseKey("format", "CONFLICT", "is for file alone; remove it");
    }
    return Stream.of(
            source.optional("volume", v -> v.text(NODE_VOLUME).map(Source.Named::new)),
            source.optional("blank", v -> v.size(MIN_BLANK).map(Source.Blank::new)),
            source.optional("image", v -> v.text(TextForm.IMAGE).map(Source.Image::new)),
            source.optional(
                "file",
                v ->
                    v.path(baseDirectory)
                        .flatMap(path -> format.map(held -> new Source.DiskFile(path, held)))),
            source.optional("tmpfs", v -> v.size(MIN_TMPFS).map(Source.Tmpfs::new)),
            source.optional(
                "network", v -> v.text(InterfacesReader.NETWORK).map(Source.NetworkNames::new)),
            source.optional("cloudInit", v -> cloudInit(index, v)))
        .<Source>flatMap(Optional::stream)
        .findFirst();
  }

  private Optional<Source> cloudInit(int index, DocumentValue v) {
    if (cloudInit.isPresent()) {
      return v.confidential()
          .refuse(
              "CONFLICT",
              "volumes[" + cloudInit.get() + "] is cloud-init data, too; keep one of them");
    }
    cloudInit = Optional.of(index);
    return v.confidential().object(this::cloudInit);
  }

  private Optional<Source> cloudInit(DocumentObject data) {
    Optional<UserData> userData = data.required("userData", this::userData);
    SortedMap<String, String> metaData =
        data.optional("metaData", v -> v.object(VolumesReader::metaData)).orElse(new TreeMap<>());
    Optional<String> networkConfig = data.optional("networkConfig", VolumesReader::bounded);
    return userData.map(user -> new Source.CloudInit(user, metaData, networkConfig));
  }

  private Optional<UserData> userData(DocumentValue v) {
    if (v.isObject()) {
      return v.object(
          of -> of.required("file", f -> f.path(baseDirectory)).map(UserData.InFile::new));
    }
    return bounded(v).map(UserData.Text::new);
  }

  private static Optional<SortedMap<String, String>> metaData(DocumentObject metaData) {
    return Optional.of(
        metaData.entries(
            MAX_META_DATA,
            (key, v) ->
                META_DATA_KEY.fits(key)
                    ? v.scalar().flatMap(text -> bounded(v, text))
                    : v.refuse(META_DATA_KEY.code(), "the key " + META_DATA_KEY.message())));
  }

  private static Optional<String> bounded(DocumentValue v) {
    return v.text().flatMap(text -> bounded(v, text));
  }

  private static Optional<String> bounded(DocumentValue v, String text) {
    return text.getBytes(StandardCharsets.UTF_8).length > CloudInitData.MAX_BYTES
        ? v.refuse("OUT_OF_RANGE", "must have at most 64 KiB")
        : Optional.of(text);
  }
}
