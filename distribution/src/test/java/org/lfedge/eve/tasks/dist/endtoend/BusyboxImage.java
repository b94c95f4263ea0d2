package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestImages.Image;
import org.lfedge.eve.tasks.core.image.TestLayer;

/** OCI layouts with busybox, good ones and bad ones. */
final class BusyboxImage {

  private BusyboxImage() {}

  /** An image that runs a shell, with the users root and www. */
  static Image image() {
    return image(
        Path.of("/bin/busybox"),
        System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64");
  }

  /**
   * The same of another busybox.
   *
   * @param architecture that it is for
   */
  static Image image(Path busybox, String architecture) {
    TestLayer layer = new TestLayer();
    for (String directory : new String[] {"bin", "dev", "etc", "proc", "sys", "tmp"}) {
      layer.directory(directory);
    }
    try {
      layer.executable("bin/busybox", Files.readAllBytes(busybox));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (String applet : new String[] {"sh", "sleep", "cat", "wc", "id"}) {
      layer.symlink("bin/" + applet, "busybox");
    }
    layer.file("etc/passwd", "root:x:0:0::/:/bin/sh\nwww:x:33:34::/:\n");
    layer.file("etc/group", "root:x:0:\nwww:x:34:\nlog:x:40:www\n");
    return new Image()
        .layer(layer)
        .config(config -> config.put("architecture", architecture))
        .settings(
            settings -> {
              settings.putArray("Env").add("PATH=/bin").add("FROM=image");
              settings.putArray("Cmd").add("sh");
            });
  }

  /** Writes a layout with one image. */
  static Path layout(Path directory, String name, Image image) {
    return new TestImages().add(name, image).directory(directory);
  }

  /** Writes a layout with an image, one layer of which has other bytes than its digest says. */
  static Path damagedLayout(Path directory) {
    TestImages images = new TestImages().add("damaged:1", image());
    byte[] layer =
        images.blobs().values().stream()
            .max(Comparator.comparingInt(blob -> blob.length))
            .orElseThrow();
    layer[layer.length / 2] ^= 1;
    return images.directory(directory);
  }
}
