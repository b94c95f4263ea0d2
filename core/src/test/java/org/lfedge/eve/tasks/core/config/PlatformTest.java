package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformTest {

  @ParameterizedTest
  @CsvSource({
    "arm64, linux/arm64",
    "arm64/v8, linux/arm64",
    "linux/arm64/v8, linux/arm64",
    "linux/arm64/v9, linux/arm64/v9",
    "linux/arm64/v8.2, linux/arm64/v8.2",
    "AArch64, linux/arm64",
    "arm, linux/arm/v7",
    "arm/7, linux/arm/v7",
    "linux/arm/v6, linux/arm/v6",
    "armhf, linux/arm/v7",
    "armel, linux/arm/v6",
    "386, linux/386",
    "i686, linux/386",
    "x86_64, linux/amd64",
    "amd64/v1, linux/amd64",
    "amd64/v3, linux/amd64/v3",
    "windows/amd64, windows/amd64",
    "riscv64, linux/riscv64"
  })
  void whatPeopleWriteHasOnePlainForm(String text, String plain) {
    assertEquals(Optional.of(plain), Platform.parse(text).map(Platform::toString));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "linux",
        "amr64",
        "linux/",
        "/arm64",
        "arm64/",
        "linux/arm64/",
        "linux/amr64",
        "linux/arm64/v8/x",
        "arm64/linux/v8",
        "lin ux/arm64",
        "arm/../v7",
        "arm/v\n7"
      })
  void anythingElseIsNone(String text) {
    assertEquals(Optional.empty(), Platform.parse(text));
  }

  @Property
  void aPlainFormIsReadAsItself(@ForAll("platforms") String text) {
    Platform platform = Platform.parse(text).orElseThrow();
    assertEquals(Optional.of(platform), Platform.parse(platform.toString()));
    assertEquals(platform, platform.plain());
    assertTrue(platform.rank(platform).isPresent());
  }

  /** The plain form runs what the other runs, and no better. */
  @Property
  void aPlainFormSuitsAsTheOtherDoes(
      @ForAll("platforms") String text, @ForAll("platforms") String image) {
    String[] words = text.split("/");
    Platform written =
        new Platform(
            words[0], words[1], words.length > 2 ? Optional.of(words[2]) : Optional.empty());
    Platform other = Platform.parse(image).orElseThrow();
    OptionalInt rank = written.rank(other);
    assertEquals(rank, written.plain().rank(other));
  }

  @Provide
  Arbitrary<String> platforms() {
    return Combinators.combine(
            Arbitraries.of("linux", "windows"),
            Arbitraries.of("amd64", "arm64", "arm", "386", "riscv64", "ppc64le", "aarch64"),
            Arbitraries.of("", "/v1", "/v6", "/v7", "/8", "/v8", "/v8.2", "/v9", "/rva20"))
        .as((os, architecture, variant) -> os + "/" + architecture + variant);
  }
}
