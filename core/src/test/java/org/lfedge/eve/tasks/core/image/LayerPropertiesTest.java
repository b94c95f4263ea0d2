package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.image.TestImages.Compression;
import org.lfedge.eve.tasks.core.port.AccountFiles;

/** Layers that are made at random, against a model of a root file system. */
class LayerPropertiesTest {

  private static final List<String> NAMES = List.of("etc", "passwd", "group", "usr", "a");

  @Property
  void layersAreRefusedExactlyIfTheyWriteAboveTheRootAndElseGiveTheirAccounts(
      @ForAll Random random) {
    ModelRoot model = new ModelRoot(true);
    ModelRoot following = new ModelRoot(false);
    List<String> said = new ArrayList<>();
    byte[][] layers = new byte[1 + random.nextInt(4)][];
    for (int i = 0; i < layers.length; i++) {
      model.nextLayer();
      following.nextLayer();
      said.add("layer");
      layers[i] = layer(random, List.of(model, following), said).tar();
    }
    boolean refused = model.refused() || following.refused();
    String expected =
        refused
            ? "LAYER_ESCAPES_ROOT"
            : new AccountFiles(model.read("etc/passwd"), model.read("etc/group")).toString();

    assertEquals(expected, outcome(layers), said::toString);
    Statistics.label("refused").collect(refused);
    Statistics.label("accounts").collect(!model.read("etc/passwd").isEmpty());
  }

  @Property
  void namesMadeOfAnythingNeverLeaveTheRoot(@ForAll Random random) {
    List<String> parts = List.of("..", ".", "", "a", "..a", ".wh.", ".wh..", ".wh.a", "a..", "...");
    StringBuilder name = new StringBuilder(random.nextBoolean() ? "/" : "");
    boolean climbs = false;
    for (int i = 0; i <= random.nextInt(5); i++) {
      String part = parts.get(random.nextInt(parts.size()));
      name.append(i == 0 ? "" : "/").append(part);
      climbs |= part.equals("..");
    }
    TestLayer layer = new TestLayer().file(name + "/x", "");

    String outcome = outcome(layer.tar());

    if (climbs) {
      assertEquals("LAYER_ESCAPES_ROOT", outcome, name::toString);
    } else {
      assertEquals(AccountFiles.NONE.toString(), outcome, name::toString);
    }
  }

  /** A layer that all models have taken. */
  static TestLayer layer(Random random, List<ModelRoot> models, List<String> said) {
    TestLayer layer = new TestLayer();
    for (int i = 0; i < 1 + random.nextInt(8); i++) {
      char type = "ffffdlllhwo".charAt(random.nextInt(11));
      String name = random.nextInt(3) == 0 ? "etc/passwd" : path(random, 3);
      String value =
          switch (type) {
            case 'f' -> "content " + said.size();
            case 'l' -> target(random);
            case 'h' -> path(random, 3);
            default -> "";
          };
      if (!models.stream().allMatch(model -> model.fits(type, name, value))) {
        continue;
      }
      models.forEach(model -> model.write(type, name, value));
      said.add(type + " " + name + " " + value);
      switch (type) {
        case 'f' -> layer.file(name, value);
        case 'd' -> layer.directory(name);
        case 'l' -> layer.symlink(name, value);
        case 'h' -> layer.hardLink(name, value);
        case 'w' -> layer.whiteout(name);
        default -> layer.opaque(name);
      }
      if (models.stream().anyMatch(ModelRoot::refused)) {
        break;
      }
    }
    return layer;
  }

  private static String path(Random random, int most) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(most); i++) {
      parts.add(NAMES.get(random.nextInt(NAMES.size())));
    }
    return String.join("/", parts);
  }

  private static String target(Random random) {
    String up = "../".repeat(random.nextInt(8) == 0 ? 3 : random.nextInt(2));
    return (random.nextInt(3) == 0 ? "/" : "") + up + path(random, 2);
  }

  private static String outcome(byte[]... layers) {
    try {
      return LayerCheckTest.check(LayerLimits.DEFAULT, Compression.NONE, layers).toString();
    } catch (TaskException e) {
      return e.first().code();
    }
  }
}
