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

  /** A device, as in a seed. */
  static final Shape DEVICE =
      object(
          Map.of(
              "node", object(Map.of("path", Shape.TEXT, "access", Shape.TEXT)),
              "cdi", object(Map.of("name", Shape.TEXT)),
              "pci", object(Map.of("address", Shape.TEXT)),
              "usb", object(Map.of("id", Shape.TEXT)),
              "nic", object(Map.of("name", Shape.TEXT))));

  private static final Shape PATH_ROOT =
      object(Map.of("path", Shape.TEXT, "readOnly", Shape.BOOLEAN));

  private static final Shape ROOT =
      object(
          Map.of(
              "image", object(Map.of("reference", Shape.TEXT, "readOnly", Shape.BOOLEAN)),
              "directory", PATH_ROOT,
              "bundle", PATH_ROOT,
              "host", object(Map.of("readOnly", Shape.BOOLEAN)),
              "file",
                  object(
                      Map.of("path", Shape.TEXT, "format", Shape.TEXT, "readOnly", Shape.BOOLEAN)),
              "none", object(Map.of())));

  private static final Shape VOLUME =
      object(
          Map.of(
              "name", Shape.TEXT,
              "target", Shape.TEXT,
              "readOnly", Shape.BOOLEAN,
              "views", Shape.TEXT_LIST,
              "format", Shape.TEXT,
              "mayBeLeftOut", Shape.BOOLEAN));

  private static final Shape INTERFACE =
      object(
          Map.of(
              "name", Shape.TEXT,
              "mac", Shape.TEXT,
              "mtu", Shape.INTEGER,
              "addresses", Shape.TEXT_LIST,
              "gateways", Shape.TEXT_LIST,
              "dns", Shape.TEXT_LIST));

  private static final Shape TASK =
      object(
          Map.ofEntries(
              Map.entry("name", Shape.TEXT),
              Map.entry("uuid", Shape.TEXT),
              Map.entry("root", ROOT),
              Map.entry("command", Shape.TEXT_LIST),
              Map.entry("workingDir", Shape.TEXT),
              Map.entry("env", new Shape.Texts()),
              Map.entry("init", Shape.BOOLEAN),
              Map.entry(
                  "resources",
                  object(Map.of("memoryBytes", Shape.INTEGER, "milliCpus", Shape.INTEGER))),
              Map.entry("volumes", new Shape.ListOf(VOLUME)),
              Map.entry("interfaces", new Shape.ListOf(INTERFACE)),
              Map.entry("devices", new Shape.ListOf(DEVICE)),
              Map.entry("stopGraceMillis", Shape.INTEGER)));

  private static final Shape IMAGE =
      object(
          Map.of(
              "digest", Shape.TEXT,
              "os", Shape.TEXT,
              "architecture", Shape.TEXT,
              "variant", Shape.TEXT,
              "entrypoint", Shape.TEXT_LIST,
              "command", Shape.TEXT_LIST,
              "env", Shape.TEXT_LIST,
              "workingDir", Shape.TEXT,
              "stopSignal", Shape.TEXT,
              "labels", new Shape.Texts()));

  private static final Shape USER =
      object(
          Map.of(
              "uid", Shape.INTEGER,
              "gid", Shape.INTEGER,
              "additionalGids", new Shape.ListOf(Shape.INTEGER)));

  private static final Shape HOST =
      object(
          Map.of(
              "architecture", Shape.TEXT,
              "kernel", Shape.TEXT,
              "cgroupVersion", Shape.INTEGER,
              "cpus", Shape.INTEGER,
              "memoryBytes", Shape.INTEGER,
              "accelerators", new Shape.Texts()));

  /** What is known of a fact, by the variant of its query. */
  private static final Map<String, Shape> FACT_VALUES =
      Map.of(
          "jsonFile", new Shape.Texts(),
          "pciDevice",
              texts(
                  "class", "vendor", "device", "driver", "iommuGroup", "iommuDevices", "numaNode"),
          "usbDevice", texts("vendor", "product", "bus", "device", "node"),
          "diskImage", texts("format", "bytes"),
          "hostDevice", texts("type", "major", "minor"));

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
      facts.put(Integer.toString(i), object(Map.of("present", Shape.BOOLEAN, "values", values)));
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
    return object(
        Map.of("kind", new Shape.Scalar(Shape.Kind.TEXT, names), "readOnly", Shape.BOOLEAN));
  }

  private static Shape options(List<Option> options) {
    TreeMap<String, Shape> shapes = new TreeMap<>();
    options.forEach(option -> shapes.put(option.name(), shape(option)));
    return object(shapes);
  }

  private static Shape shape(Option option) {
    return switch (option.type()) {
      case STRING -> new Shape.Scalar(Shape.Kind.TEXT, option.choices());
      case INTEGER, SIZE, DURATION -> Shape.INTEGER;
      case BOOLEAN -> Shape.BOOLEAN;
      case STRING_LIST -> Shape.TEXT_LIST;
    };
  }

  /** How a constant is written in JSON. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static Shape.Members texts(String... keys) {
    TreeMap<String, Shape> members = new TreeMap<>();
    for (String key : keys) {
      members.put(key, Shape.TEXT);
    }
    return new Shape.Members(members);
  }

  private static Shape.Members object(Map<String, Shape> members) {
    return new Shape.Members(new TreeMap<>(members));
  }
}
