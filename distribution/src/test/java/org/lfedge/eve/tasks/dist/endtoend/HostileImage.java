package org.lfedge.eve.tasks.dist.endtoend;

import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;
import org.lfedge.eve.tasks.dist.endtoend.HostileRecipes.Recipe;

/** Images that no node may unpack, and the error that says so. */
enum HostileImage {
  A_NAME_THAT_CLIMBS("LAYER_ESCAPES_ROOT", layers(new TestLayer().file("../x", "x"))),
  A_NAME_THAT_CLIMBS_LATER("LAYER_ESCAPES_ROOT", layers(new TestLayer().file("a/../../x", "x"))),
  AN_ABSOLUTE_NAME_THAT_CLIMBS("LAYER_ESCAPES_ROOT", layers(new TestLayer().file("/../x", "x"))),
  A_LINK_OF_THE_SAME_LAYER(
      "LAYER_ESCAPES_ROOT", layers(new TestLayer().symlink("out", "../..").file("out/x", "x"))),
  A_LINK_OF_A_LOWER_LAYER(
      "LAYER_ESCAPES_ROOT",
      layers(new TestLayer().symlink("out", ".."), new TestLayer().file("out/x", "x"))),
  A_WHITEOUT_THAT_CLIMBS("LAYER_ESCAPES_ROOT", layers(new TestLayer().file(".wh...", ""))),
  A_HARD_LINK_THAT_CLIMBS(
      "LAYER_ESCAPES_ROOT", layers(new TestLayer().hardLink("x", "../../../../etc/passwd"))),
  A_HARD_LINK_THROUGH_A_LINK(
      "LAYER_ESCAPES_ROOT",
      layers(new TestLayer().symlink("out", "..").hardLink("x", "out/etc/passwd"))),
  A_HARD_LINK_TO_NOTHING("BAD_LAYER", layers(new TestLayer().hardLink("x", "/etc/passwd"))),

  TEN_GIBIBYTES_OF_ZEROS("LAYER_TOO_LARGE", layer(HostileRecipes.GZIP, HostileLayers::zerosInGzip)),
  TEN_GIBIBYTES_OF_ZEROS_IN_ZSTD(
      "LAYER_TOO_LARGE", layer(HostileRecipes.ZSTD, HostileLayers::zerosInZstd)),
  MORE_THAN_A_MILLION_FILES(
      "LAYER_TOO_LARGE", layer(HostileRecipes.GZIP, () -> HostileLayers.files(1_000_001))),
  GARBAGE_AFTER_THE_ARCHIVE(
      "BAD_LAYER",
      HostileRecipes.layer(
          HostileRecipes.GZIP,
          () -> HostileLayers.withTrailingGarbage(plain()),
          FixtureRegistry.digest(plain()))),
  ANOTHER_LAYER_THAN_ITS_CONFIG_SAYS(
      "DIFF_ID_MISMATCH", layer(HostileRecipes.TAR, HostileImage::plain)),
  A_LAYER_OF_UNKNOWN_KIND(
      "UNSUPPORTED_MEDIA_TYPE", layer("application/vnd.example.layer.v9", HostileImage::plain)),
  AN_ENCRYPTED_LAYER(
      "UNSUPPORTED_MEDIA_TYPE", layer(HostileRecipes.GZIP + "+encrypted", HostileImage::plain)),

  A_CONFIG_THAT_CLAIMS_TO_BE_LARGE(
      "BAD_LAYOUT", HostileRecipes.configThatClaims(HostileRecipes.LARGE)),
  A_CONFIG_LARGER_THAN_IT_CLAIMS("REGISTRY_FAILED", HostileRecipes.configThatIsLarge(200)),
  INDEXES_IN_INDEXES("BAD_LAYOUT", HostileRecipes.indexes(50)),
  AN_INDEX_IN_ITSELF("DIGEST_MISMATCH", HostileRecipes::indexInItself),
  AN_INDEX_OF_100_000_MANIFESTS("REGISTRY_FAILED", HostileRecipes.index(100_000)),
  AN_INDEX_OF_4_000_MANIFESTS("BAD_LAYOUT", HostileRecipes.index(4_000)),
  A_MANIFEST_OF_1000_LAYERS("BAD_LAYOUT", HostileRecipes.manifestOf(1000)),
  TWO_VALUES_FOR_A_KEY("BAD_LAYOUT", HostileRecipes::twoValuesForAKey),
  MANY_EMPTY_OBJECTS("BAD_LAYOUT", HostileRecipes::manyEmptyObjects),
  AN_INDEX_OF_LARGE_ITEMS("BAD_LAYOUT", HostileRecipes::largeItems);

  private final String code;

  @SuppressWarnings("ImmutableEnumChecker") // each is used once
  private final Recipe recipe;

  HostileImage(String code, Recipe recipe) {
    this.code = code;
    this.recipe = recipe;
  }

  String code() {
    return code;
  }

  Recipe recipe() {
    return recipe;
  }

  private static Recipe layers(TestLayer... layers) {
    return HostileRecipes.layers(layers);
  }

  /** What it unpacks to is not what its config says, if it comes to that. */
  private static Recipe layer(String mediaType, HostileRecipes.Bytes layer) {
    return HostileRecipes.layer(mediaType, layer, FixtureRegistry.digest(new byte[0]));
  }

  private static byte[] plain() {
    return new TestLayer().file("x", "x").tar();
  }
}
