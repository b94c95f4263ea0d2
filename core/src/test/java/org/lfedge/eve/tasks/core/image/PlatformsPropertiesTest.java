package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.StoredImage;

class PlatformsPropertiesTest {

  private static final List<Platform> PLATFORMS =
      List.of(Platform.linux("amd64"), Platform.linux("arm64"), Platform.linux("riscv64"));

  private final FakeContentStore content = new FakeContentStore();
  private final FakeRegistries registries = new FakeRegistries();
  private final Images images =
      new Images(
          content,
          registries,
          TrustPolicy.DEFAULT,
          Platform.linux("amd64"),
          LayerLimits.DEFAULT,
          Path.of("/nowhere"));

  /**
   * Two names lead to the same images, by an index each. Whatever is pulled and removed in which
   * order: what was pulled by a name is there until that name is removed, and nothing else is.
   */
  @Property(tries = 25)
  void whatWasPulledByANameIsThereUntilThatIsRemoved(
      @ForAll @Size(max = 12) List<@IntRange(min = 0, max = 7) Integer> steps) {
    TestImages made = new TestImages();
    List<Map.Entry<String, Descriptor>> entries = new ArrayList<>();
    for (Platform platform : PLATFORMS) {
      TestImages.Image image =
          new TestImages.Image()
              .layer(new TestLayer().file("base", "the same"))
              .layer(new TestLayer().file("platform", platform.toString()))
              .config(config -> config.put("architecture", platform.architecture()));
      entries.add(Map.entry(platform.toString(), made.add(image)));
    }
    registries.add(made, "registry.example/a", "1", made.addIndex(entries));
    registries.add(made, "registry.example/b", "1", made.addIndex(entries.subList(0, 2)));
    SortedMap<String, SortedSet<String>> here = new TreeMap<>();
    for (int step : steps) {
      String name = "registry.example/" + (step % 2 == 0 ? "a" : "b") + ":1";
      int which = step / 2;
      if (which == PLATFORMS.size() || (which == 2 && step % 2 == 1)) {
        images.find(name).ifPresent(images::remove);
        here.remove(name);
      } else {
        Platform platform = PLATFORMS.get(which);
        images.pull(name, PlatformChoice.only(platform), ImagePurpose.IMAGE, PullProgress.NONE);
        here.computeIfAbsent(name, key -> new TreeSet<>()).add(platform.toString());
      }
      assertThere(here);
    }
    images.list().forEach(images::remove);
    assertEquals(List.of(), List.copyOf(content.blobs()));
    assertEquals(List.of(), List.copyOf(content.layers()));
  }

  private void assertThere(SortedMap<String, SortedSet<String>> expected) {
    SortedMap<String, SortedSet<String>> found =
        images.list().stream()
            .collect(
                Collectors.groupingBy(
                    StoredImage::name,
                    TreeMap::new,
                    Collectors.mapping(
                        image -> image.platform().orElseThrow().toString(),
                        Collectors.toCollection(TreeSet::new))));
    assertEquals(expected, found);
    for (String name : expected.keySet()) {
      for (Platform platform : PLATFORMS.subList(0, 2)) {
        Optional<StoredImage> image = images.find(name, PlatformChoice.only(platform));
        assertEquals(
            expected.get(name).contains(platform.toString()), image.isPresent(), name + platform);
        image.ifPresent(
            one -> {
              String architecture = images.unpack(one).config().architecture();
              assertEquals(platform.architecture(), architecture);
              assertEquals(true, images.readFile(one, "/platform", 100).isPresent());
            });
      }
    }
    assertEquals(
        images.list().stream().map(StoredImage::manifestDigest).distinct().count() + 1,
        images.list().isEmpty() ? 1 : content.layers().size(),
        "a layer for each platform, and the one below");
  }
}
