package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.StoredImage;

/** What was read from layers, held against what containerd makes of them. */
class UnpackedLayersIT {

  private static final int IMAGES = 12;

  /** Of layers made at random, containerd refuses about one in six; those tell nothing. */
  private static final int LEAST = 4;

  @Test
  void accountsReadFromLayersAreThoseInTheUnpackedRoot() throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int compared = 0;
    try (ImageTestBed bed = new ImageTestBed()) {
      for (int i = 0; i < IMAGES; i++) {
        List<String> said = new ArrayList<>(List.of("seed " + seed));
        StoredImage image = bed.importImage(image(random, said));
        ImageDetails details;
        try {
          details = bed.images().unpack(image);
        } catch (TaskException e) {
          // Both refuse some: entries that climb, a whiteout of what the same layer brings.
          continue;
        }
        compared++;
        bed.inRoot(
            details.chainId(),
            root ->
                assertEquals(
                    new AccountFiles(cat(root, "etc/passwd"), cat(root, "etc/group")),
                    details.accounts(),
                    said::toString));
      }
      bed.removeImages();
      assertEquals("", bed.kept());
    }
    assertTrue(compared >= LEAST, compared + " compared, seed " + seed);
  }

  private static TestImages.Image image(Random random, List<String> said) throws IOException {
    TestLayer tools = new TestLayer();
    tools.executable("busybox", Files.readAllBytes(Path.of("/bin/busybox")));
    TestImages.Image image = new TestImages.Image().layer(tools);
    List<ModelRoot> models = List.of(new ModelRoot(true), new ModelRoot(false));
    for (int i = 0; i <= random.nextInt(3); i++) {
      models.forEach(ModelRoot::nextLayer);
      said.add("layer");
      image.layer(LayerPropertiesTest.layer(random, models, said));
    }
    return image;
  }

  /** What a program in the root reads; nothing if it cannot. */
  private static String cat(Path root, String file) {
    try {
      Process process =
          new ProcessBuilder("chroot", root.toString(), "/busybox", "cat", file)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      // Its output ends before it does, and until then it keeps the root from being unmounted.
      process.onExit().join();
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
