package org.lfedge.eve.tasks.core.declarative;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.declarative.Shape.Kind;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * What the values of a seed may be, for finding mistakes before there is a request. The reader of
 * seeds has the last word; a test holds this against what it writes.
 */
sealed interface SeedForm {

  /** Anything. */
  record Anything() implements SeedForm {}

  /**
   * A scalar.
   *
   * @param kinds what it may be
   * @param words all that a text may be; empty means any
   */
  record Scalar(Set<Kind> kinds, List<String> words) implements SeedForm {
    /** Keeps copies. */
    public Scalar {
      kinds = SortedCopies.setOf(kinds);
      words = List.copyOf(words);
    }
  }

  /** A list. */
  record ListOf(SeedForm element) implements SeedForm {}

  /** An object with known keys. */
  record Members(SortedMap<String, SeedForm> known, SortedSet<String> required)
      implements SeedForm {
    /** Keeps copies. */
    public Members {
      known = SortedCopies.mapOf(known);
      required = SortedCopies.setOf(required);
    }
  }

  /** An object with one key, which names the variant. */
  record OneOf(SortedMap<String, SeedForm> variants) implements SeedForm {
    /** Keeps copies. */
    public OneOf {
      variants = SortedCopies.mapOf(variants);
    }
  }

  /** Texts under any keys, which the author of the seed.json chooses. */
  record Texts() implements SeedForm {}

  /** An object with any keys; its text is never read as JSON, as the reader of seeds would. */
  record AnyObject() implements SeedForm {}

  /** A text. */
  SeedForm TEXT = new Scalar(Set.of(Kind.TEXT), List.of());

  /** An integer. */
  SeedForm INTEGER = new Scalar(Set.of(Kind.INTEGER), List.of());

  /** True or false. */
  SeedForm BOOLEAN = new Scalar(Set.of(Kind.BOOLEAN), List.of());

  /** What {@code $join} takes. */
  SeedForm PART = new Scalar(Set.of(Kind.values()), List.of());

  /** A list of texts. */
  SeedForm TEXT_LIST = new ListOf(TEXT);

  /** What a core is asked before there is a seed. */
  SeedForm QUESTION =
      oneOf(
          Map.of(
              "jsonFile", members(Map.of("path", TEXT), "path"),
              "pciDevice", members(Map.of("address", TEXT), "address"),
              "usbDevice", members(Map.of("id", TEXT), "id"),
              "diskImage", members(Map.of("volume", TEXT)),
              "hostDevice", members(Map.of("path", TEXT), "path")));

  /** A whole seed. */
  SeedForm SEED =
      members(
          Map.ofEntries(
              Map.entry("base", word(Base.values())),
              Map.entry("readOnly", BOOLEAN),
              Map.entry("process", process()),
              Map.entry("mounts", new ListOf(mount())),
              Map.entry(
                  "files",
                  new ListOf(
                      members(
                          Map.of("target", TEXT, "content", TEXT, "mode", INTEGER),
                          "target",
                          "content",
                          "mode"))),
              Map.entry("devices", new ListOf(device())),
              Map.entry("attachments", new ListOf(attachment())),
              Map.entry("binaryFormats", new ListOf(binaryFormat())),
              Map.entry("shared", new ListOf(word(Namespace.values()))),
              Map.entry("memory", word(Pool.values())),
              Map.entry("tax", tax()),
              Map.entry("stop", new ListOf(step())),
              Map.entry("exits", new ListOf(exit())),
              Map.entry("console", TEXT_LIST),
              Map.entry("cleanup", TEXT_LIST),
              Map.entry("annotations", new Texts()),
              Map.entry("oci", new AnyObject())),
          "base",
          "process");

  private static SeedForm binaryFormat() {
    return members(
        Map.of("name", TEXT, "magic", TEXT, "mask", TEXT, "interpreter", TEXT),
        "name",
        "magic",
        "mask",
        "interpreter");
  }

  private static SeedForm process() {
    SeedForm user =
        members(
            Map.of("uid", INTEGER, "gid", INTEGER, "additionalGids", new ListOf(INTEGER)),
            "uid",
            "gid");
    return members(
        Map.of(
            "args", TEXT_LIST,
            "env", TEXT_LIST,
            "cwd", TEXT,
            "user", user,
            "capabilities", TEXT_LIST,
            "init", BOOLEAN),
        "args");
  }

  private static SeedForm mount() {
    SeedForm view = word(View.values());
    SeedForm source =
        oneOf(
            Map.of(
                "tmpfs", members(Map.of("bytes", INTEGER), "bytes"),
                "host", members(Map.of("path", TEXT), "path"),
                "namespace", members(Map.of("name", word(Namespace.values())), "name"),
                "volume", members(Map.of("name", TEXT, "view", view), "name", "view"),
                "root", members(Map.of("view", view), "view"),
                "state", members(Map.of("name", TEXT, "maxBytes", INTEGER), "name", "maxBytes"),
                "runtimeDirectory", members(Map.of("maxBytes", INTEGER), "maxBytes")));
    return members(
        Map.of("source", source, "target", TEXT, "readOnly", BOOLEAN), "source", "target");
  }

  private static SeedForm device() {
    return oneOf(
        Map.of(
            "node", members(Map.of("path", TEXT, "access", TEXT), "path"),
            "cdi", members(Map.of("name", TEXT), "name"),
            "pci", members(Map.of("address", TEXT), "address"),
            "usb", members(Map.of("id", TEXT), "id"),
            "nic", members(Map.of("name", TEXT), "name")));
  }

  private static SeedForm attachment() {
    return members(
        Map.of(
            "interface",
            TEXT,
            "tap",
            TEXT,
            "ownerUid",
            INTEGER,
            "join",
            word(Join.values()),
            "form",
            word(Attachment.Form.values())),
        "interface",
        "tap",
        "join");
  }

  private static SeedForm tax() {
    SeedForm part =
        members(
            Map.of("name", TEXT, "pool", word(Pool.values()), "bytes", INTEGER, "why", TEXT),
            "name",
            "pool",
            "bytes",
            "why");
    SeedForm measurement =
        oneOf(
            Map.of(
                "ofAnchor", members(Map.of()),
                "ofCgroup", members(Map.of()),
                "allBut", members(Map.of("mapping", TEXT), "mapping")));
    return members(
        Map.of("parts", new ListOf(part), "milliCpus", INTEGER, "measurement", measurement));
  }

  private static SeedForm step() {
    return oneOf(
        Map.of(
            "signal", members(Map.of("name", TEXT, "graceMillis", INTEGER), "name", "graceMillis"),
            "exec",
                members(Map.of("args", TEXT_LIST, "graceMillis", INTEGER), "args", "graceMillis")));
  }

  private static SeedForm exit() {
    SeedForm match = members(Map.of("name", TEXT, "contains", TEXT), "name", "contains");
    return oneOf(
        Map.of(
            "codeIn", members(Map.of("file", TEXT), "file"),
            "meaning",
                members(
                    Map.of(
                        "code",
                        INTEGER,
                        "file",
                        match,
                        "outcome",
                        word(ExitRule.Outcome.values()),
                        "text",
                        TEXT),
                    "outcome",
                    "text")));
  }

  private static SeedForm word(Enum<?>... constants) {
    return new Scalar(Set.of(Kind.TEXT), Arrays.stream(constants).map(Vocabulary::word).toList());
  }

  private static SeedForm members(Map<String, SeedForm> known, String... required) {
    return new Members(new TreeMap<>(known), SortedCopies.setOf(List.of(required)));
  }

  private static SeedForm oneOf(Map<String, SeedForm> variants) {
    return new OneOf(new TreeMap<>(variants));
  }
}
