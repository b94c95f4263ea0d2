package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.eve.Contents.Content;
import org.lfedge.eve.tasks.core.eve.Contents.Found;
import org.lfedge.eve.tasks.core.eve.Datastores.Place;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;

/**
 * The root and the volumes of an app: the first volume that is not blank is its root, the others
 * are volumes of its task in their order.
 */
final class AppStorage {

  private static final Pattern NAME = Pattern.compile("[a-z0-9]+([.-][a-z0-9]+)*");
  private static final int MAX_NAME = 20;

  private final Contents contents;
  private final Findings findings;
  private final List<Found> found = new ArrayList<>();
  private final List<AppVolume> kept = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  AppStorage(AppInstanceConfig app, Contents contents, Findings findings) {
    this.contents = contents;
    this.findings = findings;
    for (int i = 0; i < app.getVolumeRefListCount(); i++) {
      contents
          .volume(app.getVolumeRefList(i), "volumeRefList[" + i + "]", findings)
          .ifPresent(found::add);
    }
    if (app.getVolumeRefListCount() == 0) {
      findings.missing("volumeRefList", "", "must have a volume with what the app runs");
    }
  }

  /** The image of tools of a content tree; nothing if none is named. */
  Optional<String> tools(String contentTree, String path) {
    return contentTree.isEmpty() ? Optional.empty() : contents.tools(contentTree, path, findings);
  }

  /** What the node is to have before the task is made. */
  List<AppVolume> volumes() {
    return kept;
  }

  /** Whether the root is the file system of an image. */
  boolean isImage() {
    return root()
        .filter(
            one ->
                one.content() instanceof Content.Image || one.content() instanceof Content.Layout)
        .isPresent();
  }

  private Optional<Found> root() {
    return found.stream().filter(AppStorage::canBeRoot).findFirst();
  }

  private static boolean canBeRoot(Found one) {
    return !(one.content() instanceof Content.Blank);
  }

  /** Adds root and volumes to a document. */
  void add(ObjectNode document, boolean guest) {
    Optional<Found> root = root();
    root.ifPresent(one -> addRoot(one, document.putObject("root")));
    if (root.isEmpty() && !found.isEmpty()) {
      findings.missing("volumeRefList", "", "needs a volume with content for the app to run");
    }
    found.stream()
        .filter(one -> !root.equals(Optional.of(one)))
        .forEach(one -> addVolume(one, document, guest));
  }

  private void addRoot(Found one, ObjectNode root) {
    String mountDir = one.reference().getMountDir();
    if (!mountDir.isEmpty() && !mountDir.equals("/")) {
      findings.unsupported(
          one.path() + ".mount_dir", mountDir, "the first volume with content is the root");
    }
    if (one.content() instanceof Content.Image image) {
      root.put("image", image.reference());
    } else if (one.content() instanceof Content.Layout layout) {
      root.put("layout", layout.path());
    } else if (one.content() instanceof Content.File file && file.format() == Format.JAR) {
      jar(file, root);
    } else if (one.content() instanceof Content.File file) {
      disk(one, file, root);
    }
    if (one.volume().getReadonly()) {
      root.put("readOnly", true);
    }
  }

  /** What is only read is used as it was fetched; what is written to is a copy of the volume's. */
  private void disk(Found one, Content.File file, ObjectNode root) {
    boolean read = one.volume().getReadonly() || file.format() == Format.ISO;
    if (read && file.place() instanceof Place.Url url) {
      root.putObject("disk")
          .put("url", url.url())
          .put("digest", file.digest().orElseThrow())
          .put("format", file.format().word());
    } else {
      root.put("volume", kept(one, file));
    }
  }

  private static void jar(Content.File file, ObjectNode root) {
    if (file.place() instanceof Place.Image artifact) {
      root.putObject("jar").put("artifact", artifact.reference());
    } else if (file.place() instanceof Place.Url url) {
      root.putObject("jar").put("url", url.url()).put("digest", file.digest().orElseThrow());
    } else if (file.place() instanceof Place.File path) {
      root.put("jar", path.path());
    }
  }

  private void addVolume(Found one, ObjectNode document, boolean guest) {
    ObjectNode volume = document.withArray("volumes").addObject();
    String name = name(one);
    volume.put("name", name);
    ObjectNode source = volume.putObject("source");
    if (one.content() instanceof Content.Blank blank) {
      kept.add(new AppVolume.Blank(one.name(), blank.bytes()));
      source.put("volume", one.name());
    } else if (one.content() instanceof Content.Image image) {
      source.put("image", image.reference());
    } else if (one.content() instanceof Content.File file && file.place() instanceof Place.Image) {
      findings.unsupported(one.path(), one.volume().getUuid(), "a JAR can be the root alone");
    } else if (one.content() instanceof Content.File file) {
      source.put("volume", kept(one, file));
    } else {
      findings.unsupported(
          one.path(), one.volume().getUuid(), "a layout on the node can be the root alone");
    }
    String mountDir = one.reference().getMountDir();
    if (!mountDir.isEmpty()) {
      volume.put("target", mountDir);
    } else if (!guest) {
      volume.put("target", "/volumes/" + name);
    }
    if (one.volume().getReadonly()) {
      volume.put("readOnly", true);
    }
  }

  private String kept(Found one, Content.File file) {
    AppVolume.Source source =
        file.place() instanceof Place.Url url
            ? new AppVolume.Source.Fetched(
                new FileOrigin.Url(url.url(), file.digest().orElseThrow()))
            : new AppVolume.Source.OfNode(((Place.File) file.place()).path(), file.digest());
    kept.add(new AppVolume.Disk(one.name(), source, file.format(), file.bytes()));
    return one.name();
  }

  /** A guest may know disks by their names, which are those of the config as far as they can be. */
  private String name(Found one) {
    String usual = one.volume().getDisplayName();
    boolean fits = usual.length() <= MAX_NAME && NAME.matcher(usual).matches();
    String name = fits && !usual.equals("user-data") ? usual : "volume-" + (names.size() + 1);
    while (!names.add(name)) {
      name += "-" + (names.size() + 1);
    }
    return name;
  }
}
