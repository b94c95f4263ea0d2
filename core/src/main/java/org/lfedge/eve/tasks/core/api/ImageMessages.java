package org.lfedge.eve.tasks.core.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.ImageLayer;
import org.lfedge.eve.tasks.core.api.v1.InspectImageResponse;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.port.ImageContents;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;

/** Images as messages of the API. */
final class ImageMessages {

  private ImageMessages() {}

  /**
   * An entry for a name.
   *
   * @param image what is here of it, a platform each; not empty
   */
  static ImageEntry entry(List<StoredImage> image) {
    StoredImage first = image.get(0);
    return ImageEntry.newBuilder()
        .setName(first.name())
        .setDigest(first.digest())
        .setManifestDigest(first.manifestDigest())
        .setSizeBytes(image.stream().mapToLong(StoredImage::sizeBytes).sum())
        .addAllPlatforms(
            image.stream().flatMap(one -> one.platform().stream()).map(Platform::toString).toList())
        .build();
  }

  /** An entry for each name, in their order. */
  static List<ImageEntry> entries(List<StoredImage> images) {
    return byName(images).stream().map(ImageMessages::entry).toList();
  }

  /** The platforms of each name together. */
  static List<List<StoredImage>> byName(List<StoredImage> images) {
    Map<String, List<StoredImage>> byName = new LinkedHashMap<>();
    images.forEach(
        image -> byName.computeIfAbsent(image.name(), key -> new ArrayList<>()).add(image));
    return List.copyOf(byName.values());
  }

  /**
   * Everything about one platform of an image.
   *
   * @param image what is here of it
   */
  static InspectImageResponse contents(
      List<StoredImage> image, ImageContents contents, List<String> tasks) {
    ResolvedImage config = contents.config();
    InspectImageResponse.Builder message =
        InspectImageResponse.newBuilder()
            .setImage(entry(image))
            .setPlatform(contents.platform())
            .addAllEntrypoint(config.entrypoint())
            .addAllCommand(config.command())
            .addAllEnv(config.env())
            .setUser(contents.user())
            .setWorkingDir(config.workingDir())
            .putAllLabels(config.labels())
            .setSignatures(contents.signatures())
            .addAllTasks(tasks);
    for (ImageContents.Layer layer : contents.layers()) {
      message.addLayers(
          ImageLayer.newBuilder()
              .setDigest(layer.digest())
              .setMediaType(layer.mediaType())
              .setSizeBytes(layer.sizeBytes()));
    }
    contents.unpackedBytes().ifPresent(message::setUnpackedBytes);
    return message.build();
  }
}
