package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.image.TestImages.Compression;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;

/** What holds for images of every shape, in every form that they arrive in. */
class ImagesPropertiesTest {

  private Path directory = Path.of("");
  private FakeContentStore content = new FakeContentStore();

  @BeforeTry
  void makeDirectory() throws IOException {
    directory = Files.createTempDirectory("images-");
    content = new FakeContentStore();
  }

  @AfterTry
  void removeDirectory() throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private Images images() {
    return new Images(
        content,
        new FakeRegistries(),
        TrustPolicy.DEFAULT,
        Platform.linux("amd64"),
        LayerLimits.DEFAULT,
        directory);
  }

  /** An image and what its config must come out as. */
  private record Made(TestImages images, List<String> env, List<String> entrypoint, String user) {

    Made {
      env = List.copyOf(env);
      entrypoint = List.copyOf(entrypoint);
    }
  }

  private static Made make(Random random) {
    TestImages.Image image = new TestImages.Image().compression(anyCompression(random));
    for (int i = 0; i <= random.nextInt(4); i++) {
      TestLayer layer = new TestLayer();
      for (int f = 0; f < random.nextInt(5); f++) {
        byte[] bytes = new byte[random.nextInt(3000)];
        random.nextBytes(bytes);
        layer.file("d" + random.nextInt(4) + "/f" + f, bytes);
      }
      image.layer(layer);
    }
    List<String> env = new ArrayList<>();
    List<String> entrypoint = new ArrayList<>();
    for (int i = 0; i < random.nextInt(4); i++) {
      env.add("K" + i + "=" + text(random));
      entrypoint.add(text(random));
    }
    String user = random.nextBoolean() ? "" : "u" + random.nextInt(9);
    image.settings(
        config -> {
          env.forEach(config.putArray("Env")::add);
          entrypoint.forEach(config.putArray("Entrypoint")::add);
          config.put("User", user);
        });
    return new Made(new TestImages().add("made:1", image), env, entrypoint, user);
  }

  private static Compression anyCompression(Random random) {
    List<Compression> all = List.of(Compression.values());
    return all.get(random.nextInt(all.size()));
  }

  private static String text(Random random) {
    return random
        .ints(random.nextInt(6), 1, 0x3000)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private Path write(Random random, SortedMap<String, byte[]> files) {
    if (random.nextInt(3) == 0) {
      return TestImages.writeDirectory(directory.resolve("layout"), files);
    }
    return TestImages.writeArchive(directory.resolve("layout.tar"), files, anyCompression(random));
  }

  private static SortedMap<String, byte[]> files(Random random, Made made) {
    return random.nextBoolean() ? made.images().layoutFiles() : made.images().dockerFiles();
  }

  @Property
  void whatGoesIntoAnImageComesOut(@ForAll Random random) {
    Made made = make(random);
    Images images = images();

    List<StoredImage> imported =
        images.importFrom(write(random, files(random, made)), PlatformChoice.usual());
    assertEquals(imported, images.list());
    ImageDetails examined = images.examine(imported.get(0));
    ImageDetails unpacked = images.unpack(imported.get(0));

    assertEquals(examined, unpacked);
    assertTrue(content.hasLayers(unpacked.chainId()));
    assertEquals(made.env(), unpacked.config().env());
    assertEquals(made.entrypoint(), unpacked.config().entrypoint());
    assertEquals(made.user(), unpacked.user().orElse(""));
    content.deleteImage(imported.get(0).name());
    assertEquals(new FakeContentStore().state(), content.state());
  }

  @Property
  void oneWrongByteInABlobIsFoundAndNothingIsKept(@ForAll Random random) {
    SortedMap<String, byte[]> files = new TreeMap<>(files(random, make(random)));
    List<String> blobs =
        files.keySet().stream()
            .filter(name -> !Set.of("index.json", "oci-layout", "manifest.json").contains(name))
            .toList();
    String name = blobs.get(random.nextInt(blobs.size()));
    byte[] bytes = files.getOrDefault(name, new byte[0]).clone();
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    files.put(name, bytes);

    assertRefused(write(random, files), "DIGEST_MISMATCH");
  }

  @Property
  void anArchiveThatIsCutOffIsRefusedAndNothingIsKept(@ForAll Random random) throws IOException {
    Compression compression = anyCompression(random);
    Path file =
        TestImages.writeArchive(
            directory.resolve("layout.tar"), files(random, make(random)), compression);
    byte[] whole = Files.readAllBytes(file);
    int end = whole.length;
    while (compression == Compression.NONE && whole[end - 1] == 0) {
      end--; // What follows the last member carries nothing.
    }
    Files.write(file, Arrays.copyOf(whole, random.nextInt(end)));

    assertRefused(file, "BAD_LAYOUT", "DIGEST_MISMATCH");
  }

  private void assertRefused(Path layout, String... codes) {
    TaskException refusal =
        assertThrows(
            TaskException.class, () -> images().importFrom(layout, PlatformChoice.usual()));
    assertTrue(List.of(codes).contains(refusal.first().code()), refusal::toString);
    assertEquals(new FakeContentStore().state(), content.state());
  }
}
