package org.lfedge.eve.tasks.core.api;

import java.util.List;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.ImageLayer;
import org.lfedge.eve.tasks.core.api.v1.InspectImageResponse;
import org.lfedge.eve.tasks.core.port.ImageContents;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;

/** Images as messages of the API. */
final class ImageMessages {

  private ImageMessages() {}

  static ImageEntry entry(StoredImage image) {
    return ImageEntry.newBuilder()
        .setName(image.name())
        .setDigest(image.digest())
        .setManifestDigest(image.manifestDigest())
        .setSizeBytes(image.sizeBytes())
        .build();
  }

  static InspectImageResponse contents(ImageContents contents, List<String> tasks) {
    ResolvedImage config = contents.config();
    InspectImageResponse.Builder message =
        InspectImageResponse.newBuilder()
            .setImage(entry(contents.image()))
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
