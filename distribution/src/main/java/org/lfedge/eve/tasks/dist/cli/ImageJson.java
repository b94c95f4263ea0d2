package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.api.v1.InspectImageResponse;

/** An image for programs. */
final class ImageJson {

  private ImageJson() {}

  static ObjectNode contents(InspectImageResponse image) {
    ObjectNode json = TaskJson.image(image.getImage());
    json.put("manifestDigest", image.getImage().getManifestDigest());
    json.put("platform", image.getPlatform());
    if (image.hasUnpackedBytes()) {
      json.put("unpackedBytes", image.getUnpackedBytes());
    } else {
      json.putNull("unpackedBytes");
    }
    image.getEntrypointList().forEach(json.putArray("entrypoint")::add);
    image.getCommandList().forEach(json.putArray("command")::add);
    image.getEnvList().forEach(json.putArray("env")::add);
    json.put("user", image.getUser());
    json.put("workingDir", image.getWorkingDir());
    ObjectNode labels = json.putObject("labels");
    new TreeMap<>(image.getLabelsMap()).forEach(labels::put);
    var layers = json.putArray("layers");
    image
        .getLayersList()
        .forEach(
            layer ->
                layers
                    .addObject()
                    .put("digest", layer.getDigest())
                    .put("mediaType", layer.getMediaType())
                    .put("sizeBytes", layer.getSizeBytes()));
    json.put("signatures", image.getSignatures());
    image.getTasksList().forEach(json.putArray("tasks")::add);
    return json;
  }
}
