package org.lfedge.eve.tasks.core.declarative;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.Root;

/**
 * What a placeholder can name. A request knows no more than this; a test holds the two against each
 * other.
 */
final class Vocabulary {

  /** Any text. */
  static final Shape.Scalar TEXT = new Shape.Scalar(Shape.Kind.TEXT, List.of());

  /** An integer of at most 64 bits. */
  static final Shape.Scalar INTEGER = new Shape.Scalar(Shape.Kind.INTEGER, List.of());

  /** True or false. */
  static final Shape.Scalar BOOLEAN =
      new Shape.Scalar(Shape.Kind.BOOLEAN, List.of("false", "true"));

  /** A list of any texts. */
  static final Shape.ListOf TEXT_LIST = new Shape.ListOf(TEXT);

  /** A device, as in a seed. */
  private static final Shape DEVICE =
      object(
          Map.of(
              "node", object(Map.of("path", TEXT, "access", TEXT)),
              "cdi", object(Map.of("name", TEXT)),
              "pci", object(Map.of("address", TEXT)),
              "usb", object(Map.of("id", TEXT)),
              "nic", object(Map.of("name", TEXT))));

  private static final Shape PATH_ROOT = object(Map.of("path", TEXT, "readOnly", BOOLEAN));

  private static final Shape ROOT =
      object(
          Map.of(
              "image", object(Map.of("reference", TEXT, "readOnly", BOOLEAN)),
              "directory", PATH_ROOT,
              "bundle", PATH_ROOT,
              "host", object(Map.of("readOnly", BOOLEAN)),
              "file", object(Map.of("path", TEXT, "format", TEXT, "readOnly", BOOLEAN)),
              "none", object(Map.of())));

  private static final Shape VOLUME =
      object(
          Map.of(
              "name", TEXT,
              "target", TEXT,
              "readOnly", BOOLEAN,
              "views", TEXT_LIST,
              "format", TEXT,
              "mayBeLeftOut", BOOLEAN));

  private static final Shape INTERFACE =
      object(
          Map.of(
              "name", TEXT,
              "mac", TEXT,
              "mtu", INTEGER,
              "addresses", TEXT_LIST,
              "gateways", TEXT_LIST,
              "dns", TEXT_LIST));

  private static final Shape TASK =
      object(
          Map.ofEntries(
              Map.entry("name", TEXT),
              Map.entry("uuid", TEXT),
              Map.entry("root", ROOT),
              Map.entry("command", TEXT_LIST),
              Map.entry("workingDir", TEXT),
              Map.entry("env", new Shape.Texts()),
              Map.entry("init", BOOLEAN),
              Map.entry("resources", object(Map.of("memoryBytes", INTEGER, "milliCpus", INTEGER))),
              Map.entry("volumes", new Shape.ListOf(VOLUME)),
              Map.entry("interfaces", new Shape.ListOf(INTERFACE)),
              Map.entry("devices", new Shape.ListOf(DEVICE)),
              Map.entry("stopGraceMillis", INTEGER)));

  private static final Shape IMAGE =
      object(
          Map.of(
              "digest", TEXT,
              "os", TEXT,
              "architecture", TEXT,
              "variant", TEXT,
              "entrypoint", TEXT_LIST,
              "command", TEXT_LIST,
              "env", TEXT_LIST,
              "workingDir", TEXT,
              "stopSignal", TEXT,
              "labels", new Shape.Texts()));

  private static final Shape USER =
      object(
          Map.of(
              "uid", INTEGER,
              "gid", INTEGER,
              "additionalGids", new Shape.ListOf(INTEGER)));

  private static final Shape HOST =
      object(
          Map.of(
              "architecture", TEXT,
              "kernel", TEXT,
              "cgroupVersion", INTEGER,
              "cpus", INTEGER,
              "memoryBytes", INTEGER,
              "accelerators", new Shape.Texts(),
              "hypervisor",
                  object(Map.of("name", TEXT, "version", TEXT, "capabilities", TEXT_LIST))));

  /** What is known of a fact, by the variant of its query. */
  private static final Map<String, Shape> FACT_VALUES =
      Map.of(
          "jsonFile", new Shape.Texts(),
          "pciDevice",
              texts(
                  "class", "vendor", "device", "driver", "iommuGroup", "iommuDevices", "numaNode"),
          "usbDevice", texts("vendor", "product", "bus", "device", "node"),
          "diskImage", texts("format", "bytes"),
          "hostDevice", texts("type", "major", "minor"),
          "jarFile",
              texts(
                  "manifest",
                  "mainClass",
                  "classPath",
                  "startClass",
                  "automaticModuleName",
                  "launcherAgent",
                  "multiRelease",
                  "classVersion",
                  "startClassVersion",
                  "module"));

  private Vocabulary() {}

  /** The names that a question may use: it is asked before anything is looked up. */
  static SortedMap<String, Shape> ofQuestions(List<Option> options, SortedSet<Root.Kind> kinds) {
    TreeMap<String, Shape> names = new TreeMap<>();
    names.put("task", TASK);
    names.put("root", root(kinds));
    names.put("options", options(options));
    return names;
  }

  /**
   * The names that a seed may use.
   *
   * @param questions the variants of the queries, in their order
   */
  static SortedMap<String, Shape> ofSeeds(
      List<Option> options, SortedSet<Root.Kind> kinds, List<String> questions) {
    SortedMap<String, Shape> names = ofQuestions(options, kinds);
    names.put("image", IMAGE);
    names.put("tools", IMAGE);
    names.put("user", USER);
    names.put("host", HOST);
    TreeMap<String, Shape> facts = new TreeMap<>();
    for (int i = 0; i < questions.size(); i++) {
      Shape values = FACT_VALUES.getOrDefault(questions.get(i), new Shape.Texts());
      facts.put(Integer.toString(i), object(Map.of("present", BOOLEAN, "values", values)));
    }
    names.put("facts", object(facts));
    return names;
  }

  /** The variants of queries. */
  static List<String> questions() {
    return FACT_VALUES.keySet().stream().sorted().toList();
  }

  private static Shape root(SortedSet<Root.Kind> kinds) {
    List<String> names = kinds.stream().map(Vocabulary::word).toList();
    return object(Map.of("kind", new Shape.Scalar(Shape.Kind.TEXT, names), "readOnly", BOOLEAN));
  }

  private static Shape options(List<Option> options) {
    TreeMap<String, Shape> shapes = new TreeMap<>();
    options.forEach(option -> shapes.put(option.name(), shape(option)));
    return object(shapes);
  }

  private static Shape shape(Option option) {
    return switch (option.type()) {
      case STRING -> new Shape.Scalar(Shape.Kind.TEXT, option.choices());
      case INTEGER, SIZE, DURATION -> INTEGER;
      case BOOLEAN -> BOOLEAN;
      case STRING_LIST -> TEXT_LIST;
      case PLATFORM -> TEXT;
    };
  }

  /** How a constant is written in JSON. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static Shape.Members texts(String... keys) {
    TreeMap<String, Shape> members = new TreeMap<>();
    for (String key : keys) {
      members.put(key, TEXT);
    }
    return new Shape.Members(members);
  }

  private static Shape.Members object(Map<String, Shape> members) {
    return new Shape.Members(new TreeMap<>(members));
  }
}
