package org.lfedge.eve.tasks.dist.cli;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.core.api.v1.ImageLayer;
import org.lfedge.eve.tasks.core.api.v1.InspectImageResponse;

/** An image for people. */
final class ImageText {

  private ImageText() {}

  static String contents(InspectImageResponse image) {
    List<String> lines = new ArrayList<>();
    line(lines, "name", image.getImage().getName());
    line(lines, "digest", image.getImage().getDigest());
    line(lines, "manifest", image.getImage().getManifestDigest());
    line(lines, "platform", image.getPlatform());
    line(lines, "on node", ImagesCommand.platforms(image.getImage()));
    line(lines, "size", Quantities.bytes(image.getImage().getSizeBytes()));
    line(
        lines,
        "unpacked",
        image.hasUnpackedBytes() ? Quantities.bytes(image.getUnpackedBytes()) : "no");
    line(lines, "entrypoint", String.join(" ", image.getEntrypointList()));
    line(lines, "command", String.join(" ", image.getCommandList()));
    line(lines, "user", image.getUser());
    line(lines, "directory", image.getWorkingDir());
    line(lines, "signatures", Integer.toString(image.getSignatures()));
    line(lines, "tasks", String.join(" ", image.getTasksList()));
    image.getLabelsMap().entrySet().stream()
        .sorted(java.util.Map.Entry.comparingByKey())
        .forEach(label -> line(lines, "label", label.getKey() + "=" + label.getValue()));
    for (ImageLayer layer : image.getLayersList()) {
      line(lines, "layer", layer.getDigest() + "  " + Quantities.bytes(layer.getSizeBytes()));
    }
    return String.join("\n", lines);
  }

  private static void line(List<String> lines, String name, String value) {
    lines.add(String.format("%-11s %s", name, value.isEmpty() ? "-" : value.replace('\n', ' ')));
  }
}
