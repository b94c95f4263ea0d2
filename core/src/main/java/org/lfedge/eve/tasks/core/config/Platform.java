package org.lfedge.eve.tasks.core.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an image, or a node, is made for. Names are brought to Go's words: {@code x86_64} is {@code
 * amd64}, {@code aarch64} is {@code arm64}, {@code armhf} is {@code arm} with variant {@code v7}.
 *
 * @param os such as {@code linux}
 * @param architecture such as {@code amd64}
 * @param variant such as {@code v7}
 */
public record Platform(String os, String architecture, Optional<String> variant) {

  /** What OCI and Go call architectures: whatever is not among them is a slip of the pen. */
  private static final Set<String> ARCHITECTURES =
      Set.of(
          "386",
          "amd64",
          "arm",
          "arm64",
          "loong64",
          "mips",
          "mips64",
          "mips64le",
          "mipsle",
          "ppc64",
          "ppc64le",
          "riscv64",
          "s390x",
          "sparc64",
          "wasm");

  private static final Pattern OS = Pattern.compile("[a-z][a-z0-9]{0,31}");
  private static final Pattern VARIANT = Pattern.compile("[a-z0-9][a-z0-9.]{0,31}");
  private static final Pattern BARE_LEVEL = Pattern.compile("[0-9]{1,2}");
  private static final Pattern LEVEL = Pattern.compile("v?([0-9]{1,2})(\\..*)?");

  /** Brings the names to Go's words. */
  public Platform {
    os = os.toLowerCase(Locale.ROOT);
    variant = variant.map(text -> text.toLowerCase(Locale.ROOT)).filter(text -> !text.isEmpty());
    switch (architecture.toLowerCase(Locale.ROOT)) {
      case "x86_64", "x86-64" -> architecture = "amd64";
      case "aarch64" -> architecture = "arm64";
      case "i386", "i486", "i586", "i686", "x86" -> architecture = "386";
      case "armhf" -> {
        architecture = "arm";
        variant = Optional.of("v7");
      }
      case "armel" -> {
        architecture = "arm";
        variant = Optional.of("v6");
      }
      default -> architecture = architecture.toLowerCase(Locale.ROOT);
    }
  }

  /** Linux on an architecture, in its common variant. */
  public static Platform linux(String architecture) {
    return new Platform("linux", architecture, Optional.empty());
  }

  /**
   * Reads what people write: {@code arm64}, {@code arm/v7}, {@code linux/arm64/v8}. Without a
   * system it is linux.
   *
   * @return in its plain form, {@link #plain}; empty if it is no platform, or not of an
   *     architecture that OCI has a word for
   */
  public static Optional<Platform> parse(String text) {
    List<String> words = List.of(text.toLowerCase(Locale.ROOT).split("/", -1));
    boolean named = words.size() == 3 || (words.size() == 2 && isArchitecture(words.get(1)));
    List<String> rest = named ? words.subList(1, words.size()) : words;
    String os = named ? words.get(0) : "linux";
    if (rest.size() > 2 || !isArchitecture(rest.get(0)) || !OS.matcher(os).matches()) {
      return Optional.empty();
    }
    Optional<String> variant = rest.size() == 2 ? Optional.of(rest.get(1)) : Optional.empty();
    return variant.isPresent() && !VARIANT.matcher(variant.get()).matches()
        ? Optional.empty()
        : Optional.of(new Platform(os, rest.get(0), variant).plain());
  }

  private static boolean isArchitecture(String word) {
    return ARCHITECTURES.contains(linux(word).architecture);
  }

  /**
   * The same in the one form of several that mean it: {@code arm64/v8} is {@code arm64}, {@code
   * arm} is {@code arm/v7}.
   */
  public Platform plain() {
    Optional<String> usual =
        switch (architecture) {
          case "arm" -> Optional.of("v7");
          case "arm64" -> Optional.of("v8");
          case "amd64" -> Optional.of("v1");
          default -> Optional.empty();
        };
    if (usual.isEmpty()) {
      return this;
    }
    String written = variant.orElse(usual.get());
    String level = BARE_LEVEL.matcher(written).matches() ? "v" + written : written;
    boolean implied = level.equals(usual.get()) && !architecture.equals("arm");
    return new Platform(os, architecture, implied ? Optional.empty() : Optional.of(level));
  }

  /**
   * How well an image for another platform suits a node of this one: empty if it cannot run, else
   * the higher the better. A variant with a level ({@code v6}) runs on the same and on any higher
   * level of its architecture, so the highest that still runs is the best.
   */
  public OptionalInt rank(Platform image) {
    if (!os.equals(image.os) || !architecture.equals(image.architecture)) {
      return OptionalInt.empty();
    }
    OptionalInt own = level();
    OptionalInt other = image.level();
    if (own.isEmpty() || other.isEmpty()) {
      return variant.equals(image.variant) ? OptionalInt.of(0) : OptionalInt.empty();
    }
    return other.getAsInt() <= own.getAsInt() ? other : OptionalInt.empty();
  }

  /** The variant as a number, where it is one; what an absent variant stands for is agreed on. */
  private OptionalInt level() {
    if (variant.isEmpty()) {
      return switch (architecture) {
        case "arm" -> OptionalInt.of(7);
        case "arm64" -> OptionalInt.of(8);
        case "amd64" -> OptionalInt.of(1);
        default -> OptionalInt.empty();
      };
    }
    Matcher matcher = LEVEL.matcher(variant.get());
    return matcher.matches()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /** As it is written on command lines: {@code linux/arm/v7}. */
  @Override
  public String toString() {
    return os + "/" + architecture + variant.map(text -> "/" + text).orElse("");
  }
}
