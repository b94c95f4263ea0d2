package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;

/** An image store on a content store in memory, and what tests of it have in common. */
abstract class ImagesFixture {

  static final String REF_NAME = "org.opencontainers.image.ref.name";

  @TempDir Path directory;
  Path temporary = Path.of("");
  final FakeContentStore content = new FakeContentStore();
  final FakeRegistries registries = new FakeRegistries();
  TrustPolicy trust = TrustPolicy.DEFAULT;
  Images images = images(Platform.linux("amd64"));

  @BeforeEach
  void makeDirectories() throws IOException {
    temporary = Files.createDirectory(directory.resolve("temporary"));
    images = images(Platform.linux("amd64"));
  }

  final Images images(Platform node) {
    return new Images(content, registries, trust, node, LayerLimits.DEFAULT, temporary);
  }

  static TestImages.Image web() {
    return new TestImages.Image()
        .layer(
            new TestLayer()
                .file("etc/passwd", "root:x:0:0::/:\nwww:x:33:34::/:\n")
                .file("etc/group", "root:x:0:\nlog:x:40:www\n")
                .file("bin/web", "one"))
        .layer(new TestLayer().file("bin/web", "two"))
        .settings(
            config -> {
              config.putArray("Env").add("A=1");
              config.putArray("Entrypoint").add("/bin/web");
              config.putArray("Cmd").add("-x");
              config.put("User", "www").put("WorkingDir", "/srv").put("StopSignal", "SIGQUIT");
              config.putObject("Labels").put("k", "v");
            });
  }

  static String failure(Runnable action) {
    return assertThrows(TaskException.class, action::run).first().code();
  }

  String importFailure(Path layout) {
    String before = content.state();
    String code = failure(() -> images.importFrom(layout, PlatformChoice.usual()));
    assertEquals(before, content.state(), "something was kept");
    return code;
  }

  static List<String> names(List<StoredImage> images) {
    return images.stream().map(StoredImage::name).toList();
  }

  Path write(String name, byte[] bytes) {
    try {
      return Files.write(directory.resolve(name), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
