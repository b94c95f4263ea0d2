package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.Registries;

/** Finds the file in an artifact as ORAS and its like push them: each of its layers is a file. */
final class FileArtifact {

  private static final String TITLE = "org.opencontainers.image.title";

  private FileArtifact() {}

  /** A layer, and the name of the file that it is, if it has one. */
  private record Layer(Descriptor blob, Optional<String> title) {}

  /**
   * The blob of the file.
   *
   * @param format of the file; where there are several, the one with such a name is taken
   */
  static Descriptor find(Registries.Document top, Format format, String name) {
    ObjectNode manifest = Manifests.object(top.bytes(), "its manifest", name);
    if (Manifests.isIndex(manifest, top.descriptor().mediaType(), name)) {
      throw notOne(name, "it is an index of several", "name one of them by its digest");
    }
    List<Layer> layers = layers(manifest, name);
    if (layers.size() == 1) {
      return file(layers.get(0), name);
    }
    List<Layer> fitting = layers.stream().filter(layer -> fits(layer, format)).toList();
    if (fitting.size() == 1) {
      return file(fitting.get(0), name);
    }
    throw ImageProblems.refused(
        "AMBIGUOUS_ARTIFACT",
        name,
        "it has "
            + layers.size()
            + " layers, and "
            + (fitting.isEmpty() ? "none" : "more than one")
            + " has a name (annotation "
            + TITLE
            + ") that ends in one of "
            + suffixes(format)
            + ": "
            + layers.stream().map(layer -> layer.title().orElse("(no name)")).toList(),
        "push the file as an artifact of its own");
  }

  private static List<Layer> layers(ObjectNode manifest, String name) {
    List<Layer> layers = new ArrayList<>();
    for (JsonNode item : Manifests.list(manifest, "layers", Manifests.MAX_LAYERS, name)) {
      layers.add(
          new Layer(
              Manifests.descriptor(item, name),
              Optional.ofNullable(Manifests.annotations(item).get(TITLE))));
    }
    return layers;
  }

  private static boolean fits(Layer layer, Format format) {
    String title = layer.title().orElse("").toLowerCase(Locale.ROOT);
    return suffixes(format).stream().anyMatch(title::endsWith);
  }

  private static List<String> suffixes(Format format) {
    return switch (format) {
      case RAW -> List.of(".raw", ".img");
      case QCOW2, VMDK, VHDX, ISO, JAR -> List.of("." + format.word());
      case FILE -> List.of();
    };
  }

  /** ORAS gives files the media type of plain layers, with their names, and packs directories. */
  private static Descriptor file(Layer layer, String name) {
    String mediaType = layer.blob().mediaType();
    if (MediaTypes.isCompressedLayer(mediaType)
        || (MediaTypes.isLayer(mediaType) && layer.title().isEmpty())) {
      throw notOne(
          name,
          "its layer "
              + layer.blob().digest()
              + " is an archive ("
              + mediaType
              + "), as of an image",
          "push the file itself, as by oras push, or name the image under root.image");
    }
    return layer.blob();
  }

  private static TaskException notOne(String name, String what, String next) {
    return ImageProblems.refused("NOT_AN_ARTIFACT", name, what, next);
  }
}
